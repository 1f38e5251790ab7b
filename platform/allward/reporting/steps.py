"""What the events of reports start.

Sending waits for somebody else's machine. As with deliveries to a PACS, no transaction is open meanwhile:
`send_report_message` runs `alone`, in three parts: a short transaction that takes the message under a lease,
the network, and a short transaction that notes what came of it. A worker that dies leaves a lease that ends;
the next one sends the same bytes under the same MSH-10, which a receiver knows.
"""

from django.conf import settings

from allward.reporting.actions import begin_sending, note_arrived, note_not_arrived
from allward.reporting.actions.sending import Sending
from allward.reporting.events import MessageScheduled, ReportReleased
from allward.reporting.fhir_send import Server, send_bundle
from allward.reporting.mllp import Listener, NotTakenError, RefusedMessageError, send_message
from allward.reporting.releasing import schedule_messages
from allward.reporting.sealing import unseal
from allward_sdk.errors import BadInputError

__all__ = ["release_report", "send_report_message"]


def release_report(event: ReportReleased) -> None:
    """Tell the RIS of what is true now, whatever becomes of the documents in the study."""
    schedule_messages(event)


def send_report_message(event: MessageScheduled) -> None:
    """Send one message to its RIS; a step that runs `alone`.

    Raises
    ------
    TemporaryError
        If it did not get there and is to be tried again.
    """
    sending = begin_sending(event.message_id)
    if sending is None:
        return
    try:
        _send(sending)
    except NotTakenError as error:
        if note_not_arrived(sending, message=str(error), may_be_held=error.may_be_held, hopeless=False):
            raise
    except (RefusedMessageError, BadInputError) as error:
        note_not_arrived(sending, message=str(error), may_be_held=False, hopeless=True)
    else:
        note_arrived(sending)


def _send(sending: Sending) -> None:
    connection = sending.connection
    if connection.kind == "fhir":
        server = Server(
            connection.base_url,
            unseal(connection.sealed_token),
            may_be_local=settings.ALLWARD.local_addresses,
        )
        send_bundle(server, sending.payload)
    else:
        listener = Listener(connection.host, connection.port, may_be_local=settings.ALLWARD.local_addresses)
        send_message(listener, sending.payload, control_id=sending.control_id)
