from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("runs", "0006_due"),
    ]

    operations = [
        migrations.AddField(model_name="job", name="found", field=models.JSONField(default=list)),
        migrations.AddField(model_name="job", name="arrays_key", field=models.TextField(default="")),
        migrations.AddField(
            model_name="job", name="arrays_sha256", field=models.CharField(default="", max_length=64)
        ),
    ]
