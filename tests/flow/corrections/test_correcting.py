"""Readers correct what an app found: measured anew, kept in a history, taken back to the byte."""

import numpy as np
import pytest
from tests.flow.corrections.desk import Desk, add_result, box_of, centre_of, finding_of, new_desk
from tests.flow.delivery.scene import run_steps

from allward.results.actions import (
    Author,
    ReviewConflictError,
    ReviewRefusedError,
    review_finding,
    store_edit,
)
from allward.results.correcting import change_of
from allward.results.edit_refusals import CorrectionRefusedError
from allward.results.edit_requests import AddAt, AddDrawn, Draw, Measure, Merge, Split
from allward.results.models import FindingEdit, FindingRecord, Result
from allward.tenancy.scope import within
from allward_runner.abilities import Calipers, Outline


def value_of(desk: Desk, name: str, place: int = 0) -> float | None:
    return next(m.value for m in finding_of(desk.records()[place]).measurements if m.name == name)


def test_lines_that_a_reader_drew_take_the_place_of_the_diameters_and_move_no_voxel(desk):
    before, record = desk.said(), desk.records()[0]
    x, y, z = centre_of(record)
    desk.correct(
        Measure(record.pk, Calipers(((x, y, z), (x + 7.5, y, z)), ((x, y, z), (x, y + 4, z)))), accept=True
    )
    assert (value_of(desk, "long_axis_mm"), value_of(desk, "short_axis_mm")) == pytest.approx((7.5, 4))
    assert desk.said()[0] == before[0]
    after = desk.records()[0]
    assert (after.review_state, after.outline, after.edits) == ("accepted", "AUTOMATIC", 1)
    assert after.finding["tracking_uid"] == record.finding["tracking_uid"]
    with within(desk.reader):
        edit = FindingEdit.objects.get()
    assert edit.calipers["long_lps_mm"] == [[x, y, z], [x + 7.5, y, z]]
    assert edit.before["findings"][str(record.pk)]["finding"] == record.finding


def test_a_drawn_outline_is_measured_anew_and_takes_no_voxel_of_another_finding(desk):
    one, other = desk.records()
    (k0, j0, i0), (k1, j1, i1) = box_of(other)
    k, j, i = (max(low - 1, 0) for low in (k0, j0, i0))
    whole = Outline(np.ones((k1 - k, j1 - j, i1 - i), bool), (k, j, i))
    theirs = desk.labels() == finding_of(other).segment_value
    desk.correct(Draw(one.pk, whole))
    labels = desk.labels()
    assert (theirs <= (labels == finding_of(other).segment_value)).all()
    mine = int((labels == finding_of(one).segment_value).sum())
    assert mine == whole.mask.sum() - theirs.sum() > 0
    assert value_of(desk, "volume_mm3") == pytest.approx(mine * desk.case.geometry.voxel_volume_ml * 1000)
    assert desk.records()[0].outline == "SEMIAUTOMATIC"


def test_a_click_adds_a_missed_spot_under_a_value_and_a_tracking_uid_of_its_own(desk):
    desk.correct(AddAt(desk.points[2]))
    found = [finding_of(each) for each in desk.records()]
    assert [each.segment_value for each in found] == [1, 2, 3]
    assert len({each.tracking_uid for each in found}) == 3
    assert found[2].id == "reader-3"
    assert int((desk.labels() == 3).sum()) > 0
    assert [segment["value"] for segment in desk.result().segments] == [1, 2, 3]
    with pytest.raises(CorrectionRefusedError, match="already"):
        desk.correct(AddAt(desk.points[2]))


def test_where_nothing_can_be_told_and_outside_of_the_images_a_click_is_refused(desk):
    corner = tuple(float(mm) for mm in desk.case.geometry.to_lps_mm([[0, 0, 0]])[0])
    with pytest.raises(CorrectionRefusedError, match="by hand"):
        desk.correct(AddAt(corner))
    with pytest.raises(CorrectionRefusedError, match="outside"):
        desk.correct(AddAt((corner[0] - 5000, 0.0, 0.0)))
    with pytest.raises(CorrectionRefusedError, match="outside"):
        desk.correct(AddDrawn(Outline(np.ones((2, 2, 2), bool), (23, 63, 63))))
    assert desk.result().version == 1


def test_what_is_drawn_by_hand_says_so(desk):
    free = np.argwhere(desk.labels() == 0)[0]
    desk.correct(AddDrawn(Outline(np.ones((1, 1, 1), bool), tuple(int(each) for each in free))))
    assert desk.records()[2].outline == "MANUAL"
    taken = np.argwhere(desk.labels() == 1)[0]
    with pytest.raises(CorrectionRefusedError, match="No voxel"):
        desk.correct(AddDrawn(Outline(np.ones((1, 1, 1), bool), tuple(int(each) for each in taken))))


def test_merged_spots_are_one_that_keeps_the_past_of_the_larger(desk):
    labels, records = desk.labels(), desk.records()
    sizes = [int((labels == value).sum()) for value in (1, 2)]
    larger = records[int(np.argmax(sizes))]
    desk.correct(Merge(tuple(each.pk for each in records)))
    (left,) = desk.records()
    assert left.pk == larger.pk
    assert left.finding["tracking_uid"] == larger.finding["tracking_uid"]
    assert int((desk.labels() > 0).sum()) == sum(sizes)
    assert len(desk.result().labels) == 1
    with pytest.raises(CorrectionRefusedError, match="not in the result"):
        desk.correct(Merge(tuple(each.pk for each in records)))


