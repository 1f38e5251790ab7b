"""One case: what was found beside what is known to be there."""

import json

import numpy as np
import pytest
from tests.unit.acceptance.answers import answer, box, detecting

from allward.acceptance.comparing import Known, Question, compare, judged_from_json, judged_to_json
from allward.acceptance.orders import ReaderMark
from allward_sdk.found import Candidate, Classified, Detections

LIVER = box((0, 2), (0, 4), (0, 4))
TUMOUR = box((0, 1), (1, 3), (1, 3))
VOXELS = LIVER.astype(np.uint8) + TUMOUR.astype(np.uint8)
NOTHING = np.zeros_like(VOXELS)


def judged(voxels=VOXELS, known=None, label="tumour", least_score=None, **more):
    question = Question(label, least_score)
    return compare(answer(voxels, **more), known or Known(), question, case="one")


def nodules(*scores: float):
    candidates = tuple(
        Candidate(number=number, label="nodule", score=score, centre_lps_mm=(100.0 * number, 0.0, 0.0))
        for number, score in enumerate(scores, 1)
    )
    return Detections(stage="nodules", candidates=candidates)


def test_what_lies_inside_a_label_counts_for_it():
    told = judged(known=Known({"liver": LIVER, "tumour": TUMOUR}))
    assert told.outlines["liver"].dice == 1.0
    assert told.outlines["liver"].volume_ml == pytest.approx(float(LIVER.sum()))
    assert told.outlines["tumour"].volume_ml == pytest.approx(4.0)


def test_an_outline_that_is_half_right_has_half_the_overlap():
    told = judged(known=Known({"liver": box((0, 2), (0, 4), (2, 6))}))
    assert told.outlines["liver"].dice == pytest.approx(0.5)
    assert told.outlines["liver"].reference_ml == pytest.approx(32.0)


def test_nothing_found_where_nothing_is_has_no_overlap_and_no_volume():
    told = judged(NOTHING, known=Known({"tumour": NOTHING.astype(bool)}))
    assert (told.outlines["tumour"].dice, told.outlines["tumour"].volume_ml) == (None, 0.0)
    assert told.reported is False


def test_presence_is_what_somebody_said_else_what_marks_that_count_tell():
    unsure = ReaderMark(0.0, 0.0, 0.0, counts=False)
    sure = ReaderMark(0.0, 0.0, 0.0)
    assert judged(known=Known(marks=())).present is False
    assert judged(known=Known(marks=(unsure,))).present is None
    assert judged(known=Known(marks=(unsure, sure))).present is True
    assert judged(known=Known(marks=(sure,), present=False)).present is False
    assert judged(known=Known()).present is None


def test_the_middle_of_each_outlined_part_is_a_mark():
    hit = ReaderMark(15.0, 15.0, 0.0, 8.0)
    missed = ReaderMark(80.0, 80.0, 20.0, 8.0)
    told = judged(known=Known(marks=(hit, missed)))
    assert (told.marks.hits, told.marks.missed, told.marks.wrong) == ((1.0,), 1, ())


def test_candidates_are_marks_with_their_scores_and_count_as_reported_from_the_least_score():
    known = Known(marks=(ReaderMark(100.0, 0.0, 0.0, 8.0),))
    more = {"manifest": detecting(), "found": (nodules(0.4, 0.3),), "label": "nodule"}
    told = judged(NOTHING, known, **more)
    assert (told.marks.hits, told.marks.missed, told.marks.wrong) == ((0.4,), 0, (0.3,))
    assert told.reported is True
    assert judged(NOTHING, known, least_score=0.5, **more).reported is False


def test_a_detector_that_found_nothing_says_that_nothing_is_there():
    known = Known(marks=(ReaderMark(100.0, 0.0, 0.0, 8.0),))
    told = judged(NOTHING, known, manifest=detecting(), found=(), label="nodule")
    assert (told.reported, told.marks.missed) == (False, 1)


def test_what_a_plug_in_cannot_point_at_or_outline_is_not_said_to_be_missed():
    known = Known({"nodule": TUMOUR, "bad": LIVER}, (ReaderMark(100.0, 0.0, 0.0, 8.0),))
    told = judged(NOTHING, known, manifest=detecting(), found=(), label="bad")
    assert (told.marks, told.outlines) == (None, {})
    assert judged(NOTHING, known, manifest=detecting(), found=(), label="nodule").outlines == {}


def test_a_class_is_reported_if_it_was_chosen_or_probable_enough():
    said = Classified(stage="judge", probabilities={"bad": 0.6}, chosen=(), centre_lps_mm=(0.0, 0.0, 0.0))
    more = {"manifest": detecting(), "found": (said,), "label": "bad"}
    assert judged(NOTHING, **more).reported is False
    assert judged(NOTHING, least_score=0.5, **more).reported is True


def test_without_a_label_nothing_is_said_of_presence_or_marks():
    told = judged(known=Known(marks=(), present=True), label="")
    assert (told.reported, told.marks) == (None, None)


def test_what_is_kept_of_a_case_gives_the_same_case_again():
    known = Known({"liver": LIVER}, (ReaderMark(15.0, 15.0, 0.0, 8.0),))
    told = judged(known=known)
    kept = json.loads(json.dumps(judged_to_json(told)))
    assert judged_from_json("one", kept, groups={}, fault="") == told
    failed = judged_from_json("two", None, groups={"sex": "F"}, fault="no images")
    assert (failed.fault, failed.outlines, failed.took_s) == ("no images", {}, None)
