import django.db.models.deletion
from django.db import migrations, models

from allward.tenancy.protection import reference


class Migration(migrations.Migration):
    dependencies = [
        ("reporting", "0002_protection"),
        ("results", "0002_protection"),
    ]
    operations = [
        migrations.AddField(
            model_name="reportversion",
            name="result",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="results.result",
            ),
        ),
        *reference("reporting_reportversion", "result_id", "results_result"),
        migrations.RemoveConstraint(model_name="criticalnotice", name="notice_of_finding"),
        migrations.AddConstraint(
            model_name="criticalnotice",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ("open", "told"))),
                fields=("tenant_id", "report", "finding_id"),
                name="notice_of_finding",
                nulls_distinct=False,
            ),
        ),
    ]
