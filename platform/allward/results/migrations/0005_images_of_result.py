from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("results", "0004_result_of_run")]
    operations = [
        migrations.AddField(model_name="result", name="image_uids", field=models.JSONField(default=list)),
    ]
