from django.db import migrations

from allward.tenancy.protection import all_of, control_table, references, tenant_table


class Migration(migrations.Migration):
    dependencies = [("studies", "0001_initial"), ("tenancy", "0002_protection")]
    operations = all_of(
        *(
            tenant_table(f"studies_{name}")
            for name in (
                "patient", "patientnamekey", "patientlink", "study", "series", "instance", "instanceconflict",
            )
        ),
        control_table("studies_pendingcompletion", dispatcher_rights="SELECT"),
        references("studies_patientnamekey", {"patient_id": "studies_patient"}),
        references("studies_patientlink", {"one_id": "studies_patient", "other_id": "studies_patient"}),
        references("studies_study", {"patient_id": "studies_patient", "department_id": "tenancy_department"}),
        references("studies_series", {"study_id": "studies_study"}),
        references("studies_instance", {"study_id": "studies_study", "series_id": "studies_series"}),
        references("studies_instanceconflict", {"instance_id": "studies_instance"}),
    )  # fmt: skip
