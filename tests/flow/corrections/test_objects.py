"""What corrected results leave as DICOM: a segment and a group for each spot, under one tracking UID."""

from typing import Any

import highdicom as hd
import numpy as np
import pydicom
import pytest
from tests.flow.corrections.desk import Desk, centre_of, finding_of, new_desk
from tests.flow.delivery.findings import manifest
from tests.flow.delivery.scene import run_steps
from tests.unit.dicom.validator import said_by_dciodvfy

from allward.results.edit_requests import AddAt, AddDrawn, Measure
from allward.results.models import ObjectKind
from allward.results.object_present import present_objects
from allward.results.object_sources import source_headers
from allward.storage.place import storage
from allward.tenancy.scope import within
from allward_dicom.codes import ABSENT
from allward_dicom.seg import read_segmentation
from allward_runner.abilities import Calipers, Outline


def written(desk: Desk, kind: ObjectKind) -> list[pydicom.Dataset]:
    """The objects of a kind that are true now, each without an error by dciodvfy."""
    with within(desk.scene.system):
        true_now = present_objects(desk.result()).present
    rows = [row for row in desk.scene.objects(desk.result()) if row.kind == kind and row.pk in true_now]
    paths = [storage().path(row.instance.storage_key) for row in rows]
    for path in paths:
        said = said_by_dciodvfy(path)
        assert "Error" not in said, said
    return [pydicom.dcmread(path) for path in paths]


def groups_of(report: pydicom.Dataset) -> list[hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations]:
    content: Any = hd.sr.Comprehensive3DSR.from_dataset(report).content
    return list(content.get_volumetric_roi_measurement_groups())


def test_each_spot_is_a_segment_and_a_group_under_its_tracking_uid(desk):
    run_steps()
    (segmentation,) = written(desk, ObjectKind.SEG)
    (report,) = written(desk, ObjectKind.SR)
    found = [finding_of(each) for each in desk.records()]
    segments = segmentation.SegmentSequence
    assert [each.TrackingUID for each in segments] == [each.tracking_uid for each in found]
    assert [each.TrackingID for each in segments] == [each.id for each in found]
    assert {each.SegmentAlgorithmType for each in segments} == {"AUTOMATIC"}
    said = segments[0].SegmentationAlgorithmIdentificationSequence[0].AlgorithmParameters
    assert "app=spots 1.0.0" in str(said)
    np.testing.assert_array_equal(read_segmentation(segmentation, desk.case.geometry), desk.labels())
    groups = groups_of(report)
    assert [group.tracking_uid for group in groups] == [each.tracking_uid for each in found]
    for number, (group, finding) in enumerate(zip(groups, found, strict=True), start=1):
        (referenced,) = [
            item.ReferencedSOPSequence[0]
            for item in _all(group[0])
            if item.ConceptNameCodeSequence[0].CodeValue == "121191"  # Referenced Segment
        ]
        assert referenced.ReferencedSegmentNumber == number
        assert referenced.ReferencedSOPInstanceUID == segmentation.SOPInstanceUID
        measured = [(each.name.value, each.value) for each in group.get_measurements()]
        wanted = [(each.concept.value, float(f"{each.value:.6g}")) for each in finding.measurements]
        assert measured == wanted
        (site,) = group.finding_sites
        assert (site.value.value, site.laterality.value) == ("45653009", "24028007")
        evaluated = [(each.name.value, each.value.value) for each in group.get_qualitative_evaluations()]
        assert ("427359005", "255323003") in evaluated


def test_numbers_of_one_concept_are_told_apart_by_their_names(desk):
    run_steps()
    (report,) = written(desk, ObjectKind.SR)
    names = [
        item.ContentSequence[0].TextValue
        for item in _all(report)
        if item.ValueType == "NUM" and item.ConceptNameCodeSequence[0].CodeValue == "103339001"
    ]
    assert names == ["long_axis_mm", "equivalent_diameter_mm"] * 2


def _all(dataset: pydicom.Dataset) -> list[pydicom.Dataset]:
    items = list(dataset.get("ContentSequence", []))
    return [each for item in items for each in (item, *_all(item))]


