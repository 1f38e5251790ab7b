"""Results leave the house when a person has accepted them, once, and are taken back when they fall."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import (
    Comprehensive3DSRStorage,
    ImplicitVRLittleEndian,
    KeyObjectSelectionDocumentStorage,
    SegmentationStorage,
)
from tests.flow.delivery.nodes import Orthanc, StoreScp, errors_in, free_port
from tests.flow.delivery.scene import Scene, let_back_off_pass, run_steps

from allward.audit.models import AuditEvent
from allward.delivery.actions import RetryRefusedError, add_destination, retry_delivery, set_enabled
from allward.delivery.send import Peer
from allward.outbox.publish import publish
from allward.results.actions import ReviewRefusedError
from allward.results.events import ResultAccepted, ResultObjectsWritten, ResultReady
from allward.results.models import Result
from allward.tenancy.scope import within

ALL_ACCEPTED = ("accept", "accept", "accept")
ALL_REJECTED = ("reject", "reject", "reject")


def send_to(hospital: Scene, peer: Peer, *, name: str = "PACS", **choices: bool):
    with within(hospital.system):
        return add_destination(name=name, peer=peer, **choices)


def by_class(received: list[Dataset]) -> dict[str, list[Dataset]]:
    found: dict[str, list[Dataset]] = {}
    for each in received:
        found.setdefault(str(each.SOPClassUID), []).append(each)
    return found


def texts(report: Dataset) -> str:
    """Every text of a report."""
    own = [str(report.TextValue)] if "TextValue" in report else []
    return " | ".join(own + [texts(item) for item in report.get("ContentSequence", [])])


def test_an_accepted_result_reaches_a_real_pacs_and_nothing_does_before(
    hospital: Scene, orthanc: Orthanc, tmp_path: Path
):
    send_to(hospital, orthanc.peer)
    result = hospital.new_result()
    run_steps()
    assert orthanc.received(hospital.study_instance_uid) == []

    hospital.review(result, *ALL_ACCEPTED)
    run_steps()
    received = by_class(orthanc.received(hospital.study_instance_uid))
    assert {uid: len(items) for uid, items in received.items()} == {
        SegmentationStorage: 1,
        Comprehensive3DSRStorage: 1,
    }
    report = received[Comprehensive3DSRStorage][0]
    assert (report.CompletionFlag, report.VerificationFlag) == ("COMPLETE", "VERIFIED")
    assert report.VerifyingObserverSequence[0].VerifyingObserverName.ideographic == "张三"
    assert report.VerifyingObserverSequence[0].VerifyingOrganization == f"Hospital {hospital.code}"
    for written in (report, received[SegmentationStorage][0]):
        assert errors_in(written, tmp_path) == []
        maker = written.ContributingEquipmentSequence[0]
        assert (maker.ManufacturerModelName, maker.SoftwareVersions) == ("org.allward.liver-ct", "1.0.0")
        assert maker.DeviceSerialNumber == "c" * 64
        assert maker.ContributionDescription.count("sha256=") == 2
    assert {delivery.state for delivery in hospital.deliveries(result)} == {"delivered"}


def test_a_destination_that_opted_in_gets_the_unreviewed_result_marked_as_such(
    hospital: Scene, orthanc: Orthanc, tmp_path: Path
):
    send_to(hospital, orthanc.peer, sends_unreviewed=True)
    result = hospital.new_result()
    run_steps()
    (unverified,) = by_class(orthanc.received(hospital.study_instance_uid))[Comprehensive3DSRStorage]
    assert unverified.VerificationFlag == "UNVERIFIED"
    assert "UNVERIFIED" in unverified.SeriesDescription
    assert errors_in(unverified, tmp_path) == []

    hospital.review(result, *ALL_ACCEPTED)
    run_steps()
    received = by_class(orthanc.received(hospital.study_instance_uid))
    assert {uid: len(items) for uid, items in received.items()} == {
        SegmentationStorage: 1,  # the same object: nothing was removed
        Comprehensive3DSRStorage: 2,
    }
    verified = next(
        each for each in received[Comprehensive3DSRStorage] if each.VerificationFlag == "VERIFIED"
    )
    before = verified.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0].ReferencedSOPSequence[0]
    assert before.ReferencedSOPInstanceUID == unverified.SOPInstanceUID
    assert errors_in(verified, tmp_path) == []


def test_a_rejection_after_delivery_sends_a_rejection_note(hospital: Scene, orthanc: Orthanc, tmp_path: Path):
    send_to(hospital, orthanc.peer)
    result = hospital.new_result()
    hospital.review(result, *ALL_ACCEPTED)
    run_steps()
    sent = {str(each.SOPInstanceUID) for each in orthanc.received(hospital.study_instance_uid)}

    hospital.review(result, *ALL_REJECTED)
    run_steps()
    (note,) = by_class(orthanc.received(hospital.study_instance_uid))[KeyObjectSelectionDocumentStorage]
    assert note.ConceptNameCodeSequence[0].CodeValue == "113037"
    evidence = note.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence
    assert {i.ReferencedSOPInstanceUID for series in evidence for i in series.ReferencedSOPSequence} == sent
    assert errors_in(note, tmp_path) == []

    hospital.review(result, "accept", "reset", "reset")
    hospital.review(result, "-", "accept", "accept")
    run_steps()
    received = by_class(orthanc.received(hospital.study_instance_uid))
    fresh = [each for each in received[SegmentationStorage] if str(each.SOPInstanceUID) not in sent]
    assert len(fresh) == 1  # the rejected UID is spent: the same outline went out as a new object
    assert {kind: len(items) for kind, items in received.items()} == {
        SegmentationStorage: 2,
        Comprehensive3DSRStorage: 2,
        KeyObjectSelectionDocumentStorage: 1,
    }


def test_a_rejected_lesion_is_in_neither_object_and_the_report_says_that_it_was_removed(
    hospital: Scene, store_scp: Callable[..., StoreScp], tmp_path: Path
):
    pacs = store_scp()
    send_to(hospital, pacs.peer, sends_unreviewed=True)
    result = hospital.new_result()
    run_steps()
    hospital.review(result, "accept", "accept", "reject")
    run_steps()
    received = by_class(pacs.received())
    full, corrected = received[SegmentationStorage]
    assert volume_of(corrected, segment=2) < volume_of(full, segment=2)
    assert volume_of(corrected, segment=1) == volume_of(full, segment=1)
    report = next(each for each in received[Comprehensive3DSRStorage] if each.VerificationFlag == "VERIFIED")
    assert "1 finding was rejected by the reviewer and removed" in texts(report)
    tracked = [str(item.UID) for item in walk(report) if "UID" in item]
    assert "2.25.1001" in tracked
    assert "2.25.1002" not in tracked
    assert len(received[KeyObjectSelectionDocumentStorage]) == 1
    for each in (corrected, report):
        assert errors_in(each, tmp_path) == []


def volume_of(segmentation: Dataset, *, segment: int) -> int:
    """Voxels of one segment."""
    frames = segmentation.pixel_array.reshape(-1, segmentation.Rows, segmentation.Columns)
    numbers = [
        each.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        for each in segmentation.PerFrameFunctionalGroupsSequence
    ]
    return int(sum(frame.sum() for frame, number in zip(frames, numbers, strict=True) if number == segment))


def walk(item: Dataset) -> list[Dataset]:
    return [item, *(inner for child in item.get("ContentSequence", []) for inner in walk(child))]


def test_a_pacs_that_is_down_gets_everything_once_when_it_is_up_again(
    hospital: Scene, store_scp: Callable[..., StoreScp]
):
    port = free_port()
    send_to(hospital, Peer("127.0.0.1", port, "PACS", "ALLWARD"))
    result = hospital.new_result()
    hospital.review(result, *ALL_ACCEPTED)
    run_steps()
    let_back_off_pass()
    run_steps()
    waiting = hospital.deliveries(result)
    assert {(each.state, each.attempts, each.may_be_held) for each in waiting} == {("scheduled", 2, False)}
    assert all("cannot be reached" in each.last_error for each in waiting)

    pacs = store_scp(port=port)
    let_back_off_pass()
    run_steps()
    assert {each.state for each in hospital.deliveries(result)} == {"delivered"}
    assert len(pacs.received()) == 2
    let_back_off_pass()
    run_steps()
    assert len(pacs.received()) == 2


def test_events_that_come_twice_write_and_send_nothing_twice(
    hospital: Scene, store_scp: Callable[..., StoreScp]
):
    pacs = store_scp()
    send_to(hospital, pacs.peer)
    result = hospital.new_result()
    hospital.review(result, *ALL_ACCEPTED)
    run_steps()
    written = [row.instance.sop_instance_uid for row in hospital.objects(result)]
    with within(hospital.system) as scope:
        for event in (ResultReady, ResultAccepted, ResultObjectsWritten):
            publish(event(result_id=result.pk), tenant_id=scope.acting)
    run_steps()
    assert [row.instance.sop_instance_uid for row in hospital.objects(result)] == written
    assert len(pacs.received()) == 2


def test_a_research_result_does_not_reach_a_clinical_destination(
    hospital: Scene, store_scp: Callable[..., StoreScp]
):
    clinical, research = store_scp(), store_scp()
    send_to(hospital, clinical.peer, name="clinical", sends_unreviewed=True)
    send_to(hospital, research.peer, name="research", for_research=True)
    result = hospital.new_result(research_only=True)
    hospital.review(result, *ALL_ACCEPTED)
    run_steps()
    assert clinical.received() == []
    received = research.received()
    assert len(received) == 2
    assert all("research" in each.SeriesDescription for each in received)
    assert any("FOR RESEARCH USE ONLY" in texts(each) for each in received)


def test_a_signed_result_stands_until_the_newer_one_is_judged_and_is_taken_back_then(
    hospital: Scene, store_scp: Callable[..., StoreScp]
):
    pacs = store_scp()
    send_to(hospital, pacs.peer)
    result = hospital.new_result()
    hospital.review(result, *ALL_ACCEPTED)
    run_steps()
    passing, newer = hospital.new_result(), hospital.new_result()
    hospital.review(newer, "accept", "accept", "-")
    run_steps()
    assert hospital.statuses() == ["current", "superseded", "preliminary"]
    assert KeyObjectSelectionDocumentStorage not in by_class(pacs.received())
    assert {each.state for each in hospital.deliveries(result)} == {"delivered"}

    hospital.review(newer, "-", "-", "accept")
    run_steps()
    assert hospital.statuses() == ["superseded", "superseded", "current"]
    received = by_class(pacs.received())
    (note,) = received[KeyObjectSelectionDocumentStorage]
    assert note.ConceptNameCodeSequence[0].CodeValue == "113001"
    assert "superseded" in texts(note)
    assert len(received[Comprehensive3DSRStorage]) == 2
    with within(hospital.system):
        noted = AuditEvent.objects.filter(what="result", detail__status="superseded")
        assert dict(noted.values_list("what_id", "detail__was_reviewed")) == {
            str(result.pk): True,
            str(passing.pk): False,
        }
        assert noted.get(what_id=str(result.pk)).detail["superseded_by"] == str(newer.pk)


def test_what_stands_beside_a_newer_result_can_be_rejected_and_no_longer_accepted(
    hospital: Scene, store_scp: Callable[..., StoreScp]
):
    pacs = store_scp()
    send_to(hospital, pacs.peer)
    result = hospital.new_result()
    hospital.review(result, *ALL_ACCEPTED)
    run_steps()
    hospital.new_result()
    hospital.review(result, *ALL_REJECTED)
    run_steps()
    assert KeyObjectSelectionDocumentStorage in by_class(pacs.received())
    with pytest.raises(ReviewRefusedError, match="newer"):
        hospital.review(result, *ALL_ACCEPTED)


def test_what_cannot_be_evaluated_is_said_and_never_silent(
    hospital: Scene, store_scp: Callable[..., StoreScp], tmp_path: Path
):
    pacs = store_scp()
    send_to(hospital, pacs.peer, sends_unreviewed=True)
    hospital.new_result(evaluable=False)
    run_steps()
    (report,) = pacs.received()
    assert "not evaluable" in texts(report)
    assert "only 3 slices" in texts(report)
    assert errors_in(report, tmp_path) == []


def test_a_destination_that_was_off_hears_of_a_rejection_when_it_is_on_again(
    hospital: Scene, store_scp: Callable[..., StoreScp]
):
    pacs = store_scp()
    destination = send_to(hospital, pacs.peer)
    result = hospital.new_result()
    hospital.review(result, *ALL_ACCEPTED)
    run_steps()
    with within(hospital.radiologist):
        set_enabled(destination.pk, enabled=False)
    hospital.review(result, *ALL_REJECTED)
    run_steps()
    assert len(pacs.received()) == 2
    with within(hospital.radiologist):
        set_enabled(destination.pk, enabled=True)
    run_steps()
    assert KeyObjectSelectionDocumentStorage in by_class(pacs.received())


def test_what_was_accepted_while_a_destination_was_off_goes_there_when_it_is_on_again(
    hospital: Scene, store_scp: Callable[..., StoreScp]
):
    pacs = store_scp()
    destination = send_to(hospital, pacs.peer)
    with within(hospital.radiologist):
        set_enabled(destination.pk, enabled=False)
    result = hospital.new_result()
    hospital.review(result, *ALL_ACCEPTED)
    run_steps()
    assert pacs.received() == []
    with within(hospital.radiologist):
        set_enabled(destination.pk, enabled=True)
    run_steps()
    assert len(pacs.received()) == 2


def test_objects_that_cannot_be_written_are_told_of_on_the_result(
    hospital: Scene, store_scp: Callable[..., StoreScp]
):
    pacs = store_scp()
    send_to(hospital, pacs.peer)
    result = hospital.new_result()
    with within(hospital.system):
        Result.objects.filter(pk=result.pk).update(image_uids=["1.2.3"])
    hospital.review(result, *ALL_ACCEPTED)
    run_steps()
    said = hospital.shown(result)["objects_fault"]
    assert said["en"].startswith("Nothing could be written for the PACS: An image")
    assert said["zh"].startswith("无法生成")
    assert hospital.deliveries(result) == []

    with within(hospital.system) as scope:
        assert AuditEvent.objects.filter(what_id=str(result.pk), detail__objects="not written").count() == 1
        Result.objects.filter(pk=result.pk).update(image_uids=[])
        publish(ResultAccepted(result_id=result.pk), tenant_id=scope.acting)
    run_steps()
    assert hospital.shown(result)["objects_fault"] is None
    assert len(pacs.received()) == 2


def test_a_node_that_takes_implicit_vr_alone_gets_it(hospital: Scene, store_scp: Callable[..., StoreScp]):
    pacs = store_scp("+xi")
    send_to(hospital, pacs.peer)
    result = hospital.new_result()
    hospital.review(result, *ALL_ACCEPTED)
    run_steps()
    received = pacs.received()
    assert {each.file_meta.TransferSyntaxUID for each in received} == {ImplicitVRLittleEndian}
    assert len(received) == 2


def test_a_person_can_ask_again_for_what_failed_and_for_nothing_else(
    hospital: Scene, store_scp: Callable[..., StoreScp], tmp_path: Path
):
    profile = tmp_path / "verification-only.cfg"
    profile.write_text(
        "[[TransferSyntaxes]]\n[U]\nTransferSyntax1 = LittleEndianExplicit\n"
        "[[PresentationContexts]]\n[E]\nPresentationContext1 = VerificationSOPClass\\U\n"
        "[[Profiles]]\n[P]\nPresentationContexts = E\n"
    )
    port = free_port()
    narrow = store_scp("-xf", str(profile), "P", port=port)
    send_to(hospital, narrow.peer)
    result = hospital.new_result()
    hospital.review(result, *ALL_ACCEPTED)
    run_steps()
    failed = hospital.deliveries(result)
    assert {each.state for each in failed} == {"failed"}
    assert any("does not take Segmentation Storage" in each.last_error for each in failed)

    narrow.stop()
    pacs = store_scp(port=port)
    for each in failed:
        with within(hospital.radiologist):
            retry_delivery(each.pk)
    run_steps()
    assert len(pacs.received()) == 2
    with within(hospital.radiologist), pytest.raises(RetryRefusedError):
        retry_delivery(failed[0].pk)
