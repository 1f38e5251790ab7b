"""Keys that a hospital trusts."""

from dataclasses import replace

from django.db import transaction

from allward.audit.actions import record
from allward.registry.models import FollowedCatalogue, TrustedKey
from allward.registry.own_keys import hospital_signer, own_prefix, public_half, signer_of_builds
from allward.registry.states import KeyState
from allward.registry.words_on_keys import OWN_PREFIXES, Word, joined, never_back
from allward.tenancy.models import Tenant
from allward.tenancy.scope import required_scope
from allward_sdk.trust.keys import PublisherKey


@transaction.atomic
def trust_key(key: PublisherKey, *, own: bool = False) -> TrustedKey:
    """Let the acting hospital believe a key as far as a person says, or change what a person said of it.

    What the catalogue that it follows says of the key limits it still; of one that it follows no more
    nothing is left.
    """
    known = _known(key.keyid)
    is_followed = FollowedCatalogue.objects.filter(tenant_id=required_scope().acting).exists()
    heard = known.catalogue_said if known is not None and is_followed else None
    return _believe(key, known, hand=Word.of(key), catalogue=Word.from_json(heard), own=own)


@transaction.atomic
def heed_catalogue(key: PublisherKey) -> TrustedKey | None:
    """Hear what a catalogue says of a key: it adds keys and limits them, and widens no person's word.

    Returns
    -------
    None where a catalogue has no say: of the hospital's own key, and of names of hospitals' own plug-ins
    """
    known = _known(key.keyid)
    before = Word.from_json(known.catalogue_said) if known is not None else None
    prefixes = tuple(each for each in key.prefixes if not each.startswith(OWN_PREFIXES))
    if (known is not None and known.own) or (known is None and not prefixes):
        return None
    said = never_back(before, replace(Word.of(key), prefixes=prefixes))
    return _believe(key, known, hand=Word.from_json(known.hand_said) if known else None, catalogue=said)


def _known(keyid: str) -> TrustedKey | None:
    rows = TrustedKey.objects.select_for_update()
    return rows.filter(tenant_id=required_scope().acting, keyid=keyid).first()


def _believe(
    key: PublisherKey,
    known: TrustedKey | None,
    *,
    hand: Word | None,
    catalogue: Word | None,
    own: bool = False,
) -> TrustedKey:
    scope = required_scope()
    holds = joined(hand, catalogue) if hand and catalogue else hand or catalogue
    assert holds is not None
    said = {
        "public": key.public,
        **holds.to_json(),
        "own": own or (known is not None and known.own),
        "hand_said": hand.to_json() if hand else None,
        "catalogue_said": catalogue.to_json() if catalogue else None,
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
        publisher=row.publisher, state=row.state, prefixes=row.prefixes,
        by_hand=row.hand_said, by_catalogue=row.catalogue_said,
    )  # fmt: skip
    return row


def trust_own_key() -> TrustedKey:
    """Let the acting hospital believe its own key, which is made when it is first needed."""
    tenant = Tenant.objects.get(pk=required_scope().acting)
    public = public_half(hospital_signer(tenant.code))
    key = PublisherKey.of(public, publisher=tenant.name_en, prefixes=[own_prefix(tenant.code)])
    return trust_key(key, own=True)


def trust_builds_of(plugin_id: str) -> TrustedKey:
    """Let the acting hospital believe builds of this machine under the name of a plug-in's publisher.

    A key that a person of the hospital believes less stays as that person left it.
    """
    public = public_half(signer_of_builds())
    known = TrustedKey.objects.filter(tenant_id=required_scope().acting, keyid=public.keyid).first()
    said = Word.from_json(known.hand_said) if known else None
    if known is not None and said is not None and said.state != KeyState.ACTIVE:
        return known
    prefixes = {*(said.prefixes if said else ()), plugin_id.rpartition(".")[0] + "."}
    return trust_key(PublisherKey.of(public, publisher="Built on this machine", prefixes=sorted(prefixes)))
