"""What has left the house follows a correction; another hospital corrects only where it was allowed to."""

from typing import Any

import pytest
from tests.flow.corrections.desk import Desk, centre_of, new_desk
from tests.flow.delivery.scene import run_steps
from tests.flow.tenancy.serving import client_of, serving
from tests.flow.tenancy.stocked import make_person
from tests.platform_database import make_hospital

from allward.delivery.actions import add_destination
from allward.delivery.models import Delivery
from allward.delivery.send import Peer
from allward.results.edit_requests import AddAt, Measure
from allward.results.models import FindingEdit, FindingSight, ObjectKind
from allward.storage.place import storage
from allward.tenancy.actions import grant_reading
from allward.tenancy.scope import within
from allward_runner.abilities import Calipers


def deliver_all(desk: Desk) -> None:
    """Write and plan what is due; what is scheduled counts as arrived, though nobody listens there."""
    run_steps()
    with within(desk.scene.system):
        Delivery.objects.exclude(state="withdrawn").update(state="delivered", sending_until=None)


@pytest.fixture
def sent(desk: Desk) -> Desk:
    """An accepted result that a PACS holds."""
    with within(desk.scene.system):
        add_destination(name="PACS", peer=Peer("127.0.0.1", 1, "PACS", "ALLWARD"), for_research=True)
    desk.scene.review(desk.result(), "accept", "accept")
    deliver_all(desk)
    return desk


def by_kind(desk: Desk) -> dict[str, list[str]]:
    """States of the deliveries by kind of object, oldest first."""
    found: dict[str, list[str]] = {}
    for delivery in desk.scene.deliveries(desk.result()):
        found.setdefault(delivery.result_object.kind, []).append(delivery.state)
    return found


def test_a_corrected_report_takes_the_place_of_the_one_that_was_sent(sent):
    assert by_kind(sent) == {kind: ["delivered"] for kind in ("seg", "sr", "key images")}
    record = sent.records()[0]
    x, y, z = centre_of(record)
    sent.correct(Measure(record.pk, Calipers(((x, y, z), (x + 7.5, y, z)))), accept=True)
    deliver_all(sent)
    states = by_kind(sent)
    assert states["seg"] == ["delivered"]  # no voxel moved
    assert states["sr"] == ["withdrawn", "delivered"]
    assert states["rejection note"] == ["delivered"]
    (note,) = sent.objects(ObjectKind.REJECTION_NOTE)
    assert note.ConceptNameCodeSequence[0].CodeValue == "113037"  # Rejected for Patient Safety Reasons
    earlier, later = sent.objects(ObjectKind.SR)
    named = note.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0]
    assert named.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == earlier.SOPInstanceUID
    assert later.PredecessorDocumentsSequence


def test_until_somebody_stands_for_a_correction_what_was_sent_stays(sent):
    sent.correct(AddAt(sent.points[2]))
    deliver_all(sent)
    assert sent.result().status == "preliminary"
    assert by_kind(sent) == {kind: ["delivered"] for kind in ("seg", "sr", "key images")}
    sent.scene.review(sent.result(), "-", "-", "accept")
    deliver_all(sent)
    states = by_kind(sent)
    assert {kind: states[kind] for kind in ("seg", "sr", "key images")} == dict.fromkeys(
        ("seg", "sr", "key images"), ["withdrawn", "delivered"]
    )


def test_every_label_map_that_was_ever_shown_stays_readable(desk):
    keys = [desk.result().labelmap_key]
    for place in (2, 3):
        desk.correct(AddAt(desk.points[place]))
        keys.append(desk.result().labelmap_key)
    assert len(set(keys)) == 3
    assert all(storage().read(key) for key in keys)
    with within(desk.reader):
        edits = FindingEdit.objects.order_by("number")
        assert [(each.before["labelmap_key"], each.after["labelmap_key"]) for each in edits] == [
            (keys[0], keys[1]), (keys[1], keys[2]),
        ]  # fmt: skip


@pytest.mark.parametrize("may_review", [False, True])
def test_a_partner_hospital_corrects_only_if_its_grant_says_so(desk, may_review):
    partner = make_hospital()
    with within(desk.scene.system):
        grant_reading(reader_tenant_id=partner.tenant_id, may_review=may_review)
    person = make_person(partner, "radiologist")
    record = desk.records()[0]
    corrections = f"/api/v1/results/{desk.result_id}/corrections/"
    add: dict[str, Any] = {"kind": "add", "version": 1, "accept": False, "point_lps_mm": list(desk.points[2])}
    status = 200 if may_review else 403
    with serving() as url, client_of(url, person, "bearer") as client:
        assert client.get(corrections).status_code == 200
        assert client.post(f"/api/v1/findings/{record.pk}/seen/", json={"edits": 0}).status_code == status
        assert client.post(corrections, json=add).status_code == status
        study = f"/api/v1/studies/{desk.result().study_id}/readings/"
        assert client.post(study, json={"app": None}).status_code == status
        all_of_it = client.post(f"/api/v1/results/{desk.result_id}/accept-all/", json={"version": 2})
        assert all_of_it.status_code == (409 if may_review else 403)
    with within(desk.scene.system):
        assert FindingSight.objects.filter(viewer_tenant_id=partner.tenant_id).exists() is may_review
        edits = FindingEdit.objects.filter(author_tenant_id=partner.tenant_id)
        assert list(edits.values_list("tenant_id", flat=True)) == [desk.scene.system.acting] * may_review


def test_what_is_for_research_only_stays_so_after_a_correction(tmp_path):
    desk = new_desk(tmp_path, research_only=True)
    desk.correct(AddAt(desk.points[2]), accept=True)
    desk.scene.review(desk.result(), "accept", "accept", "-")
    run_steps()
    for kind in (ObjectKind.SEG, ObjectKind.SR, ObjectKind.KEY_IMAGES):
        assert "research" in desk.objects(kind)[-1].SeriesDescription
