from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("delivery", "0002_protection"),
    ]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="may_be_held",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="delivery",
            name="sending_until",
            field=models.DateTimeField(null=True),
        ),
    ]
