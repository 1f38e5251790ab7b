"""Carry out what `plan.py` decides for the objects of one result at every destination of its hospital."""

from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from allward.audit.actions import record
from allward.delivery.events import DeliveryScheduled
from allward.delivery.models import Delivery, Destination
from allward.delivery.plan import Known, Plan, Receiver, Statement, judge, plan_delivery
from allward.delivery.states import MAY_BECOME, DeliveryState
from allward.kernel.clock import now
from allward.kernel.states import check_transition
from allward.outbox.publish import publish
from allward.results.models import ObjectKind, Result
from allward.results.object_present import Present, present_objects
from allward.results.object_state import Word
from allward.results.objects import write_rejection_note
from allward.tenancy.scope import required_scope

if TYPE_CHECKING:
    from allward_dicom.rejection import Cause

_ENDS = frozenset(
    {DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.CANCELED, DeliveryState.WITHDRAWN}
)


def plan_result(result: Result) -> None:
    """Schedule, cancel and take back what follows from the present word on a result; safe to repeat.

    The caller holds the lock of `allward.results.objects.locked_result`.
    """
    present = present_objects(result)
    by_destination: dict[UUID, list[Delivery]] = {}
    for delivery in _deliveries(result):
        by_destination.setdefault(delivery.destination_id, []).append(delivery)
    for destination in Destination.objects.filter(tenant_id=result.tenant_id).order_by("name"):
        deliveries = by_destination.get(destination.pk, [])
        plan = plan_delivery(_receiver(destination), _statement(present), map(_known, deliveries))
        _carry_out(plan, result=result, present=present, destination=destination, deliveries=deliveries)


def may_be_sent(delivery: Delivery, result: Result) -> bool:
    """Whether a scheduled delivery is still what its destination gets."""
    present = present_objects(result)
    return judge(_receiver(delivery.destination), _statement(present), _known(delivery)) == "keep"


def move(delivery: Delivery, new: DeliveryState) -> None:
    """Bring a delivery into another state, where the table of states lets it."""
    check_transition(MAY_BECOME, old=DeliveryState(delivery.state), new=new, what="a delivery")
    delivery.state = new
    delivery.sending_until = None
    delivery.ended_at = now() if new in _ENDS else None
    if new is DeliveryState.SCHEDULED:
        delivery.attempts = 0
        publish(DeliveryScheduled(delivery_id=delivery.pk), tenant_id=delivery.tenant_id)
    delivery.save()


def _deliveries(result: Result) -> Iterable[Delivery]:
    rows = Delivery.objects.filter(tenant_id=result.tenant_id, result_object__result=result)
    return rows.select_related("result_object__instance").select_for_update(of=("self",)).order_by("pk")


def _receiver(destination: Destination) -> Receiver:
    return Receiver(
        enabled=destination.enabled,
        sends_unreviewed=destination.sends_unreviewed,
        for_research=destination.for_research,
    )


def _statement(present: Present) -> Statement:
    return Statement(
        word=present.word,
        research_only=present.research_only,
        present=present.present,
        standing=present.standing,
    )


def _known(delivery: Delivery) -> Known:
    return Known(
        delivery_id=delivery.pk,
        object_id=delivery.result_object_id,
        state=DeliveryState(delivery.state),
        may_be_held=delivery.may_be_held,
        being_sent=delivery.sending_until is not None and delivery.sending_until > now(),
        is_note=delivery.result_object.kind == ObjectKind.REJECTION_NOTE,
        taken_back=delivery.result_object.rejected_at is not None,
    )


def _carry_out(
    plan: Plan, *, result: Result, present: Present, destination: Destination, deliveries: list[Delivery]
) -> None:
    for object_id in sorted(plan.send):
        _schedule(destination, object_id)
    for delivery in deliveries:
        if delivery.pk in plan.resume:
            move(delivery, DeliveryState.SCHEDULED)
        elif delivery.pk in plan.cancel:
            move(delivery, DeliveryState.CANCELED)
    overtaken = [delivery for delivery in deliveries if delivery.pk in plan.withdraw]
    if overtaken:
        _take_back(overtaken, result=result, present=present, destination=destination)


def _schedule(destination: Destination, object_id: UUID) -> None:
    delivery, created = Delivery.objects.get_or_create(
        tenant_id=destination.tenant_id, destination=destination, result_object_id=object_id
    )
    if created:
        publish(DeliveryScheduled(delivery_id=delivery.pk), tenant_id=delivery.tenant_id)


def _take_back(
    overtaken: list[Delivery], *, result: Result, present: Present, destination: Destination
) -> None:
    cause, description = _why(present)
    objects = [delivery.result_object for delivery in overtaken]
    note = write_rejection_note(result, objects, cause=cause, description=description)
    for delivery in overtaken:
        move(delivery, DeliveryState.WITHDRAWN)
    _schedule(destination, note.pk)
    record(
        tenant_id=result.tenant_id, actor=required_scope().actor, action="change", what="result",
        what_id=str(result.pk), taken_back_from=destination.name, because=description,
        sop_instance_uids=[each.instance.sop_instance_uid for each in objects],
    )  # fmt: skip


def _why(present: Present) -> "tuple[Cause, str]":
    """Say why objects are taken back.

    What a physician found wrong must no longer be shown; what is only out of date may be.
    """
    if present.word is Word.REJECTED:
        return "patient_safety", "AI result rejected by the reviewing physician."
    if present.word is Word.OVER:
        return "quality", "AI result superseded or withdrawn; a newer one may follow."
    if present.corrected:
        return "patient_safety", "AI result corrected by the reviewing physician; a corrected report follows."
    return "quality", "AI result replaced by a newer report of the same findings."
