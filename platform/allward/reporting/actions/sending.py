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
from allward.reporting.models import MessageOut, ReportDocument, ReportVersion, RisConnection
from allward.reporting.states import MESSAGE_MAY_BECOME, MessageState
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
    """Only a message that failed can be asked for again."""


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
    """Keep a message to be sent, once for each state of a version; older ones that wait are overtaken."""
    rows = MessageOut.objects.select_for_update(of=("self",)).filter(connection=connection)
    if rows.filter(version=version, status=status).exists():
        return
    earlier = rows.filter(version__report_id=version.report_id, state=MessageState.SCHEDULED)
    for message in earlier:
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
        If another worker is sending it or an earlier one of the same report, or the connection is off.
    """
    message = _locked(message_id)
    if message is None or message.state != MessageState.SCHEDULED:
        return None
    moment = now()
    related = MessageOut.objects.filter(
        connection_id=message.connection_id, version__report_id=message.version.report_id
    )
    if related.filter(pk__gt=message.pk).exists():
        _overtake(message)
        return None
    if related.filter(state=MessageState.SCHEDULED, sending_until__gt=moment).exists():
        raise TemporaryError("another worker is sending it, or an earlier state of the report")
    if not message.connection.enabled:
        raise TemporaryError(f"{message.connection.name} is switched off")
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
    """Send a failed message of the acting hospital again, as a person asks: the same bytes.

    Raises
    ------
    MessageNotFailedError
        If it has not failed.
    """
    message = _locked(message_id)
    if message is None or message.state != MessageState.FAILED:
        raise MessageNotFailedError("only a message that failed can be sent again")
    message.attempts = 0
    _move(message, MessageState.SCHEDULED)
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