def test_a_split_spot_is_two_whose_voxels_are_those_of_the_one(desk):
    record, before = desk.records()[0], desk.labels() == 1
    places = desk.case.geometry.to_lps_mm(np.argwhere(before))
    ends = tuple(tuple(float(mm) for mm in places[at]) for at in (0, -1))
    desk.correct(Split(record.pk, ends))
    labels = desk.labels()
    np.testing.assert_array_equal((labels == 1) | (labels == 3), before)
    assert (labels == 1).sum() >= (labels == 3).sum() > 0
    assert [each.finding["segment_value"] for each in desk.records()] == [1, 2, 3]
    with pytest.raises(CorrectionRefusedError, match="one side"):
        desk.correct(Split(record.pk, ((1e4, 0.0, 0.0), (2e4, 0.0, 0.0))))


def test_undoing_everything_restores_every_byte_and_keeps_the_history(desk):
    desk.scene.review(desk.result(), "accept", "-")
    before, (one, other) = desk.said(), desk.records()
    x, y, z = centre_of(one)
    desk.correct(Measure(one.pk, Calipers(((x, y, z), (x + 9, y, z)))))
    desk.correct(AddAt(desk.points[2]), accept=True)
    desk.correct(Merge((one.pk, other.pk)))
    assert desk.records()[0].review_state == "unreviewed"
    for _ in range(3):
        desk.undo()
    assert desk.said() == before  # the word that was given before stands again
    with within(desk.reader):
        assert list(FindingEdit.objects.order_by("number").values_list("kind", "undoes")) == [
            ("calipers", None), ("add", None), ("merge", None), ("undo", 3), ("undo", 2), ("undo", 1),
        ]  # fmt: skip
        assert FindingRecord.every.filter(result_id=desk.result_id).count() == 3
    with pytest.raises(ReviewRefusedError, match="no correction to undo"):
        desk.undo()


def test_a_word_that_was_changed_meanwhile_does_not_come_back_by_an_undo(desk):
    desk.scene.review(desk.result(), "accept", "-")
    record = desk.records()[0]
    x, y, z = centre_of(record)
    desk.correct(Measure(record.pk, Calipers(((x, y, z), (x + 9, y, z)))))
    desk.scene.review(desk.result(), "reject", "-")
    desk.undo()
    assert desk.records()[0].review_state == "unreviewed"


def test_a_correction_of_what_somebody_else_has_corrected_is_a_conflict(desk):
    result = desk.result()
    with within(desk.reader):
        late = change_of(result, AddAt(desk.points[3]))
    desk.correct(AddAt(desk.points[2]), by=desk.colleague)
    with within(desk.reader), pytest.raises(ReviewConflictError):
        store_edit(result_id=result.pk, change=late, author=Author("Li"))
    assert len(desk.records()) == 3


def test_a_review_of_what_was_corrected_meanwhile_is_a_conflict(desk):
    record = desk.records()[0]
    x, y, z = centre_of(record)
    desk.correct(Measure(record.pk, Calipers(((x, y, z), (x + 9, y, z)))))
    with within(desk.colleague), pytest.raises(ReviewConflictError):
        review_finding(
            finding_id=record.pk, decision="accept", reason="", version=record.version, author_name="Li"
        )


def test_a_superseded_result_is_corrected_no_more_and_a_corrected_one_is_not_superseded_by_itself(desk):
    desk.correct(AddAt(desk.points[2]))
    newer = add_result(desk.scene, desk.case, desk.points[:1])
    assert desk.result().status == "preliminary"  # a person's work stands until the newer one is judged
    with pytest.raises(ReviewRefusedError, match="newer"):
        desk.correct(AddAt(desk.points[3]))
    desk.scene.review(newer, "accept")
    assert desk.result().status == "superseded"
    with pytest.raises(CorrectionRefusedError, match="newer result"):
        desk.correct(AddAt(desk.points[3]))
    with pytest.raises(ReviewRefusedError):
        desk.undo()


def test_a_withdrawn_result_is_corrected_no_more(desk):
    result = desk.result()
    with within(desk.reader):
        change = change_of(result, AddAt(desk.points[2]))
        Result.objects.filter(pk=result.pk).update(status="withdrawn")
        with pytest.raises(ReviewRefusedError, match="withdrawn"):
            store_edit(result_id=result.pk, change=change, author=Author("Li"))


def test_after_the_last_spot_was_undone_the_result_is_open_and_not_rejected(tmp_path):
    desk = new_desk(tmp_path, found=0)
    desk.correct(AddAt(desk.points[0]), accept=True)
    assert desk.result().status == "current"
    desk.undo()
    run_steps()
    assert (desk.result().status, desk.records()) == ("preliminary", [])


def test_what_a_plug_in_says_by_itself_cannot_be_corrected(desk):
    result = desk.scene.new_result()
    with within(desk.reader):
        result = Result.objects.select_related("run", "series").get(pk=result.pk)
        with pytest.raises(CorrectionRefusedError, match="no outlines"):
            change_of(result, AddAt(desk.points[0]))
