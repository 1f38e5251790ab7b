from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("results", "0005_images_of_result")]
    operations = [
        migrations.AddField(model_name="result", name="objects_fault", field=models.JSONField(null=True)),
    ]
