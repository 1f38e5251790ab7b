"""What the objects of a result say, by people's words on its findings."""

from datetime import UTC, datetime

import numpy as np
import pytest

from allward.results.object_content import (
    ReviewedFinding,
    Reviewer,
    Stated,
    Uids,
    content_of,
    removed_in_words,
)
from allward.results.object_masks import without_findings
from allward.results.object_state import Word
from allward.results.states import ReviewState
from allward_sdk.manifest import Label
from allward_sdk.parts import Code, Localised
from allward_sdk.results import CaseResult, Finding, PluginUse

TITLES = {"liver": Localised(en="Liver", zh="肝脏"), "tumour": Localised(en="Liver lesion", zh="肝脏病灶")}
CODE = Code(scheme="SCT", value="10200004", meaning="Liver")
LIVER = Label(name="liver", value=1, title=TITLES["liver"], category=CODE, type=CODE, colour="#FF0000")
TUMOUR = Label(
    name="tumour", value=2, title=TITLES["tumour"], category=CODE, type=CODE, colour="#00FF00",
    inside="liver", kind="lesion",
)  # fmt: skip
ZHANG = Reviewer("Zhang", "Hospital", datetime(2026, 3, 1, 8, 0, tzinfo=UTC))
LI = Reviewer("Li", "Hospital", datetime(2026, 3, 1, 9, 0, tzinfo=UTC))

Box = tuple[tuple[int, int, int], tuple[int, int, int]]


def finding(name: str, label: Label, box: Box | None = None) -> Finding:
    return Finding(
        id=name, kind=label.kind, label=label.type, title=label.title, segment_value=label.value,
        tracking_uid="2.25.1", box_kji=box,
    )  # fmt: skip


WHOLE, FIRST, SECOND = finding("liver", LIVER), finding("lesion-1", TUMOUR), finding("lesion-2", TUMOUR)


CASE = CaseResult(
    study_instance_uid="1.2", series_instance_uid="1.2.3", app="any_imaging", version="1.0.0",
    plugins=(PluginUse(slot="segmentation", id="org.allward.liver", version="1.0.0", digest="a" * 64),),
    evaluable=True, findings=(WHOLE, FIRST, SECOND),
)  # fmt: skip


def stated(case: CaseResult = CASE, *, labelmap_key: str = "t/l", research_only: bool = True) -> Stated:
    return Stated(case, labelmap_key, research_only, (LIVER, TUMOUR))


def reviewed(*words: tuple[Finding, ReviewState, Reviewer | None]) -> list[ReviewedFinding]:
    return [ReviewedFinding(*each) for each in words]


A, R, U = ReviewState.ACCEPTED, ReviewState.REJECTED, ReviewState.UNREVIEWED
MIXED = reviewed((WHOLE, A, ZHANG), (FIRST, A, LI), (SECOND, R, ZHANG))


def test_before_the_review_is_complete_everything_is_said_and_nobody_vouches_for_it():
    content = content_of(
        stated(), Word.OPEN, reviewed((WHOLE, A, ZHANG), (FIRST, R, ZHANG), (SECOND, U, None))
    )
    assert content.shown == (WHOLE, FIRST, SECOND)
    assert not content.removed
    assert not content.reviewers


def test_a_verified_report_holds_what_was_accepted_and_names_who_reviewed():
    content = content_of(stated(), Word.ACCEPTED, MIXED)
    assert content.shown == (WHOLE, FIRST)
    assert content.removed == (SECOND,)
    assert content.reviewers == (ZHANG, LI)
    assert content.labels == (LIVER, TUMOUR)


def test_a_label_that_was_rejected_altogether_is_left_out_and_not_reported_as_absent():
    words = reviewed((WHOLE, A, ZHANG), (FIRST, R, ZHANG), (SECOND, R, ZHANG))
    assert content_of(stated(), Word.ACCEPTED, words).labels == (LIVER,)


def test_a_lesion_that_was_never_found_stays_among_what_was_looked_for():
    assert content_of(stated(), Word.ACCEPTED, reviewed((WHOLE, A, ZHANG))).labels == (LIVER, TUMOUR)


