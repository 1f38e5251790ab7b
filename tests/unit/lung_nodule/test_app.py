"""From what a detector marks to measured nodules: sizes, kinds, places, ranks, outlines."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.phantoms.chest import Nodule, chest_scan
from tests.unit.lung_nodule.chests import (
    GLASS,
    MANIFEST,
    NODULES,
    SMALL,
    SOLID,
    apart_mm,
    assess,
    coarse_chest,
    lesions,
    marked,
    marks_of,
    output,
    said,
    value,
)

from allward_runner.apps import load_app
from allward_runner.findings_json import findings_json
from allward_sdk.parts import Code
from lung_nodule.logic.app import APP, LOBES, MALIGNANCY, SEGMENTER
from lung_nodule.logic.words import MEASURED


@pytest.fixture(scope="module")
def chest():
    return chest_scan(NODULES, (1.5, 1.0, 1.0))


@pytest.fixture(scope="module")
def result(chest):
    return assess(chest, marks_of())


@pytest.fixture(scope="module")
def quick():
    return coarse_chest(NODULES)


def test_the_app_is_installed_with_its_slots():
    assert load_app("lung_nodule") is APP
    assert APP.slots == ("lung_nodule.detector",)
    assert "lung_nodule.malignancy" in APP.optional_slots


def test_each_nodule_is_measured_named_and_placed(result):
    assert result.evaluable
    solid, glass, small = result.findings
    for finding, nodule in ((solid, SOLID), (glass, GLASS), (small, SMALL)):
        assert apart_mm(finding, nodule) < 2.0
        assert value(finding, "mean_diameter_mm") == pytest.approx(nodule.diameter_mm, abs=0.8)
        assert value(finding, "volume_mm3") == pytest.approx(np.pi / 6 * nodule.diameter_mm**3, rel=0.1)
        assert finding.label == Code(scheme="SCT", value="427359005", meaning="Solitary nodule of lung")
        assert finding.category is None
        assert said(finding, "measured") == "model"
    assert [said(each, "kind") for each in result.findings] == ["solid", "ground-glass", "solid"]
    assert [said(each, "side") for each in result.findings] == ["right", "left", "left"]
    assert [each.score for each in result.findings] == pytest.approx([0.9, 0.8, 0.7])
    assert result.summary["nodule_count"].value == 3
    assert result.summary["largest_mean_diameter"].value == pytest.approx(16.0, abs=0.8)


def test_every_measurement_stands_there_and_what_is_missing_is_none(result):
    for finding in result.findings:
        names = [each.name for each in finding.measurements]
        assert names == list(MEASURED)
        assert value(finding, "solid_volume_mm3") is None
        assert value(finding, "mean_hu") is not None
    glass = result.findings[1]
    assert value(glass, "mass_mg") == pytest.approx(np.pi / 6 * 16**3 * 0.4, rel=0.15)


def test_each_nodule_has_voxels_of_its_own_in_the_label_map(result, chest):
    assert result.labels_kji.shape == chest.volume_hu.shape
    assert [label.value for label in result.labels] == [1, 2, 3]
    for finding, nodule in zip(result.findings, NODULES, strict=True):
        voxels = np.argwhere(result.labels_kji == finding.segment_value)
        first, last = finding.box_kji
        assert voxels.min(axis=0).tolist() == list(first)
        assert (voxels.max(axis=0) + 1).tolist() == list(last)
        middle = chest.geometry.to_lps_mm([voxels.mean(axis=0)])[0]
        assert np.linalg.norm(middle - nodule.centre_lps_mm) < 1.0


def test_the_result_is_written_and_the_label_map_stays_beside_it(result):
    written = findings_json(result)
    properties = {each["name"]: each for each in written["findings"][0]["properties"]}
    assert properties["side"] == {
        "name": "side",
        "value": {"scheme": "SCT", "value": "24028007", "meaning": "Right"},
        "said": {"en": "right", "zh": "右"},
    }
    assert properties["kind"]["said"]["en"] == "solid"
    assert properties["lobe"]["value"] is None
    assert "labels_kji" not in written
    assert len(written["findings"]) == 3


@pytest.mark.parametrize(
    ("scores", "order"),
    [
        ({SOLID: 0.58, SMALL: 0.6}, [0.58, 0.6]),
        ({SOLID: 0.97, SMALL: 0.995}, [0.97, 0.995]),
        ({SOLID: 0.1, SMALL: 0.9}, [0.9, 0.1]),
    ],
)
def test_what_is_likely_and_large_is_listed_before_what_is_a_little_surer_and_small(quick, scores, order):
    marks = [
        marked(each.centre_lps_mm, score=score, size_mm=each.diameter_mm, number=n)
        for n, (each, score) in enumerate(scores.items(), 1)
    ]
    assert [each.score for each in lesions(assess(quick, marks))] == pytest.approx(order)


def test_the_same_nodule_marked_twice_is_one_finding(quick):
    twice = [*marks_of(), marked(np.add(SOLID.centre_lps_mm, (3.0, 0.0, 2.0)), score=0.85, number=9)]
    found = lesions(assess(quick, twice))
    assert [each.score for each in found] == pytest.approx([0.9, 0.8, 0.7])


def test_two_marks_that_grow_into_one_nodule_are_one_finding(quick):
    edge = np.add(GLASS.centre_lps_mm, (0.0, 5.0, 0.0))
    points = [marked(GLASS.centre_lps_mm, size_mm=None), marked(edge, score=0.5, size_mm=None, number=2)]
    result = assess(quick, points)
    assert len(lesions(result)) == 1
    assert any("1 candidate lies in a nodule that is shown" in reason for reason in result.reasons)
    assert any("1 个候选" in reason and "同一" in reason for reason in result.reasons_zh)


def test_a_mark_beside_a_nodule_whose_outline_runs_into_it_stays_and_is_not_measured(quick):
    k, j, i = (int(round(n)) for n in quick.geometry.to_index_kji([SOLID.centre_lps_mm])[0])
    drawn = np.zeros(quick.volume_hu.shape, np.uint8)
    drawn[k - 1 : k + 2, j - 3 : j + 4, i - 3 : i + 4] = 1
    beside = tuple(float(mm) for mm in quick.geometry.to_lps_mm([(k, j, i + 5)])[0])
    points = [
        marked(SOLID.centre_lps_mm, size_mm=12.0), marked(beside, score=0.5, size_mm=9.0, number=2),
    ]  # fmt: skip
    result = assess(quick, points, **{SEGMENTER: output(labels_kji=drawn)})
    first, second = lesions(result)
    assert (first.segment_value, second.segment_value) == (1, None)
    assert value(second, "mean_diameter_mm") is None
    assert second.centre_lps_mm == pytest.approx(beside, abs=0.01)


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(6)))
def test_the_order_of_what_is_marked_does_not_matter(quick, order):
    marks = marks_of()
    marks += [marked(SOLID.centre_lps_mm, score=0.9, number=7), marked((500.0, 0.0, 0.0), number=8)]
    marks += [marked(np.add(SMALL.centre_lps_mm, (2.0, 0.0, 0.0)), score=0.7, size_mm=8.0, number=9)]
    straight, shuffled = assess(quick, marks), assess(quick, [marks[n] for n in order])
    assert findings_json(straight) == findings_json(shuffled)
    assert np.array_equal(straight.labels_kji, shuffled.labels_kji)


def test_another_origin_of_the_grid_moves_centres_and_nothing_else(quick):
    by = (31.0, -407.5, 1200.25)
    there = coarse_chest(
        [each._replace(centre_lps_mm=each.centre_lps_mm) for each in NODULES], origin_lps_mm=by
    )
    marks = [
        marked(np.add(each.centre_lps_mm, by), score=each.score, size_mm=each.diameter_mm, number=each.number)
        for each in marks_of()
    ]
    here, moved = lesions(assess(quick, marks_of())), lesions(assess(there, marks))
    for one, other in zip(here, moved, strict=True):
        assert np.subtract(other.centre_lps_mm, one.centre_lps_mm) == pytest.approx(by, abs=1e-3)
        assert [each.value for each in one.measurements] == pytest.approx(
            [each.value for each in other.measurements], abs=1e-3, nan_ok=True
        )
        assert one.box_kji == other.box_kji


def test_a_tracking_uid_is_the_same_for_the_same_case_and_another_for_each_nodule(quick):
    first, second = (assess(quick, marks_of()) for _ in range(2))
    uids = [each.tracking_uid for each in lesions(first)]
    assert uids == [each.tracking_uid for each in lesions(second)]
    assert len(set(uids)) == 3
    assert all(uid.startswith("2.25.") and len(uid) <= 64 for uid in uids)


def test_a_mark_where_nothing_stands_out_stays_and_is_not_measured(quick):
    result = assess(quick, [marked((-65.0, -30.0, -20.0), score=0.6)])
    (finding,) = lesions(result)
    assert finding.segment_value is None
    assert finding.box_lps_mm is not None
    assert value(finding, "mean_diameter_mm") is None
    assert said(finding, "kind") == "not determined"
    assert any("could not be outlined" in reason for reason in result.reasons)


def test_a_nodule_at_the_pleura_is_said_to_be_there():
    wall = Nodule((-65.0, -66.0, 0.0), 12.0)
    made = coarse_chest([wall])
    (finding,) = lesions(assess(made, [marked(wall.centre_lps_mm)]))
    assert said(finding, "pleura") == "juxtapleural"
    assert value(finding, "distance_to_pleura_mm") == 0.0
    deep = lesions(assess(coarse_chest(NODULES), marks_of()))[0]
    assert said(deep, "pleura") == "apart from the pleura"


def test_a_detector_that_outlines_is_taken_at_its_outlines(quick):
    stage = {"nodule": 1}
    manifest = MANIFEST
    labels = np.zeros(quick.volume_hu.shape, np.uint8)
    k, j, i = (int(round(n)) for n in quick.geometry.to_index_kji([SOLID.centre_lps_mm])[0])
    labels[k - 1 : k + 2, j - 3 : j + 4, i - 3 : i + 4] = stage["nodule"]
    result = assess(quick, **{"lung_nodule.detector": output(manifest=manifest, labels_kji=labels)})
    (finding,) = lesions(result)
    assert finding.score is None
    assert np.array_equal(result.labels_kji > 0, labels > 0)


def test_a_segmenter_in_its_slot_draws_the_outline(quick):
    labels = np.zeros(quick.volume_hu.shape, np.uint8)
    k, j, i = (int(round(n)) for n in quick.geometry.to_index_kji([SOLID.centre_lps_mm])[0])
    labels[k - 1 : k + 2, j - 2 : j + 3, i - 2 : i + 3] = 1
    result = assess(quick, marks_of(), **{SEGMENTER: output(labels_kji=labels)})
    assert np.array_equal(result.labels_kji == 1, labels == 1)
    assert len(lesions(result)) == 3


def test_a_malignancy_model_in_its_slot_is_told_beside_the_sizes(quick):
    judge = output([marked(GLASS.centre_lps_mm, score=0.37, size_mm=None)])
    solid, glass, _ = lesions(assess(quick, marks_of(), **{MALIGNANCY: judge}))
    assert value(glass, "nodules_nodule") == pytest.approx(0.37)
    assert all(each.name != "nodules_nodule" for each in solid.measurements)


def test_lobes_are_read_from_a_map_in_a_slot_and_not_guessed_without_one(quick):
    right, left = (
        MANIFEST.labels[0].model_copy(
            update={"value": number, "type": Code(scheme="SCT", value=code, meaning="lobe"), "kind": "organ"}
        )
        for number, code in ((1, "42400003"), (2, "41224006"))
    )
    manifest = MANIFEST.model_copy(update={"labels": (right, left)})
    lobes = np.zeros(quick.volume_hu.shape, np.uint8)
    half = quick.volume_hu.shape[2] // 2
    lobes[:, :, :half], lobes[:, :, half:] = 1, 2
    atlas = output(manifest=manifest, labels_kji=lobes)
    with_map = lesions(assess(quick, marks_of(), **{LOBES: atlas}))
    without = lesions(assess(quick, marks_of()))
    assert [said(each, "lobe") for each in with_map] == ["right upper lobe", *["left lower lobe"] * 2]
    assert [said(each, "lobe") for each in without] == ["not determined"] * 3
