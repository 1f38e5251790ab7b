"""Every way destinations are written, and what a worker or a person notes of a delivery."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.db import transaction

from allward.audit.actions import record
from allward.delivery.models import Delivery, Destination
from allward.delivery.planning import may_be_sent, move, plan_result
from allward.delivery.send import LONGEST_S, Peer
from allward.delivery.states import DeliveryState
from allward.kernel.clock import now
from allward.outbox.publish import publish
from allward.results.events import ResultObjectsWritten
from allward.results.models import ObjectKind, ResultObject
from allward.results.objects import locked_result
from allward.results.states import IN_FORCE
from allward.storage.place import storage
from allward.tenancy.scope import required_scope
from allward_sdk.errors import AllwardError, BadInputError, TemporaryError

LEASE = timedelta(seconds=2 * LONGEST_S)
"""How long a worker may be busy with one sending before it counts as lost."""

MOST_ATTEMPTS = 45
"""After about a day and a half of trying (the outbox's back-off) a person has to look."""

_STILL_THERE = "what the note takes back is still there and has to be removed by hand"


class RetryRefusedError(AllwardError):
    """This delivery cannot be asked for again."""


@dataclass(frozen=True, slots=True)
class Sending:
    """What a worker needs to send one object, and what was known of it before."""

    delivery_id: UUID
    peer: Peer
    path: Path
    was_held: bool


def peer_of(destination: Destination) -> Peer:
    """Return how a destination is reached."""
    return Peer(
        host=destination.host,
        port=destination.port,
        called_ae_title=destination.called_ae_title,
        calling_ae_title=destination.calling_ae_title,
    )


@transaction.atomic
def add_destination(
    *, name: str, peer: Peer, sends_unreviewed: bool = False, for_research: bool = False
) -> Destination:
    """Let the acting tenant's results go to one more DICOM node.

    Raises
    ------
    BadInputError
        If the name is taken, or an address or AE title is none.
    """
    tenant_id = required_scope().acting
    _check(name, peer)
    if Destination.objects.filter(tenant_id=tenant_id, name=name).exists():
        raise BadInputError(f"there is a destination named {name!r} already")
    destination = Destination.objects.create(
        tenant_id=tenant_id,
        name=name,
        host=peer.host,
        port=peer.port,
        called_ae_title=peer.called_ae_title,
        calling_ae_title=peer.calling_ae_title,
        sends_unreviewed=sends_unreviewed,
        for_research=for_research,
    )
    _note_change(destination, added=str(peer), sends_unreviewed=sends_unreviewed, for_research=for_research)
    return destination


@transaction.atomic
def set_enabled(destination_id: UUID, *, enabled: bool) -> Destination:
    """Switch a destination of the acting tenant on or off.

    What was written, sent or to be taken back while it was off is planned anew when it is switched on.
    """
    tenant_id = required_scope().acting
    destination = Destination.objects.select_for_update().get(pk=destination_id, tenant_id=tenant_id)
    destination.enabled = enabled
    destination.save(update_fields=["enabled"])
    _note_change(destination, enabled=enabled)
    if enabled:
        for result_id in _results_for(destination):
            publish(ResultObjectsWritten(result_id=result_id), tenant_id=tenant_id)
    return destination


def _results_for(destination: Destination) -> set[UUID]:
    """Return the results that a destination may want or hold: those in force, and those it knows."""
    known = Delivery.objects.filter(tenant_id=destination.tenant_id, destination=destination)
    written = ResultObject.objects.filter(
        tenant_id=destination.tenant_id, result__status__in=IN_FORCE, rejected_at=None
    ).exclude(kind=ObjectKind.REJECTION_NOTE)
    return {
        *known.values_list("result_object__result_id", flat=True),
        *written.values_list("result_id", flat=True),
    }


@transaction.atomic
def retry_delivery(delivery_id: UUID) -> Delivery:
    """Try a failed delivery of the acting tenant again, as a person asks.

    Raises
    ------
    RetryRefusedError
        If it has not failed, or its object is no longer to be sent there.
    """
    delivery = _locked(delivery_id)
    if delivery.state != DeliveryState.FAILED:
        raise RetryRefusedError(f"only a failed delivery can be tried again; this one is {delivery.state}")
    move(delivery, DeliveryState.SCHEDULED)
    if not may_be_sent(delivery, delivery.result_object.result):
        raise RetryRefusedError("what people said of the result since then no longer lets it go there")
    scope = required_scope()
    record(
        tenant_id=delivery.tenant_id, actor=scope.actor, action="deliver", what="delivery",
        what_id=str(delivery.pk), user_id=scope.user_id, user_tenant_id=scope.home, asked_again=True,
    )  # fmt: skip
    return delivery


@transaction.atomic
def begin_sending(delivery_id: UUID) -> Sending | None:
    """Take a scheduled delivery for the calling worker; None if there is nothing to send (any more).

    It is looked at once more whether people still want it there: a word given a moment ago counts.

    Raises
    ------
    TemporaryError
        If another worker is sending it.
    """
    if not Delivery.objects.filter(pk=delivery_id, tenant_id=required_scope().acting).exists():
        return None
    delivery = _locked(delivery_id)
    if delivery.state != DeliveryState.SCHEDULED:
        return None
    if delivery.sending_until is not None and delivery.sending_until > now():
        raise TemporaryError("another worker is sending it")
    result = delivery.result_object.result
    if not may_be_sent(delivery, result):
        plan_result(result)
        return None
    was_held = delivery.may_be_held
    delivery.attempts += 1
    delivery.sending_until = now() + LEASE
    delivery.may_be_held = True  # until the worker knows better; it may die on the way
    delivery.save()
    return Sending(
        delivery_id=delivery.pk,
        peer=peer_of(delivery.destination),
        path=storage().path(delivery.result_object.instance.storage_key),
        was_held=was_held,
    )


@transaction.atomic
def note_arrived(sending: Sending, *, remark: str) -> None:
    """Note that the destination has the object, whatever became of the delivery meanwhile."""
    delivery = _locked(sending.delivery_id)
    if delivery.state in (DeliveryState.DELIVERED, DeliveryState.WITHDRAWN):
        return
    delivery.last_error = remark
    move(delivery, DeliveryState.DELIVERED)
    record(
        tenant_id=delivery.tenant_id, actor=required_scope().actor, action="deliver", what="result object",
        what_id=str(delivery.result_object_id), destination=delivery.destination.name,
        sop_instance_uid=delivery.result_object.instance.sop_instance_uid,
    )  # fmt: skip
    plan_result(delivery.result_object.result)


@transaction.atomic
def note_not_arrived(sending: Sending, *, message: str, may_be_held: bool, hopeless: bool) -> bool:
    """Note why an object did not get there; return whether it is to be tried again."""
    delivery = _locked(sending.delivery_id)
    is_note = delivery.result_object.kind == ObjectKind.REJECTION_NOTE
    delivery.last_error = f"{message}; {_STILL_THERE}" if hopeless and is_note else message
    delivery.may_be_held = sending.was_held or may_be_held
    delivery.sending_until = None
    delivery.save()
    if delivery.state != DeliveryState.SCHEDULED:
        return False
    if hopeless or delivery.attempts >= MOST_ATTEMPTS:
        move(delivery, DeliveryState.FAILED)
    plan_result(delivery.result_object.result)
    delivery.refresh_from_db()
    return delivery.state == DeliveryState.SCHEDULED


def _locked(delivery_id: UUID) -> Delivery:
    """Return a delivery of the acting tenant, locked together with the objects of its result."""
    rows = Delivery.objects.filter(tenant_id=required_scope().acting)
    locked_result(rows.values_list("result_object__result_id", flat=True).get(pk=delivery_id))
    return (
        rows.select_related("destination", "result_object__instance", "result_object__result")
        .select_for_update(of=("self",))
        .get(pk=delivery_id)
    )


def _check(name: str, peer: Peer) -> None:
    if not name.strip() or not peer.host.strip():
        raise BadInputError("a destination needs a name and a host")
    if not 0 < peer.port < 1 << 16:
        raise BadInputError(f"{peer.port} is no TCP port")
    for title in (peer.called_ae_title, peer.calling_ae_title):
        if not title.strip() or len(title) > 16 or "\\" in title or not title.isascii():
            raise BadInputError(f"{title!r} is no AE title: 1 to 16 ASCII characters without a backslash")


def _note_change(destination: Destination, **detail: object) -> None:
    scope = required_scope()
    record(
        tenant_id=destination.tenant_id, actor=scope.actor, action="change", what="destination",
        what_id=str(destination.pk), user_id=scope.user_id, user_tenant_id=scope.home, **detail,
    )  # fmt: skip