@pytest.mark.parametrize("word", [Word.REJECTED, Word.OVER])
def test_nothing_is_written_of_what_is_rejected_or_over(word):
    assert content_of(stated(), word, MIXED).kinds == ()


def test_what_cannot_be_evaluated_has_a_report_and_no_segmentation():
    case = CASE.model_copy(update={"evaluable": False, "reasons": ("3 slices",), "findings": ()})
    assert content_of(stated(case, labelmap_key=""), Word.OPEN, []).kinds == ("sr",)


def test_the_same_words_have_the_same_digest_and_other_words_another():
    content = content_of(stated(), Word.ACCEPTED, MIXED)
    again = content_of(stated(), Word.ACCEPTED, MIXED)
    assert content.digest("sr", generation=0) == again.digest("sr", generation=0)
    others = {
        content.digest("sr", generation=0),
        content.digest("seg", generation=0),
        content.digest("sr", generation=1),
        content.digest("sr", generation=0, refers_to="another"),
        content_of(stated(), Word.OPEN, MIXED).digest("sr", generation=0),
        content_of(stated(research_only=False), Word.ACCEPTED, MIXED).digest("sr", generation=0),
    }
    assert len(others) == 6


def test_a_segmentation_is_the_same_before_and_after_everything_was_accepted():
    words = reviewed((WHOLE, A, ZHANG), (FIRST, A, ZHANG), (SECOND, A, ZHANG))
    before = content_of(stated(), Word.OPEN, words).digest("seg", generation=0)
    assert content_of(stated(), Word.ACCEPTED, words).digest("seg", generation=0) == before


def test_uids_follow_from_the_content():
    assert Uids.of("r", "seg", "d") == Uids.of("r", "seg", "d")
    uids = {
        uid
        for kind in ("seg", "sr")
        for each in [Uids.of("r", kind, "d")]
        for uid in (each.series, each.instance)
    }
    assert len(uids) == 4
    assert all(uid.startswith("2.25.") and len(uid) <= 64 for uid in uids)


def test_what_was_removed_is_told_in_words():
    assert removed_in_words([FIRST]) == (
        "1 finding was rejected by the reviewer and removed from this report: Liver lesion."
    )
    assert "Liver, Liver lesion (2)" in removed_in_words([WHOLE, FIRST, SECOND])


def label_map() -> np.ndarray:
    voxels = np.zeros((4, 10, 10), dtype=np.uint8)
    voxels[:, 1:9, 1:9] = 1
    voxels[0:2, 2:4, 2:4] = 2
    voxels[2, 6:8, 6:8] = 2
    return voxels


def test_a_rejected_lesion_is_organ_again_and_its_neighbour_stays():
    voxels = label_map()
    left = without_findings(voxels, [finding("x", TUMOUR, ((0, 2, 2), (2, 4, 4)))], (LIVER, TUMOUR))
    assert (left[0:2, 2:4, 2:4] == 1).all()
    assert (left[2, 6:8, 6:8] == 2).all()
    assert (voxels == label_map()).all()


def test_a_neighbour_that_reaches_into_the_box_of_a_rejected_lesion_stays():
    voxels = np.zeros((1, 8, 8), dtype=np.uint8)
    voxels[0, 0, 0:6] = voxels[0, 0:6, 0] = 2  # an angle whose box is 6 x 6
    voxels[0, 3:5, 3:5] = 2  # another lesion inside of that box
    left = without_findings(voxels, [finding("x", TUMOUR, ((0, 0, 0), (1, 6, 6)))], (LIVER, TUMOUR))
    assert (left == 2).sum() == 4
    assert (left[0, 3:5, 3:5] == 2).all()


def test_a_rejected_organ_becomes_background():
    left = without_findings(label_map(), [finding("x", LIVER)], (LIVER, TUMOUR))
    assert set(np.unique(left)) == {0, 2}


def test_nothing_is_copied_when_nothing_is_removed():
    voxels = label_map()
    assert without_findings(voxels, [], (LIVER,)) is voxels
