"""A Segmentation as a reference: which segment is which label, and where its voxels are."""

import numpy as np
import pytest
from pydicom.uid import generate_uid
from tests.small_study import write_small_study
from tests.unit.acceptance.answers import outlining

from allward.acceptance.orders import BadCaseError
from allward.acceptance.segmentations import labels_of_segments, reference_masks, refuse_other_grid
from allward_dicom.phantom import PhantomSpec
from allward_dicom.provenance import AlgorithmIdentity, NewSeries
from allward_dicom.seg import LabelMap, write_segmentation
from allward_dicom.volume import read_volume
from allward_sdk.geometry import Geometry

LABELS = outlining().labels


@pytest.fixture(scope="module")
def volume(tmp_path_factory):
    spec = PhantomSpec(slices=6, size=32, slice_spacing_mm=10.0)
    return read_volume(write_small_study(tmp_path_factory.mktemp("study"), spec=spec))


@pytest.fixture(scope="module")
def voxels(volume):
    made = np.zeros(volume.geometry.shape_kji, np.uint8)
    made[1:5, 5:20, 5:20] = 1
    made[2:3, 8:12, 8:12] = 2
    return made


@pytest.fixture
def segmentation(volume, voxels):
    return write_segmentation(
        LabelMap(voxels, volume.geometry, LABELS),
        sources=volume.datasets,
        algorithm=AlgorithmIdentity("Reader", "1", "0" * 64, "Test"),
        series=NewSeries(str(generate_uid()), str(generate_uid()), 900, "Reader"),
    )


def test_segments_are_found_by_what_they_mean(segmentation):
    segmentation.SegmentSequence[0].SegmentLabel = "something"
    assert labels_of_segments(segmentation, LABELS) == {1: "liver", 2: "tumour"}


def test_where_codes_say_nothing_names_do_in_either_language(segmentation):
    for segment, name in zip(segmentation.SegmentSequence, ("肝脏", "TUMOUR"), strict=True):
        segment.SegmentedPropertyTypeCodeSequence[0].CodeValue = "1"
        segment.SegmentLabel, segment.TrackingID = name, "x"
    assert labels_of_segments(segmentation, LABELS) == {1: "liver", 2: "tumour"}


def test_what_was_named_counts_and_what_is_not_there_is_refused(segmentation):
    assert labels_of_segments(segmentation, LABELS, {2: "liver"}) == {2: "liver"}
    with pytest.raises(BadCaseError, match="no segment 3"):
        labels_of_segments(segmentation, LABELS, {3: "liver"})
    with pytest.raises(BadCaseError, match="no label 'spleen'"):
        labels_of_segments(segmentation, LABELS, {1: "spleen"})


def test_segments_of_which_none_fits_are_refused_by_name(segmentation):
    for segment in segmentation.SegmentSequence:
        segment.SegmentedPropertyTypeCodeSequence[0].CodeValue = "1"
        segment.SegmentLabel = segment.TrackingID = "x"
    with pytest.raises(BadCaseError, match=r"no segment \(1 x, 2 x\) fits a label \(liver, tumour\)"):
        labels_of_segments(segmentation, LABELS)


def test_voxels_come_back_where_they_were_and_inner_labels_count_for_outer_ones(volume, voxels, segmentation):
    refuse_other_grid(segmentation, volume.geometry)
    masks = reference_masks(segmentation, volume.geometry, {1: "liver", 2: "tumour"}, LABELS)
    assert np.array_equal(masks["liver"], voxels > 0)
    assert np.array_equal(masks["tumour"], voxels == 2)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda seg: setattr(seg, "SegmentationType", "FRACTIONAL"), "wanted is BINARY"),
        (lambda seg: setattr(seg, "FrameOfReferenceUID", "1.2.3"), "another frame of reference"),
        (lambda seg: setattr(seg, "Rows", 31), "does not lie on the grid"),
        (lambda seg: delattr(seg, "PerFrameFunctionalGroupsSequence"), "no frames"),
    ],
)
def test_what_does_not_lie_on_the_series_grid_is_refused(volume, segmentation, spoil, said):
    spoil(segmentation)
    with pytest.raises(BadCaseError, match=said):
        refuse_other_grid(segmentation, volume.geometry)


def test_a_grid_that_is_turned_or_shifted_is_another_one(volume, segmentation):
    turned = volume.geometry.index_to_lps_mm.copy()
    turned[:3, [1, 2]] = turned[:3, [2, 1]]
    shifted = volume.geometry.index_to_lps_mm.copy()
    shifted[:3, 3] += 5.0
    for matrix in (turned, shifted):
        other = Geometry(volume.geometry.shape_kji, matrix, volume.geometry.frame_of_reference_uid)
        with pytest.raises(BadCaseError, match="does not lie on the grid"):
            refuse_other_grid(segmentation, other)
