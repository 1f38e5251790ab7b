from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("acceptance", "0003_parameters")]

    operations = [
        migrations.AddField(model_name="acceptanceset", name="reason", field=models.JSONField(null=True)),
    ]
