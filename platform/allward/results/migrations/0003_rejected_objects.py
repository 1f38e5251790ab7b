from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("results", "0002_protection"),
    ]

    operations = [
        migrations.AddField(
            model_name="resultobject",
            name="rejected_at",
            field=models.DateTimeField(null=True),
        ),
    ]
