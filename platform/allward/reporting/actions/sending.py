"""What is written of messages on their way to a RIS, and of documents that joined the study."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction

from allward.audit.actions import record
from allward.kernel.clock import now
from allward.kernel.ids import new_id
from allward.kernel.states import check_transition
from allward.outbox.publish import publish
from allward.reporting.events import MessageScheduled
from allward.reporting.models import MessageOut, Report, ReportDocument, ReportVersion, RisConnection
from allward.reporting.states import MESSAGE_MAY_BECOME, SENT_IN_ORDER, MessageState
from allward.studies.models import Instance
from allward.tenancy.scope import required_scope
from allward_dicom.text import printable
from allward_sdk.errors import AllwardError, TemporaryError

LONGEST_S = 60.0
"""No sending lasts longer, in seconds."""
LEASE = timedelta(seconds=2 * LONGEST_S)
"""How long a worker may be busy with one sending before it counts as lost."""
MOST_ATTEMPTS = 45
"""After about a day and a half of trying (the outbox's back-off) a person has to look."""


class MessageNotFailedError(AllwardError):
    """Only a message that failed, or that nobody is sending, can be asked for again."""


@dataclass(frozen=True, slots=True)
class Sending:
    """What a worker needs to send one message, and what was known of it before."""

    message_id: UUID
    connection: RisConnection
    control_id: str
    payload: str
    was_held: bool


def control_id_of(message_id: UUID) -> str:
    """Return the MSH-10 of a message: stable, and short enough for it.

    Source
    ------
    HL7 v2.5.1 2.14.9.10: ST of 20 characters.
    """
    return hashlib.sha256(message_id.bytes).hexdigest()[:20].upper()


def new_message_id() -> UUID:
    """Return the id of a message that is not written yet; its MSH-10 follows from it."""
    return new_id()


@transaction.atomic
def schedule_message(
    message_id: UUID, *, connection: RisConnection, version: ReportVersion, status: str, payload: str
) -> None:
    """Keep a message to be sent, once for each state of a version; older ones that wait are overtaken.

    A message of a state that is not the newest is not kept.
    """
    hold_report(version.report_id)
    known = _related(connection.pk, version.report_id)
    if any(_place(each) >= _place_of(version, status) for each in known):
        return
    for message in known:
        if message.state != MessageState.SCHEDULED:
            continue
        if message.sending_until is None or message.sending_until <= now():
            _overtake(message)
    MessageOut.objects.create(
        pk=message_id,
        connection=connection,
        version=version,
        status=status,
        control_id=control_id_of(message_id),
        payload=payload,
    )
    publish(MessageScheduled(message_id=message_id), tenant_id=version.tenant_id)


@transaction.atomic
def begin_sending(message_id: UUID) -> Sending | None:
    """Take a scheduled message for the calling worker; None if there is nothing to send (any more).

    Raises
    ------
    TemporaryError
        If another worker is sending it or an earlier one of the same report.
    """
    message = _alone(message_id)
    if message is None or message.state != MessageState.SCHEDULED:
        return None
    moment = now()
    related = _related(message.connection_id, message.version.report_id)
    if any(_place(each) > _place(message) for each in related):
        _overtake(message)
        return None
    if any(each.sending_until and each.sending_until > moment for each in related):
        raise TemporaryError("another worker is sending it, or an earlier state of the report")
    if not (message.connection.enabled or _is_on(message.connection_id)):
        return None  # who switches it on sends what waits
    was_held = message.may_be_held
    message.attempts += 1
    message.sending_until = moment + LEASE
    message.may_be_held = True  # until the worker knows better; it may die on the way
    message.save()
    return Sending(
        message_id=message.pk,
        connection=message.connection,
        control_id=message.control_id,
        payload=message.payload,
        was_held=was_held,
    )


@transaction.atomic
def note_arrived(sending: Sending) -> None:
    """Note that the receiver has the message, whatever became of it meanwhile."""
    message = _locked(sending.message_id)
    if message is None or message.state == MessageState.DELIVERED:
        return
    message.last_error = ""
    _move(message, MessageState.DELIVERED)
    record(
        tenant_id=message.tenant_id, actor=required_scope().actor, action="deliver", what="report",
        what_id=str(message.version.report_id), to=message.connection.name, status=message.status,
        version=message.version.number, digest=message.version.digest, control_id=message.control_id,
    )  # fmt: skip


@transaction.atomic
def note_not_arrived(sending: Sending, *, message: str, may_be_held: bool, hopeless: bool) -> bool:
    """Note why a message did not get there; return whether it is to be tried again."""
    row = _locked(sending.message_id)
    if row is None:
        return False
    row.last_error = printable(message)
    row.may_be_held = sending.was_held or may_be_held
    row.sending_until = None
    row.save()
    if row.state != MessageState.SCHEDULED:
        return False
    if hopeless or row.attempts >= MOST_ATTEMPTS:
        _move(row, MessageState.FAILED)
    return bool(row.state == MessageState.SCHEDULED)


@transaction.atomic
def retry_message(message_id: UUID) -> MessageOut:
    """Send a message of the acting hospital again that failed or waits, as a person asks: the same bytes.

    Raises
    ------
    MessageNotFailedError
        If it has arrived, was overtaken, or is being sent.
    """
    message = _locked(message_id)
    if message is None or not _can_be_retried(message):
        raise MessageNotFailedError("only a message that failed or waits can be sent again")
    message.attempts = 0
    if message.state == MessageState.FAILED:
        _move(message, MessageState.SCHEDULED)
    else:
        message.save(update_fields=["attempts"])
    publish(MessageScheduled(message_id=message.pk), tenant_id=message.tenant_id)
    scope = required_scope()
    record(
        tenant_id=message.tenant_id, actor=scope.actor, action="deliver", what="report",
        what_id=str(message.version.report_id), user_id=scope.user_id, user_tenant_id=scope.home,
        to=message.connection.name, asked_again=True,
    )  # fmt: skip
    return message


@transaction.atomic
def keep_document(version: ReportVersion, *, language: str, instance: Instance) -> None:
    """Note that a version stands in the study as a document; once for each language."""
    ReportDocument.objects.get_or_create(version=version, language=language, defaults={"instance": instance})


def _can_be_retried(message: MessageOut) -> bool:
    if message.state == MessageState.FAILED:
        return True
    is_being_sent = message.sending_until is not None and message.sending_until > now()
    return message.state == MessageState.SCHEDULED and not is_being_sent


def hold_report(report_id: UUID) -> None:
    """Let nobody else say anything of a report until this transaction ends, to people or to a RIS."""
    Report.objects.select_for_update().filter(tenant_id=required_scope().acting, pk=report_id).first()


def send_waiting(connection: RisConnection) -> None:
    """Send what waited while a connection was off."""
    waiting = MessageOut.objects.filter(connection=connection, state=MessageState.SCHEDULED)
    for message_id in waiting.values_list("pk", flat=True):
        publish(MessageScheduled(message_id=message_id), tenant_id=connection.tenant_id)


def _alone(message_id: UUID) -> MessageOut | None:
    """Return a message of a report of which nobody else begins to send one; locked."""
    rows = MessageOut.objects.filter(tenant_id=required_scope().acting, pk=message_id)
    report_id = rows.values_list("version__report_id", flat=True).first()
    if report_id is None:
        return None
    hold_report(report_id)
    return _locked(message_id)


def _related(connection_id: UUID, report_id: UUID) -> list[MessageOut]:
    rows = MessageOut.objects.select_for_update(of=("self",)).select_related("version")
    return list(rows.filter(connection_id=connection_id, version__report_id=report_id))


def _place(message: MessageOut) -> tuple[int, int]:
    return _place_of(message.version, message.status)


def _place_of(version: ReportVersion, status: str) -> tuple[int, int]:
    """Return the place of a state among those of its report: what became true later is greater."""
    return version.number, SENT_IN_ORDER.index(status)


def _is_on(connection_id: UUID) -> bool:
    """Tell whether a connection is switched on; who switches it meanwhile waits, or was waited for."""
    return RisConnection.objects.select_for_update().get(pk=connection_id).enabled


def _locked(message_id: UUID) -> MessageOut | None:
    rows = MessageOut.objects.filter(tenant_id=required_scope().acting)
    return (
        rows.select_related("connection", "version")
        .select_for_update(of=("self",))
        .filter(pk=message_id)
        .first()
    )


def _overtake(message: MessageOut) -> None:
    message.last_error = "overtaken by a newer state of the report"
    _move(message, MessageState.CANCELED)


def _move(message: MessageOut, new: MessageState) -> None:
    check_transition(MESSAGE_MAY_BECOME, old=MessageState(message.state), new=new, what="a message")
    message.state = new
    message.sending_until = None
    message.ended_at = None if new is MessageState.SCHEDULED else now()
    message.save()
