from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_protection")]

    operations = [
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["tenant_id", "what", "what_id", "at"], name="audit_by_thing"),
        ),
    ]
