"""What the events of results and deliveries start here.

Sending waits for somebody else's machine, for a minute perhaps. No database transaction is open
meanwhile: `send_delivery` is a step that runs `alone` (see `allward.kernel.events.Step`) and works in
three parts. A short transaction takes the delivery under a lease, counts the attempt and notes that the
object may arrive; then the network; then a short transaction notes what came of it. So the count and
the reason stay also when the step ends in a `TemporaryError` and the outbox tries it again after its
back-off, no connection or row lock is held hostage by a PACS, and vacuum is not held up. A worker that
dies in between leaves a lease that ends; the next one sends the same instance again, which a PACS takes
for the one it has. Two workers never send at the same time, thanks to the lease.
"""

from uuid import UUID

from allward.delivery.actions import begin_sending, note_arrived, note_not_arrived
from allward.delivery.events import DeliveryScheduled
from allward.delivery.planning import plan_result
from allward.delivery.send import NotDeliveredError, RefusedError, send_instance
from allward.results.events import ResultObjectsWritten, ResultSuperseded
from allward.results.objects import locked_result


def schedule_deliveries(event: ResultObjectsWritten) -> None:
    """Schedule what every destination gets of a result now, and take back what it must not keep."""
    _plan(event.result_id)


def withdraw_superseded(event: ResultSuperseded) -> None:
    """Take back what destinations hold of a result that a newer one has replaced."""
    _plan(event.result_id)


def _plan(result_id: UUID) -> None:
    result = locked_result(result_id)
    if result is not None:
        plan_result(result)


def send_delivery(event: DeliveryScheduled) -> None:
    """Send one object to its destination; a step that runs `alone`.

    Raises
    ------
    TemporaryError
        If it did not get there and is to be tried again.
    """
    sending = begin_sending(event.delivery_id)
    if sending is None:
        return
    try:
        remark = send_instance(sending.peer, sending.path)
    except NotDeliveredError as error:
        if note_not_arrived(sending, message=str(error), may_be_held=error.may_be_held, hopeless=False):
            raise
    except RefusedError as error:
        note_not_arrived(sending, message=str(error), may_be_held=False, hopeless=True)
    else:
        note_arrived(sending, remark=remark)
