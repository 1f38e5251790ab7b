from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("retrieval", "0005_cap_of_moves")]
    operations = [
        migrations.AddField("sourcearchive", "last_tested_at", models.DateTimeField(null=True)),
        migrations.AddField("sourcearchive", "last_test_error", models.TextField(default="")),
    ]
