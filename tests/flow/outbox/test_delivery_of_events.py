"""At least once, never twice in effect, and nothing lost: the outbox against a real database."""

import threading
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction
from tests.platform_database import inside, make_hospital

from allward.kernel.clock import now
from allward.kernel.events import Event, Step
from allward.kernel.ids import new_id
from allward.outbox import deliver as delivering
from allward.outbox import relay
from allward.outbox.models import OutboxDelivery, OutboxEvent
from allward.outbox.publish import publish
from allward.studies.models import Patient
from allward.tenancy.scope import Scope, carrying
from allward_sdk.errors import BadInputError, TemporaryError


@dataclass(frozen=True, slots=True)
class SomethingHappened(Event):
    thing_id: UUID


def make_patient(event: SomethingHappened) -> None:
    Patient.objects.create(patient_id=str(event.thing_id))


def fail_for_now(event: SomethingHappened) -> None:
    make_patient(event)
    raise TemporaryError("the PACS is away")


def fail_for_good(event: SomethingHappened) -> None:
    make_patient(event)
    raise BadInputError("never")


def break_down(event: SomethingHappened) -> None:
    make_patient(event)
    raise ZeroDivisionError


@pytest.fixture
def hospital():
    """A hospital whose events nobody else's pipeline finds afterwards."""
    made = make_hospital()
    yield made
    with inside(made):
        OutboxEvent.objects.update(expanded=True)
        OutboxDelivery.objects.update(state="done")


def happen(hospital, do):
    """Publish an event, expand it, and return the delivery's id and the steps."""
    step = Step(on=SomethingHappened, do=do)
    with inside(hospital):
        publish(SomethingHappened(thing_id=new_id()), tenant_id=hospital.tenant_id)
    while relay.expand((step,)):
        pass
    with inside(hospital):
        (delivery,) = OutboxDelivery.objects.filter(state="pending")
    return delivery.pk, {step.name: step}


def deliver(hospital, delivery_id, steps):
    with carrying(Scope.of_tenant(hospital.tenant_id, actor="pipeline")):
        return delivering.deliver(delivery_id, steps)


def patients(hospital):
    with inside(hospital):
        return Patient.objects.count()


def row(hospital, delivery_id):
    with inside(hospital):
        return OutboxDelivery.objects.get(pk=delivery_id)


def test_what_is_rolled_back_is_never_told(hospital):
    def break_off():
        with inside(hospital):
            publish(SomethingHappened(thing_id=new_id()), tenant_id=hospital.tenant_id)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    with inside(hospital):
        assert not OutboxEvent.objects.exists()


def test_a_step_has_its_effect_once_however_often_it_is_sent(hospital):
    delivery_id, steps = happen(hospital, make_patient)
    assert deliver(hospital, delivery_id, steps)
    assert not deliver(hospital, delivery_id, steps)
    assert patients(hospital) == 1


def test_two_workers_with_the_same_delivery_have_one_effect(hospital):
    delivery_id, steps = happen(hospital, make_patient)
    barrier = threading.Barrier(4)

    def work():
        barrier.wait()
        deliver(hospital, delivery_id, steps)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert patients(hospital) == 1


def test_a_temporary_failure_leaves_no_effect_and_waits(hospital):
    delivery_id, steps = happen(hospital, fail_for_now)
    assert not deliver(hospital, delivery_id, steps)
    assert patients(hospital) == 0
    waiting = row(hospital, delivery_id)
    assert (waiting.state, waiting.last_error) == ("pending", "the PACS is away")
    assert waiting.not_before > now()


def test_a_failure_for_good_is_kept_and_not_tried_again(hospital):
    delivery_id, steps = happen(hospital, fail_for_good)
    deliver(hospital, delivery_id, steps)
    assert row(hospital, delivery_id).state == "failed"
    assert patients(hospital) == 0


def test_a_bug_is_not_swallowed_and_the_step_comes_up_again(hospital):
    delivery_id, steps = happen(hospital, break_down)
    with pytest.raises(ZeroDivisionError):
        deliver(hospital, delivery_id, steps)
    assert row(hospital, delivery_id).state == "pending"
    assert patients(hospital) == 0


def test_what_was_sent_and_not_done_is_sent_again(hospital):
    delivery_id, _ = happen(hospital, make_patient)
    assert delivery_id in [due.delivery_id for due in relay.take_due()]
    assert delivery_id not in [due.delivery_id for due in relay.take_due()]
    with inside(hospital):
        OutboxDelivery.objects.update(not_before=now() - timedelta(seconds=1))
    assert delivery_id in [due.delivery_id for due in relay.take_due()]
    assert row(hospital, delivery_id).attempts == 2


def test_what_could_not_be_sent_is_put_back_and_costs_no_attempt(hospital):
    delivery_id, _ = happen(hospital, make_patient)
    assert relay.take_due()
    relay.put_back([delivery_id])
    assert row(hospital, delivery_id).attempts == 0


def test_an_event_that_commits_late_is_not_passed_over(hospital):
    """A slow transaction's event has an earlier id and time than one that is expanded before it commits."""
    began, may_commit = threading.Event(), threading.Event()
    step = Step(on=SomethingHappened, do=make_patient)

    def slow():
        with inside(hospital):
            publish(SomethingHappened(thing_id=new_id()), tenant_id=hospital.tenant_id)
            began.set()
            may_commit.wait(10)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    began.wait(10)
    with inside(hospital):
        publish(SomethingHappened(thing_id=new_id()), tenant_id=hospital.tenant_id)
    assert relay.expand((step,)) >= 1
    may_commit.set()
    thread.join()
    assert relay.expand((step,)) >= 1
    with inside(hospital):
        assert OutboxDelivery.objects.count() == 2


def test_only_what_is_done_is_forgotten(hospital):
    delivery_id, steps = happen(hospital, make_patient)
    relay.forget_done(older_than=timedelta(seconds=-1))
    assert row(hospital, delivery_id).state == "pending"
    deliver(hospital, delivery_id, steps)
    relay.forget_done(older_than=timedelta(seconds=-1))
    with inside(hospital):
        assert not OutboxEvent.objects.exists()
        with transaction.atomic():
            assert not OutboxDelivery.objects.exists()