def test_corrections_reach_both_objects_and_say_who_drew(desk):
    record = desk.records()[0]
    x, y, z = centre_of(record)
    free = tuple(int(each) for each in np.argwhere(desk.labels() == 0)[0])
    desk.correct(Measure(record.pk, Calipers(((x, y, z), (x + 7.5, y, z)))), accept=True)
    desk.correct(AddAt(desk.points[2]), accept=True)
    desk.correct(AddDrawn(Outline(np.ones((1, 1, 1), bool), free)), accept=True)
    desk.scene.review(desk.result(), "-", "reject", "-", "-")
    run_steps()
    (segmentation,) = written(desk, ObjectKind.SEG)
    (report,) = written(desk, ObjectKind.SR)
    assert report.VerificationFlag == "VERIFIED"
    drawn = [each.SegmentAlgorithmType for each in segmentation.SegmentSequence]
    assert drawn == ["AUTOMATIC", "SEMIAUTOMATIC", "MANUAL"]
    groups = groups_of(report)
    assert len(groups) == 3
    assert groups[0].get_measurements()[0].value == pytest.approx(7.5)
    kept = [finding_of(each) for each in desk.records() if each.review_state == "accepted"]
    assert [each.TrackingUID for each in segmentation.SegmentSequence] == [each.tracking_uid for each in kept]
    wanted = desk.labels().copy()
    wanted[wanted == 2] = 0
    placed = read_segmentation(segmentation, desk.case.geometry)
    np.testing.assert_array_equal(placed > 0, wanted > 0)


def test_key_images_are_those_on_which_accepted_spots_are_largest(desk):
    desk.scene.review(desk.result(), "accept", "reject")
    run_steps()
    (selection,) = written(desk, ObjectKind.KEY_IMAGES)
    assert selection.ConceptNameCodeSequence[0].CodeValue == "113000"
    named = [
        item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID
        for item in _all(selection)
        if item.ValueType == "IMAGE"
    ]
    k = int((desk.labels() == 1).sum(axis=(1, 2)).argmax())
    with within(desk.scene.system):
        assert named == [str(source_headers(desk.result())[k].SOPInstanceUID)]
    desk.scene.review(desk.result(), "reset", "-")
    run_steps()
    assert not written(desk, ObjectKind.KEY_IMAGES)


def test_nothing_found_is_coded_absent_and_says_that_it_is_no_negative_examination(tmp_path):
    desk = new_desk(tmp_path, found=0)
    run_steps()
    assert not written(desk, ObjectKind.SEG)
    (report,) = written(desk, ObjectKind.SR)
    values = [item.ConceptCodeSequence[0].CodeValue for item in _all(report) if item.ValueType == "CODE"]
    assert ABSENT.value in values
    texts = [item.TextValue for item in _all(report) if item.ValueType == "TEXT"]
    assert any("not a negative examination" in text for text in texts)


def test_what_was_looked_for_and_found_by_another_value_is_not_reported_absent(desk):
    """Values of an app's own map are its findings', not those of the plug-in's labels."""
    run_steps()
    (report,) = written(desk, ObjectKind.SR)
    absent = [
        item.ConceptNameCodeSequence[0].CodeValue
        for item in _all(report)
        if item.ValueType == "CODE" and item.ConceptCodeSequence[0].CodeValue == ABSENT.value
    ]
    sought = {label.type.value for label in manifest().labels if label.kind == "lesion"}
    assert sought <= set(absent)  # the plug-in looks for lesions of the liver, and the spots are none
    assert "427359005" not in absent


def test_the_same_words_after_an_undo_write_no_second_object(desk):
    run_steps()
    first = [row.pk for row in desk.scene.objects(desk.result())]
    desk.correct(AddAt(desk.points[2]))
    run_steps()
    assert len(desk.scene.objects(desk.result())) == len(first) + 2
    desk.undo()
    run_steps()
    assert len(desk.scene.objects(desk.result())) == len(first) + 2
    with within(desk.scene.system):
        assert present_objects(desk.result()).present == frozenset(first)
