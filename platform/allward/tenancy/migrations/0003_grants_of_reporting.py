from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0002_protection")]
    operations = [
        migrations.AddField(
            model_name="sharinggrant",
            name="may_report",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="sharinggrant",
            name="may_verify",
            field=models.BooleanField(default=False),
        ),
    ]
