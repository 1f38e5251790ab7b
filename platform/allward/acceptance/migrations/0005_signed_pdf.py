"""Which key signed the PDFs of a report; those that are there already bear no signature."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("acceptance", "0004_reason")]
    operations = [
        migrations.AddField("acceptancereport", "pdf_keyid", models.CharField(default="", max_length=64)),
    ]
