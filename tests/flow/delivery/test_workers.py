"""Workers that meet, die or are overtaken by a person's word: no object is lost, doubled or left standing."""

import threading
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from pydicom.uid import KeyObjectSelectionDocumentStorage
from tests.flow.delivery.nodes import Orthanc, StoreScp, free_port
from tests.flow.delivery.scene import Scene, let_back_off_pass, new_scene, run_steps

from allward.delivery import actions
from allward.delivery.actions import add_destination, begin_sending, note_arrived, retry_delivery
from allward.delivery.events import DeliveryScheduled
from allward.delivery.models import Delivery
from allward.delivery.send import Peer, send_instance
from allward.delivery.steps import send_delivery
from allward.kernel.clock import now
from allward.results.models import Result
from allward.tenancy.scope import carrying, within
from allward_sdk.errors import TemporaryError

ALL_ACCEPTED = ("accept", "accept", "accept")
ALL_REJECTED = ("reject", "reject", "reject")


def scheduled(hospital: Scene, peer: Peer) -> Result:
    """An accepted result whose objects wait to be sent: the node was down when they were first tried."""
    with within(hospital.system):
        destination = add_destination(
            name="PACS", peer=Peer(peer.host, free_port(), peer.called_ae_title, "ALLWARD")
        )
    result = hospital.new_result()
    hospital.review(result, *ALL_ACCEPTED)
    run_steps()
    with within(hospital.system):
        type(destination).objects.filter(pk=destination.pk).update(port=peer.port)
    return result


def lease_ends(hospital: Scene) -> None:
    with within(hospital.system):
        Delivery.objects.filter(sending_until__isnull=False).update(
            sending_until=now() - timedelta(seconds=1)
        )


def states(hospital: Scene, result: Result) -> set[str]:
    return {each.state for each in hospital.deliveries(result)}


def test_a_worker_that_died_after_sending_leaves_one_object_at_the_pacs(hospital: Scene, orthanc: Orthanc):
    result = scheduled(hospital, orthanc.peer)
    first = hospital.deliveries(result)[0]
    with carrying(hospital.system):
        sending = begin_sending(first.pk)
        assert sending is not None
        send_instance(sending.peer, sending.path)  # and then it dies
    let_back_off_pass()
    run_steps()
    assert states(hospital, result) == {"scheduled", "delivered"}  # the lost one's lease still holds
    lease_ends(hospital)
    let_back_off_pass()
    run_steps()
    assert states(hospital, result) == {"delivered"}
    assert len(orthanc.received(hospital.study_instance_uid)) == 2


def test_two_workers_do_not_send_at_the_same_time(hospital: Scene, store_scp: Callable[..., StoreScp]):
    pacs = store_scp()
    result = scheduled(hospital, pacs.peer)
    together = threading.Barrier(4)
    refused: list[str] = []

    def work(delivery_id: UUID) -> None:
        with carrying(hospital.system):
            together.wait()
            try:
                send_delivery(DeliveryScheduled(delivery_id=delivery_id))
            except TemporaryError as error:
                refused.append(str(error))

    workers = [
        threading.Thread(target=work, args=(each.pk,)) for each in hospital.deliveries(result) for _ in "ab"
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)
    assert states(hospital, result) == {"delivered"}
    assert len(pacs.received()) == 2
    assert set(refused) <= {"another worker is sending it"}


def test_a_rejection_while_an_object_is_on_the_line_takes_it_back_afterwards(
    hospital: Scene, store_scp: Callable[..., StoreScp]
):
    pacs = store_scp()
    result = scheduled(hospital, pacs.peer)
    on_the_line, waiting = hospital.deliveries(result)
    with carrying(hospital.system):
        sending = begin_sending(on_the_line.pk)
    assert sending is not None
    hospital.review(result, *ALL_REJECTED)
    run_steps()
    assert {each.pk: each.state for each in hospital.deliveries(result)} == {
        on_the_line.pk: "scheduled",
        waiting.pk: "canceled",
    }
    with carrying(hospital.system):
        note_arrived(sending, remark=send_instance(sending.peer, sending.path))
    run_steps()
    note, arrived = sorted(
        pacs.received(), key=lambda each: each.SOPClassUID != KeyObjectSelectionDocumentStorage
    )
    assert note.SOPClassUID == KeyObjectSelectionDocumentStorage
    evidence = note.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0]
    assert [each.ReferencedSOPInstanceUID for each in evidence.ReferencedSOPSequence] == [
        arrived.SOPInstanceUID
    ]


def test_what_a_lost_worker_may_have_sent_is_taken_back_after_a_rejection(
    hospital: Scene, store_scp: Callable[..., StoreScp]
):
    pacs = store_scp()
    result = scheduled(hospital, pacs.peer)
    with carrying(hospital.system):
        begin_sending(hospital.deliveries(result)[0].pk)  # and then it dies
    lease_ends(hospital)
    hospital.review(result, *ALL_REJECTED)
    run_steps()
    assert [str(each.SOPClassUID) for each in pacs.received()] == [KeyObjectSelectionDocumentStorage]
    assert states(hospital, result) == {"withdrawn", "canceled", "delivered"}


def test_a_word_that_was_given_a_moment_ago_stops_the_sending(
    hospital: Scene, store_scp: Callable[..., StoreScp]
):
    pacs = store_scp()
    result = scheduled(hospital, pacs.peer)
    hospital.review(result, *ALL_REJECTED)  # its events have not been handled yet
    with carrying(hospital.system):
        for each in hospital.deliveries(result):
            send_delivery(DeliveryScheduled(delivery_id=each.pk))
    assert pacs.received() == []
    assert states(hospital, result) == {"canceled"}


def test_after_many_attempts_a_person_has_to_look(hospital: Scene, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(actions, "MOST_ATTEMPTS", 2)
    result = scheduled(hospital, Peer("127.0.0.1", free_port(), "PACS", "ALLWARD"))
    let_back_off_pass()
    run_steps()
    failed = hospital.deliveries(result)
    assert {(each.state, each.attempts) for each in failed} == {("failed", 2)}
    assert all("cannot be reached" in each.last_error for each in failed)


def test_another_hospital_sees_none_of_it(hospital: Scene, tmp_path, store_scp: Callable[..., StoreScp]):

    result = scheduled(hospital, store_scp().peer)
    deliveries = hospital.deliveries(result)
    other = new_scene(tmp_path / "other")
    assert other.deliveries(result) == []
    assert other.objects(result) == []
    with carrying(other.system):
        assert begin_sending(deliveries[0].pk) is None
        with pytest.raises(Delivery.DoesNotExist):
            retry_delivery(deliveries[0].pk)
