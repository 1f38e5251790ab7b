"""A vendor's keys are registered, replaced and revoked."""

from uuid import UUID

from django.db import transaction

from allward.kernel.states import check_transition
from allward.outbox.publish import publish
from allward.publishing.actions.noting import note
from allward.publishing.events import VendorKeyChanged
from allward.publishing.keys import MOST_PREFIXES, RESERVED, reserved, too_wide
from allward.publishing.models import VendorKey
from allward.publishing.states import KEY_MAY_BECOME, KeyState
from allward.tenancy.scope import required_scope
from allward_sdk.errors import BadInputError
from allward_sdk.trust.keys import PublisherKey

MOST_KEYS = 50


@transaction.atomic
def register_key(key: PublisherKey) -> VendorKey:
    """Let the acting vendor sign with a key; once, however often it is told.

    Raises
    ------
    BadInputError
        If it is no active key, asks for ids that are not a vendor's, or is registered otherwise already.
    """
    scope = required_scope()
    name = key.keyid[:16]
    if key.state != "active":
        raise BadInputError(f"the key {name} is {key.state}; only an active key can be registered")
    taken = reserved(list(key.prefixes))
    if taken is not None or len(key.prefixes) > MOST_PREFIXES:
        raise BadInputError(
            f"the key {name}: {taken!r} belongs to hospitals; take a prefix of your own that does not begin"
            f" with {RESERVED!r}"
            if taken is not None
            else f"the key {name} has more than {MOST_PREFIXES} prefixes"
        )
    if (wide := too_wide(list(key.prefixes))) is not None:
        raise BadInputError(f"the key {name}: {wide!r} is nobody's alone; take one such as {wide}example.")
    known = VendorKey.objects.filter(tenant_id=scope.acting, keyid=key.keyid).first()
    if known is not None:
        if (known.state, known.prefixes) != (key.state, list(key.prefixes)):
            raise BadInputError(f"the key {name} is registered already, with other prefixes or as replaced")
        return known
    if VendorKey.objects.filter(tenant_id=scope.acting).count() >= MOST_KEYS:
        raise BadInputError(f"{MOST_KEYS} keys are registered already")
    row = VendorKey.objects.create(
        keyid=key.keyid, public=key.public, prefixes=list(key.prefixes), added_by=scope.actor
    )
    note("vendor key", row.pk, "registered", keyid=key.keyid, prefixes=row.prefixes)
    return row


@transaction.atomic
def change_key(key_id: UUID, *, state: KeyState, reason: str) -> VendorKey:
    """Say that a key is replaced, or revoked: nothing that it signed is believed any more.

    Raises
    ------
    VendorKey.DoesNotExist
        If the acting vendor has no such key.
    ForbiddenTransitionError
        If it says less already.
    """
    row = VendorKey.objects.select_for_update().get(pk=key_id, tenant_id=required_scope().acting)
    check_transition(KEY_MAY_BECOME, old=KeyState(row.state), new=state, what="a key")
    row.state, row.reason = state, reason
    row.save(update_fields=["state", "reason"])
    publish(VendorKeyChanged(row.pk), tenant_id=row.tenant_id)
    note("vendor key", row.pk, state.value, keyid=row.keyid, reason=reason)
    return row
