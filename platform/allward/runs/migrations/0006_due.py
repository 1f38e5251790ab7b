from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("runs", "0005_claim_plugin_version"),
    ]

    operations = [
        migrations.AddField(
            model_name="job",
            name="due_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="claim",
            name="due_at",
            field=models.DateTimeField(null=True),
        ),
    ]
