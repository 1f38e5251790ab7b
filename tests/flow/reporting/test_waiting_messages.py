"""Messages that wait: for their turn, for a connection that is off, for somebody who sends them again."""

import threading
from contextlib import suppress

import hl7
import pytest
from django.db import connections
from tests.flow.delivery.scene import STEPS, run_steps
from tests.flow.reporting.desk import WANG, Desk, new_desk
from tests.flow.reporting.ris import connect, listening, states, switch

from allward.outbox.deliver import deliver
from allward.outbox.models import OutboxDelivery
from allward.outbox.relay import expand, take_due
from allward.pipeline import PIPELINE
from allward.reporting import actions
from allward.reporting.actions.sending import new_message_id
from allward.reporting.events import ReportReleased
from allward.reporting.models import MessageOut, ReportVersion
from allward.reporting.releasing import schedule_messages
from allward.storage.place import storage
from allward.studies.queries import instances_in_order
from allward.tenancy.scope import Scope, carrying, within
from allward_sdk.errors import TemporaryError


@pytest.fixture
def desk(tmp_path) -> Desk:
    desk = new_desk(tmp_path)
    desk.begin()
    return desk


@pytest.fixture
def ris():
    with listening() as found:
        yield found


def test_a_preliminary_report_that_is_made_late_does_not_overtake_the_final_one(desk, ris):
    connection = connect(desk, ris, sends_preliminary=True)
    desk.sign()
    desk.verify()
    with within(desk.scene.system):
        version = ReportVersion.objects.get()
        schedule_messages(ReportReleased(report_id=desk.report_id, version_id=version.pk))
        actions.schedule_message(
            new_message_id(), connection=connection, version=version, status="preliminary", payload="late"
        )
    run_steps()
    assert states(desk) == [("final", "delivered")]
    assert [str(hl7.parse(each).segment("OBR")(25)) for each in ris.received] == ["F"]


def test_no_two_messages_of_a_report_are_on_their_way_at_once(desk, ris):
    connection = connect(desk, ris, sends_preliminary=True)
    desk.sign()
    with within(desk.scene.system):
        version = ReportVersion.objects.get()
        schedule_messages(ReportReleased(report_id=desk.report_id, version_id=version.pk))
        (first,) = MessageOut.objects.all()
    taken: list[object] = []

    def take_the_next() -> None:
        message_id = new_message_id()
        try:
            with carrying(desk.scene.system):
                with within(desk.scene.system):
                    MessageOut.objects.create(
                        pk=message_id, connection=connection, version=version, status="final",
                        control_id="NEXT", payload="MSH|",
                    )  # fmt: skip
                taken.append(actions.begin_sending(message_id))
        except TemporaryError as error:
            taken.append(error)
        finally:
            connections.close_all()

    other = threading.Thread(target=take_the_next)
    with within(desk.scene.system):
        assert actions.begin_sending(first.pk) is not None
        other.start()
        other.join(2)  # it waits; with no lock it would be done by now
        assert taken == []
    other.join(60)
    assert [type(each) for each in taken] == [TemporaryError]


def test_a_connection_that_was_off_hears_of_the_amendment_and_the_withdrawal_once_it_is_on(desk, ris):
    connection = connect(desk, ris)
    desk.sign()
    desk.verify()
    run_steps()
    switch(desk, connection, ris, enabled=False)
    with within(desk.wang):
        actions.amend_report(
            desk.report_id, revision=desk.report().revision, author_name=WANG, reason="Side."
        )
    desk.write(impression="On the right.")
    desk.sign()
    desk.verify()
    run_steps()
    assert states(desk) == [("final", "delivered"), ("amended", "scheduled")]
    switch(desk, connection, ris, enabled=True)
    run_steps()
    assert states(desk)[-1] == ("amended", "delivered")
    switch(desk, connection, ris, enabled=False)
    with within(desk.zhao):
        actions.withdraw_report(
            desk.report_id, revision=desk.report().revision, author_name="Zhao", because="Other patient."
        )
    run_steps()
    switch(desk, connection, ris, enabled=True)
    run_steps()
    assert [str(hl7.parse(each).segment("OBR")(25)) for each in ris.received] == ["F", "C", "X"]


def test_a_message_waits_for_a_connection_that_is_off_without_being_tried(desk, ris):
    connection = connect(desk, ris)
    desk.sign()
    desk.verify()
    with within(desk.scene.system):
        schedule_messages(ReportReleased(report_id=desk.report_id, version_id=ReportVersion.objects.get().pk))
    switch(desk, connection, ris, enabled=False)
    run_steps()
    waiting = OutboxDelivery.objects.using("dispatcher").filter(tenant_id=desk.scene.system.acting)
    assert not waiting.exclude(state="done").exists(), "it is not tried until the outbox gives it up"
    assert states(desk) == [("final", "scheduled")]
    switch(desk, connection, ris, enabled=True)
    run_steps()
    assert states(desk) == [("final", "delivered")]


def test_a_person_sends_a_message_again_that_the_outbox_gave_up(desk, ris):
    connect(desk, ris)
    ris.answers[:] = ["AR"]
    desk.sign()
    desk.verify()
    run_steps()
    rows = OutboxDelivery.objects.using("dispatcher").filter(tenant_id=desk.scene.system.acting)
    rows.filter(state="pending").update(state="failed")
    with within(desk.wang):
        actions.retry_message(desk.messages()[0].pk)
    run_steps()
    assert states(desk) == [("final", "delivered")]


def test_a_report_reaches_the_ris_though_its_document_cannot_be_made(desk, ris):
    connect(desk, ris)
    with within(desk.scene.system):
        storage().path(instances_in_order(desk.result.series_id)[0].storage_key).unlink()
    desk.sign()
    desk.verify()
    for _ in range(3):
        expand(PIPELINE)
        for delivery_id, tenant_id, _ in take_due():
            with suppress(FileNotFoundError), carrying(Scope.of_tenant(tenant_id)):
                deliver(delivery_id, STEPS)
    assert states(desk) == [("final", "delivered")]


def test_an_answer_that_the_database_cannot_hold_is_kept_as_far_as_it_can(desk, ris):
    connect(desk, ris)
    desk.sign()
    desk.verify()
    with within(desk.scene.system):
        schedule_messages(ReportReleased(report_id=desk.report_id, version_id=ReportVersion.objects.get().pk))
        sending = actions.begin_sending(MessageOut.objects.get().pk)
        assert actions.note_not_arrived(sending, message="no\0 room", may_be_held=False, hopeless=False)
        assert "no" in MessageOut.objects.get().last_error
