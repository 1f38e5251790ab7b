"""What a hospital trusts, and what follows for a version that it knows."""

from dataclasses import replace
from uuid import UUID

from django.conf import settings

from allward.kernel.clock import now
from allward.kernel.texts import Text
from allward.registry.models import PluginVersion, RegulatoryPolicy, TrustedKey, VersionImport
from allward.registry.permits import Remark, SignatureFacts, VersionFacts, refusal_of
from allward.registry.words_on_keys import OWN_PREFIXES
from allward_sdk.errors import PluginFaultError
from allward_sdk.trust.keys import PublisherKey, TrustStore


class NotPermittedError(PluginFaultError):
    """No run may begin with a version: it, its key or its registration no longer holds."""

    def __init__(self, remark: Remark) -> None:
        super().__init__(remark.text.en)
        self.code: str = remark.code
        self.text: Text = remark.text


def trust_of(tenant_id: UUID) -> TrustStore:
    """Return the keys that a hospital trusts, and the packages that its catalogue listed."""
    rows = TrustedKey.objects.filter(tenant_id=tenant_id)
    listed = VersionImport.objects.filter(tenant_id=tenant_id, listed=True)
    return TrustStore.of(map(publisher_key, rows), listed.values_list("plugin_version__digest", flat=True))


def publisher_key(row: TrustedKey) -> PublisherKey:
    """Return a stored key in the form of the SDK; one on whose names nobody agrees signs nothing."""
    told = PublisherKey.from_json(
        {
            "keyid": row.keyid,
            "public": row.public,
            "publisher": row.publisher,
            "prefixes": row.prefixes or [OWN_PREFIXES],
            "state": row.state,
            "reason": row.reason,
        },
        place=f"key {row.keyid[:12]}",
    )
    return replace(told, prefixes=tuple(row.prefixes))


def authority_of(tenant_id: UUID) -> str:
    """Return whose registrations count in a hospital; empty: nobody has said it."""
    row = RegulatoryPolicy.objects.filter(tenant_id=tenant_id).first()
    return row.authority if row else ""


def facts_of(
    version: PluginVersion, taken_in: VersionImport | None, key: TrustedKey | None, *, authority: str
) -> VersionFacts:
    """Return what decides whether a run may begin."""
    signature = SignatureFacts(
        keyid=version.signer_keyid,
        key_state=key.state if key else None,
        publisher=key.publisher if key else "",
        may_sign=key is not None and version.plugin_id.startswith(tuple(key.prefixes)),
        listed=taken_in is not None and taken_in.listed,
        unsigned_allowed=settings.ALLWARD.unsigned_plugins,
    )
    yanked = taken_in is not None and taken_in.yanked_at is not None
    return VersionFacts.of(
        version.manifest,
        signature,
        taken_in=taken_in is not None,
        yank_reason=taken_in.yank_reason if taken_in is not None and yanked else None,
        authority=authority,
    )


def refusal_here(version: PluginVersion, tenant_id: UUID) -> Remark | None:
    """Return why no new run may begin with a version in a hospital today, or None."""
    taken_in = VersionImport.objects.filter(tenant_id=tenant_id, plugin_version=version).first()
    key = TrustedKey.objects.filter(tenant_id=tenant_id, keyid=version.signer_keyid).first()
    facts = facts_of(version, taken_in, key, authority=authority_of(tenant_id))
    return refusal_of(facts, day=now().date())


def refuse_what_no_longer_holds(version: PluginVersion, tenant_id: UUID) -> None:
    """Refuse a version with which no run may begin in a hospital.

    Raises
    ------
    NotPermittedError
        With the reason in both languages.
    """
    remark = refusal_here(version, tenant_id)
    if remark is not None:
        raise NotPermittedError(remark)
