from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0002_protection"),
    ]

    operations = [
        migrations.AddField(
            model_name="routingrule",
            name="due_within_s",
            field=models.IntegerField(null=True),
        ),
    ]
