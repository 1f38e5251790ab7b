"""Images and detectors that go wrong: a clear state each, and never a normal by accident."""

import numpy as np
import pytest
from tests.phantoms.chest import ChestScan, chest_scan
from tests.unit.lung_nodule.chests import (
    CONTEXT,
    NODULES,
    SOLID,
    assess,
    case_of,
    coarse_chest,
    lesions,
    marked,
    marks_of,
    output,
)

from allward_sdk.found import Candidate
from lung_nodule.logic.app import APP, DETECTOR, SEGMENTER
from lung_nodule.logic.candidates import MOST


@pytest.fixture(scope="module")
def chest():
    return coarse_chest(NODULES)


def refused(result):
    """Check that a result refuses and shows nothing of what was marked; return its words."""
    assert not result.evaluable
    assert lesions(result) == []
    assert result.findings
    assert all(finding.kind == "statement" for finding in result.findings)
    assert result.labels_kji is None
    assert result.summary == {}
    assert len(result.reasons) == len(result.reasons_zh) > 0
    return " ".join(result.reasons)


def without_normal(result):
    """Check that no word of a result can be read as a normal examination."""
    assert all(finding.category is None for finding in result.findings)
    words = " ".join(result.reasons).lower()
    assert "normal" not in words.replace("not a negative", "")


def test_no_candidate_is_no_negative_examination(chest):
    result = assess(chest)
    without_normal(result)
    assert result.evaluable
    (finding,) = result.findings
    assert finding.kind == "statement"
    assert "not a negative examination" in finding.title.en
    assert "不能据此判定为阴性" in finding.title.zh
    assert result.summary["nodule_count"].value == 0
    assert result.summary["largest_mean_diameter"].value is None


def test_a_detector_that_drew_an_empty_map_and_marked_nothing_is_heard_the_same(chest):
    empty = output(labels_kji=np.zeros(chest.volume_hu.shape, np.uint8))
    (finding,) = assess(chest, **{DETECTOR: empty}).findings
    assert "not a negative examination" in finding.title.en


def test_without_a_detector_nothing_was_looked_for(chest):
    assert "not looked for" in refused(APP.assess(case_of(chest), {SEGMENTER: output(marks_of())}))


def test_an_mr_is_not_evaluated(chest):
    outputs = {DETECTOR: output(marks_of())}
    assert "not CT" in refused(APP.assess(case_of(chest, modality="MR"), outputs))


def test_an_abdomen_is_not_evaluated_whatever_was_marked():
    soft = coarse_chest(sides=())
    assert "No lungs" in refused(assess(soft, marks_of()))


def test_bases_of_lungs_on_an_abdomen_are_no_chest():
    bases = coarse_chest(NODULES, z_mm=(-160.0, -20.0))
    assert "Only" in refused(assess(bases, marks_of()))


def test_voxels_that_are_no_numbers_are_not_evaluated(chest):
    broken = chest.volume_hu.astype(np.float32)
    broken[4, 5, 6] = np.nan
    assert "no number" in refused(assess(ChestScan(broken, chest.geometry), marks_of()))


@pytest.mark.parametrize(("side", "gone"), [("right", "left"), ("left", "right")])
def test_one_lung_alone_is_said(side, gone):
    result = assess(coarse_chest(sides=(side,)))
    without_normal(result)
    assert any(f"Only the {side} lung" in reason and gone in reason for reason in result.reasons)


def test_lungs_that_are_cut_off_are_said():
    low = assess(coarse_chest(z_mm=(-112.0, 40.0)))
    high = assess(coarse_chest(z_mm=(-40.0, 112.0)))
    assert any("tops of the lungs are cut off" in reason for reason in low.reasons)
    assert any("bases of the lungs are cut off" in reason for reason in high.reasons)
    assert not any("cut off" in reason for reason in assess(coarse_chest()).reasons)


def test_slices_of_5_mm_are_said_not_to_show_nodules_of_4_mm():
    thick = chest_scan(NODULES, (5.0, 2.0, 2.0))
    result = assess(thick, marks_of(), context={**CONTEXT, "SliceThickness": "5"})
    assert any("5 mm" in reason and "those of 4 mm among them" in reason for reason in result.reasons)
    assert len(lesions(result)) == 3
    small = lesions(result)[2]
    assert any(each.name == "coarse" for each in small.properties)


def test_5000_boxes_are_capped_and_the_number_is_said(chest):
    draw = np.random.default_rng(3)
    places = np.column_stack(
        [
            draw.choice([-65.0, 65.0], 5000) + draw.uniform(-30, 30, 5000),
            draw.uniform(-40, 40, 5000),
            draw.uniform(-50, 50, 5000),
        ]
    )
    boxes = [
        marked(place, score=float(score), size_mm=5.0, number=n + 1)
        for n, (place, score) in enumerate(zip(places, draw.uniform(0, 0.85, 5000), strict=True))
    ]
    result = assess(chest, [*boxes, marked(SOLID.centre_lps_mm, score=0.99, number=6000)])
    assert 0 < len(lesions(result)) <= MOST
    assert lesions(result)[0].score == pytest.approx(0.99)
    assert any(f"the {MOST} with the highest scores" in reason for reason in result.reasons)


def test_boxes_outside_of_body_lungs_and_images_are_not_followed_and_counted(chest):
    places = [(0.0, 0.0, 9000.0), (145.0, 110.0, 0.0), (0.0, 100.0, 0.0), (0.0, 98.0, 10.0)]
    result = assess(chest, [marked(place, number=n + 1) for n, place in enumerate(places)])
    assert lesions(result) == []
    assert "1 candidate not followed: outside the images." in result.reasons
    assert "3 candidates not followed: outside the lungs." in result.reasons
    assert any("not a negative examination" in reason for reason in result.reasons)


@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
def test_places_and_sizes_that_are_no_numbers_are_refused(chest, wrong):
    def broken(**more):
        told = {"number": 1, "label": "nodule", "score": 0.9, "centre_lps_mm": SOLID.centre_lps_mm}
        return Candidate.model_construct(
            **{"size_kji_mm": None, "attributes": {}, "classes": {}, **told, **more}
        )

    marks = [
        broken(centre_lps_mm=(wrong, 0.0, 0.0)),
        broken(score=wrong),
        broken(size_kji_mm=(wrong, 3.0, 3.0)),
    ]
    result = assess(chest, marks)
    assert lesions(result) == []
    assert "3 candidates not followed: their place or score is no number." in result.reasons


@pytest.mark.parametrize("size_mm", [0.0, -4.0, 400.0])
def test_sizes_that_no_nodule_has_are_refused(chest, size_mm):
    result = assess(chest, [marked(SOLID.centre_lps_mm, size_mm=size_mm)])
    assert lesions(result) == []
    assert any("no nodule has such a size" in reason for reason in result.reasons)
