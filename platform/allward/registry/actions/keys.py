"""Keys that a hospital trusts."""

from django.db import transaction

from allward.audit.actions import record
from allward.registry.models import TrustedKey
from allward.registry.own_keys import hospital_signer, own_prefix, public_half, signer_of_builds
from allward.tenancy.models import Tenant
from allward.tenancy.scope import required_scope
from allward_sdk.trust.keys import PublisherKey


@transaction.atomic
def trust_key(key: PublisherKey, *, own: bool = False) -> TrustedKey:
    """Let the acting hospital believe a key as far as it says, or change what is believed of it."""
    scope = required_scope()
    known = TrustedKey.objects.filter(tenant_id=scope.acting, keyid=key.keyid).first()
    said = {
        "public": key.public,
        "publisher": key.publisher,
        "prefixes": list(key.prefixes),
        "state": key.state,
        "reason": key.reason,
        "own": own or (known is not None and known.own),
    }
    if known is not None and all(getattr(known, name) == value for name, value in said.items()):
        return known
    row, created = TrustedKey.objects.update_or_create(
        tenant_id=scope.acting,
        keyid=key.keyid,
        defaults=said,
        create_defaults={**said, "added_by": scope.actor},
    )
    record(
        tenant_id=scope.acting, actor=scope.actor, action="change", what="trusted key", what_id=key.keyid,
        user_id=scope.user_id, user_tenant_id=scope.home, change="added" if created else "changed",
        publisher=key.publisher, state=key.state, prefixes=list(key.prefixes),
    )  # fmt: skip
    return row


def trust_own_key() -> TrustedKey:
    """Let the acting hospital believe its own key, which is made when it is first needed."""
    tenant = Tenant.objects.get(pk=required_scope().acting)
    public = public_half(hospital_signer(tenant.code))
    key = PublisherKey.of(public, publisher=tenant.name_en, prefixes=[own_prefix(tenant.code)])
    return trust_key(key, own=True)


def trust_builds_of(plugin_id: str) -> TrustedKey:
    """Let the acting hospital believe builds of this machine under the name of a plug-in's publisher."""
    public = public_half(signer_of_builds())
    known = TrustedKey.objects.filter(tenant_id=required_scope().acting, keyid=public.keyid).first()
    prefixes = {*(known.prefixes if known else ()), plugin_id.rpartition(".")[0] + "."}
    return trust_key(PublisherKey.of(public, publisher="Built on this machine", prefixes=sorted(prefixes)))
