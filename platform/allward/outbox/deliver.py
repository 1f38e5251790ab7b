"""Hand one event to one step: the step's effect and the note that it was done commit together.

Only a step that is `alone` (see `allward.kernel.events.Step`) runs between two short transactions.
"""

import logging
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from allward.kernel.clock import now
from allward.kernel.events import Step
from allward.outbox.models import OutboxDelivery, OutboxEvent
from allward.outbox.relay import back_off
from allward_sdk.errors import AllwardError, TemporaryError

log = logging.getLogger(__name__)


def deliver(delivery_id: UUID, steps: Mapping[str, Step[Any]]) -> bool:
    """Run the step of one delivery, if it still waits; return whether it was done.

    Call it with the scope of the delivery's tenant in force but outside of a transaction. A step that
    raises `TemporaryError` waits its back-off; one that raises another error of ours is failed for good.
    Anything else is a bug or a broken service: it leaves this function as it is, nothing was committed,
    and the relay sends the delivery again.
    """
    try:
        with transaction.atomic():
            waiting = (
                OutboxDelivery.objects.select_for_update(skip_locked=True)
                .filter(pk=delivery_id, state="pending")
                .first()
            )
            if waiting is None:
                return False
            step = steps[waiting.step]
            event = step.on.from_payload(OutboxEvent.objects.get(pk=waiting.event_id).payload)
            if not step.alone:
                step.do(event)
                OutboxDelivery.objects.filter(pk=delivery_id).update(state="done")
                return True
        step.do(event)
        with transaction.atomic():
            OutboxDelivery.objects.filter(pk=delivery_id, state="pending").update(state="done")
    except TemporaryError as error:
        _note(delivery_id, message=str(error), again=True)
        return False
    except AllwardError as error:
        _note(delivery_id, message=str(error), again=False)
        return False
    return True


def _note(delivery_id: UUID, *, message: str, again: bool) -> None:
    with transaction.atomic():
        waiting = OutboxDelivery.objects.select_for_update().get(pk=delivery_id)
        waiting.last_error = message
        if again:
            waiting.not_before = now() + back_off(waiting.attempts)
        else:
            waiting.state = "failed"
        waiting.save(update_fields=["last_error", "not_before", "state"])
    log.warning("step %s %s: %s", waiting.step, "waits" if again else "failed", message)
