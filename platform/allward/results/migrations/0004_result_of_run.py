import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("results", "0003_rejected_objects"), ("runs", "0002_protection")]
    operations = [
        migrations.AlterField(
            model_name="result",
            name="run",
            field=models.ForeignKey(
                db_constraint=False, on_delete=django.db.models.deletion.CASCADE, to="runs.apprun"
            ),
        ),
        migrations.AddConstraint(
            model_name="result",
            constraint=models.UniqueConstraint(fields=("tenant_id", "run"), name="result_of_run"),
        ),
    ]
