from django.db import migrations

from allward.tenancy.protection import all_of, reference, tenant_table


class Migration(migrations.Migration):
    dependencies = [("entitlements", "0001_initial"), ("tenancy", "0002_protection")]
    operations = all_of(
        tenant_table("entitlements_installedentitlement"),
        tenant_table("entitlements_usagerecord", append_only=True),
        tenant_table("entitlements_seentime"),
        reference("entitlements_usagerecord", "entitlement_id", "entitlements_installedentitlement"),
    )
