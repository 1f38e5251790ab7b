"""What two versions found in a series, as numbers."""

import numpy as np
import pytest
from tests.unit.shadow.manifests import LESION, LIVER, manifest

from allward.shadow.comparing import (
    Output,
    compare_labels,
    counted_kinds,
    joint_counts,
    reading_of,
    same_labels,
)
from allward_measure.evaluation.overlap import dice
from allward_sdk.found import Candidate, Classified, Detections
from allward_sdk.geometry import Geometry

SHAPE = (6, 20, 20)
GEOMETRY = Geometry(
    shape_kji=SHAPE, index_to_lps_mm=np.diag([5.0, 2.0, 2.0, 1.0]), frame_of_reference_uid="1.2"
)
ML = GEOMETRY.voxel_volume_ml


def labels(*boxes):
    """Draw boxes (value, from, to) over one another."""
    drawn = np.zeros(SHAPE, np.uint8)
    for value, start, end in boxes:
        drawn[1:5, start:end, start:end] = value
    return drawn


def test_a_label_is_compared_with_what_lies_inside_it():
    shadow = Output(manifest(), labels((LIVER, 2, 14), (LESION, 4, 8)))
    enabled = Output(manifest(), labels((LIVER, 2, 14)))
    told = compare_labels(shadow, enabled, GEOMETRY)
    assert told["liver"].dice == 1.0
    assert told["liver"].volume_ml == told["liver"].enabled_volume_ml == pytest.approx(4 * 144 * ML)
    assert (told["lesion"].dice, told["lesion"].enabled_volume_ml) == (0.0, 0.0)
    assert told["lesion"].volume_ml == pytest.approx(4 * 16 * ML)


def test_dice_is_that_of_the_two_masks():
    draw = np.random.default_rng(1)
    one, other = (draw.integers(0, 3, SHAPE).astype(np.uint8) for _ in range(2))
    told = compare_labels(Output(manifest(), one), Output(manifest(), other), GEOMETRY)
    assert told["liver"].dice == pytest.approx(dice(one > 0, other > 0), abs=1e-6)
    assert told["lesion"].dice == pytest.approx(dice(one == LESION, other == LESION), abs=1e-6)


def test_where_neither_drew_a_label_there_is_no_dice():
    told = compare_labels(Output(manifest(), labels()), Output(manifest(), labels()), GEOMETRY)
    assert (told["liver"].dice, told["liver"].volume_ml) == (None, 0.0)


def test_values_that_changed_between_versions_are_matched_by_name():
    newer = manifest(liver={"value": 7}, lesion={"value": 9})
    shadow = Output(newer, labels((7, 2, 14), (9, 4, 8)))
    enabled = Output(manifest(), labels((LIVER, 2, 14), (LESION, 4, 8)))
    told = compare_labels(shadow, enabled, GEOMETRY)
    assert [each.dice for each in told.values()] == [1.0, 1.0]


def test_two_plug_ins_are_matched_by_code_and_never_by_a_name_that_means_something_else():
    other = manifest(plugin_id="org.other.liver", liver={"name": "hepar"}, lesion=None)
    assert [(mine.name, theirs.name) for mine, theirs in same_labels(manifest(), other)] == [
        ("liver", "hepar")
    ]
    spleen = {"scheme": "SCT", "value": "78961009", "meaning": "Spleen"}
    misnamed = manifest(plugin_id="org.other.liver", liver={"type": spleen}, lesion=None)
    assert not list(same_labels(manifest(), misnamed))


def test_grids_that_differ_are_refused():
    with pytest.raises(ValueError, match="different grids"):
        joint_counts(labels(), np.zeros((6, 20, 21), np.uint8))


def test_a_version_without_outlines_has_no_labels_to_compare():
    assert compare_labels(Output(manifest()), Output(manifest(), labels()), GEOMETRY) == {}


def test_findings_are_lesions_and_an_organ_counts_only_where_nothing_else_is_looked_for():
    drawn = labels((LIVER, 0, 20), (LESION, 2, 5), (LESION, 8, 11))
    told = reading_of(Output(manifest(), drawn, timings_s={"read": 4.0, "bright": 1.5, "second": 0.25}))
    assert (told.findings, told.something, told.device_s) == (2, True, 1.75)
    assert reading_of(Output(manifest(), labels((LIVER, 0, 20)))).something is False
    organ = manifest(lesion=None)
    assert counted_kinds(organ) == {"organ"}
    assert reading_of(Output(organ, labels((LIVER, 0, 20)))).findings == 1
    assert reading_of(Output(organ, labels())).findings == 0


def test_candidates_and_chosen_classes_are_findings_too():
    spots = Detections(
        stage="spots",
        candidates=tuple(
            Candidate(number=n, label=name, score=0.9, centre_lps_mm=(0, 0, 0))
            for n, name in enumerate(("lesion", "lesion", "liver"), 1)
        ),
    )
    judged = Classified(
        stage="judge", probabilities={"lesion": 0.9}, chosen=("lesion",), centre_lps_mm=(0, 0, 0)
    )
    assert reading_of(Output(manifest(), found=(spots, judged))).findings == 3
