from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("retrieval", "0004_protection_of_titles")]
    operations = [
        migrations.AddField("expectedmove", "archive_id", models.UUIDField(null=True)),
        migrations.AddField("expectedmove", "bits_per_s", models.BigIntegerField(null=True)),
    ]
