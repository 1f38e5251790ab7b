from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("runs", "0004_tries"),
    ]

    operations = [
        migrations.AddField(
            model_name="claim",
            name="plugin_version_id",
            field=models.UUIDField(null=True),
        ),
    ]
