from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("acceptance", "0002_protection"), ("registry", "0006_parameters_authority_catalogue")]

    operations = [
        migrations.AddField(
            model_name="acceptanceset", name="parameters", field=models.JSONField(default=dict)
        ),
    ]
