from django.db import migrations

from allward.tenancy.protection import all_of, references, tenant_table


class Migration(migrations.Migration):
    dependencies = [
        ("reporting", "0001_initial"),
        ("results", "0002_protection"),
        ("studies", "0002_protection"),
    ]
    operations = all_of(
        tenant_table("reporting_report"),
        tenant_table("reporting_reportversion", append_only=True),
        tenant_table("reporting_reportword", append_only=True),
        tenant_table("reporting_reportdocument", append_only=True),
        tenant_table("reporting_criticalnotice"),
        tenant_table("reporting_reporttemplate"),
        tenant_table("reporting_reportingpolicy"),
        tenant_table("reporting_risconnection"),
        tenant_table("reporting_messageout"),
        references("reporting_report", {"study_id": "studies_study", "result_id": "results_result"}),
        references("reporting_reportversion", {"report_id": "reporting_report"}),
        references("reporting_reportword", {"version_id": "reporting_reportversion"}),
        references(
            "reporting_reportdocument",
            {"version_id": "reporting_reportversion", "instance_id": "studies_instance"},
        ),
        references("reporting_criticalnotice", {"report_id": "reporting_report"}),
        references(
            "reporting_messageout",
            {"connection_id": "reporting_risconnection", "version_id": "reporting_reportversion"},
        ),
    )
