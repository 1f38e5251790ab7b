from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0003_due"),
    ]

    operations = [
        migrations.AddField(
            model_name="routingrule",
            name="conditions",
            field=models.JSONField(default=dict),
        ),
    ]
