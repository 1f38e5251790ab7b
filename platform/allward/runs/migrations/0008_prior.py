import django.db.models.deletion
from django.db import migrations, models

from allward.tenancy.protection import all_of, references


class Migration(migrations.Migration):
    dependencies = [
        ("runs", "0007_found"),
        ("studies", "0002_protection"),
    ]

    operations = [
        migrations.AddField(
            model_name="apprun",
            name="prior_series",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="studies.series",
            ),
        ),
        migrations.AddField(
            model_name="apprun", name="prior_digest", field=models.CharField(default="", max_length=64)
        ),
        migrations.AddField(model_name="runjob", name="input", field=models.TextField(default="current")),
        migrations.RemoveConstraint(model_name="runjob", name="run_slot_once"),
        migrations.AddConstraint(
            model_name="runjob",
            constraint=models.UniqueConstraint(
                fields=("tenant_id", "run", "slot", "input"), name="run_slot_input_once"
            ),
        ),
        *all_of(references("runs_apprun", {"prior_series_id": "studies_series"})),
    ]
