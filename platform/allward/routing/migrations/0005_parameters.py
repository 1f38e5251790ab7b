from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("routing", "0004_conditions")]
    operations = [
        migrations.AddField(
            model_name="routingrule", name="parameters", field=models.JSONField(default=dict)
        ),
    ]
