"""SEG, SR and rejection notes: what they say, and that dciodvfy finds no error in them."""

from pathlib import Path
from typing import Any

import highdicom as hd
import numpy as np
import pydicom
import pytest
from pydicom.uid import generate_uid
from tests.unit.dicom.validator import said_by_dciodvfy

from allward_dicom.phantom import PhantomSpec, draw_phantom
from allward_dicom.provenance import AlgorithmIdentity, NewSeries, derived_uid
from allward_dicom.rejection import write_rejection_note
from allward_dicom.seg import LabelMap, read_segmentation, values_of, write_segmentation
from allward_dicom.sr import ReportContent, Verification, write_measurement_report
from allward_sdk.errors import BadInputError
from allward_sdk.geometry import Geometry
from allward_sdk.manifest import Manifest, read_manifest
from allward_sdk.results import Finding, MeasuredValue

ALGORITHM = AlgorithmIdentity("org.allward.liver-ct", "1.0.0", "ab" * 32, "Allward")


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    return read_manifest(Path(__file__).parents[3] / "plugins" / "liver_ct" / "plugin.toml")


@pytest.fixture(scope="module")
def label_map(phantom_volume, manifest):
    truth = draw_phantom(PhantomSpec(slices=12, size=64), seed=1).labels_kji
    return LabelMap(truth, phantom_volume.geometry, manifest.labels)


@pytest.fixture(scope="module")
def segmentation(label_map, phantom_volume):
    return write_segmentation(
        label_map, sources=phantom_volume.datasets, algorithm=ALGORITHM, series=new_series(900)
    )


def new_series(number: int) -> NewSeries:
    return NewSeries(generate_uid(), generate_uid(), number, f"AI result {number}")


def findings(manifest: Manifest) -> tuple[Finding, ...]:
    labels = {label.name: label for label in manifest.labels}
    measurements = {m.name: m for m in manifest.measurements}

    def measured(name: str, value: float | None, bound: str = "exact") -> MeasuredValue:
        m = measurements[name]
        return MeasuredValue(
            name=name,
            title=m.title,
            concept=m.concept,
            unit=m.unit,
            value=value,
            method=m.method,
            bound=bound,
        )

    liver = Finding(
        id="liver",
        kind="organ",
        label=labels["liver"].type,
        title=labels["liver"].title,
        segment_value=1,
        tracking_uid=derived_uid("liver"),
        cut_off=True,
        measurements=(measured("liver_volume", 1308.123456789, "at_least"),),
    )
    lesion = Finding(
        id="tumour-1",
        kind="lesion",
        label=labels["tumour"].type,
        title=labels["tumour"].title,
        segment_value=2,
        tracking_uid=derived_uid("tumour-1"),
        box_kji=((3, 20, 10), (8, 40, 30)),
        measurements=(measured("lesion_volume", 12.5), measured("lesion_diameter", None)),
    )
    return liver, lesion


def report(content: ReportContent, volume, segmentation):
    return write_measurement_report(
        content,
        sources=volume.datasets,
        segmentation=segmentation,
        algorithm=ALGORITHM,
        series=new_series(901),
    )


def texts(document) -> list[str]:
    found = []

    def collect(items) -> None:
        for item in items:
            if "TextValue" in item:
                found.append(str(item.TextValue))
            collect(item.get("ContentSequence", []))

    collect(document.ContentSequence)
    return found


def concepts(document) -> list[str]:
    found = []

    def collect(items) -> None:
        for item in items:
            if "ConceptCodeSequence" in item:
                found.append(item.ConceptCodeSequence[0].CodeValue)
            collect(item.get("ContentSequence", []))

    collect(document.ContentSequence)
    return found


def assert_valid(document, folder: Path) -> None:
    document.save_as(folder / "object.dcm", enforce_file_format=True)
    said = said_by_dciodvfy(folder / "object.dcm")
    assert "Error" not in said, said


def test_a_segmentation_comes_back_voxel_by_voxel(segmentation, label_map):
    np.testing.assert_array_equal(read_segmentation(segmentation, label_map.geometry), label_map.voxels_kji)


def test_a_segmentation_survives_the_disk(segmentation, label_map, tmp_path):
    segmentation.save_as(tmp_path / "seg.dcm", enforce_file_format=True)
    again = pydicom.dcmread(tmp_path / "seg.dcm")
    np.testing.assert_array_equal(read_segmentation(again, label_map.geometry), label_map.voxels_kji)
    assert str(again.PatientName) == "Phantom^Abdomen=模体^腹部"


def test_the_liver_segment_includes_the_tumour(segmentation, label_map, manifest):
    liver_frames = [
        pixels
        for pixels, frame in zip(
            segmentation.pixel_array, segmentation.PerFrameFunctionalGroupsSequence, strict=True
        )
        if frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber == 1
    ]
    assert sum(int(f.sum()) for f in liver_frames) == int((label_map.voxels_kji > 0).sum())
    assert values_of(manifest.labels[0], manifest.labels) == [1, 2]
    assert values_of(manifest.labels[1], manifest.labels) == [2]


def test_empty_frames_are_left_out(segmentation, label_map):
    liver = int((label_map.voxels_kji > 0).any(axis=(1, 2)).sum())
    tumour = int((label_map.voxels_kji == 2).any(axis=(1, 2)).sum())
    assert int(segmentation.NumberOfFrames) == liver + tumour


def test_segments_carry_code_colour_and_algorithm(segmentation):
    liver = segmentation.SegmentSequence[0]
    assert liver.SegmentLabel == "Liver"
    assert liver.SegmentedPropertyTypeCodeSequence[0].CodeValue == "10200004"
    colour = hd.color.CIELabColor.from_dicom_value(liver.RecommendedDisplayCIELabValue).to_rgb(clip=True)
    assert np.abs(np.subtract(colour, (0xD6, 0x8E, 0x6C))).max() <= 2
    algorithm = liver.SegmentationAlgorithmIdentificationSequence[0]
    assert (algorithm.AlgorithmName, algorithm.AlgorithmVersion) == ("org.allward.liver-ct", "1.0.0")
    assert ALGORITHM.digest in algorithm.AlgorithmParameters
    assert segmentation.DeviceSerialNumber == ALGORITHM.digest


def test_nothing_found_makes_no_segmentation(label_map, phantom_volume):
    empty = LabelMap(np.zeros_like(label_map.voxels_kji), label_map.geometry, label_map.labels)
    assert (
        write_segmentation(empty, sources=phantom_volume.datasets, algorithm=ALGORITHM, series=new_series(1))
        is None
    )


def test_a_segmentation_on_another_grid_is_refused(segmentation, label_map):
    shifted = label_map.geometry.index_to_lps_mm.copy()
    shifted[2, 3] += 2.0
    other = Geometry(label_map.geometry.shape_kji, shifted, "1.2")
    with pytest.raises(BadInputError, match="grid of the series"):
        read_segmentation(segmentation, other)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_segmentation_passes_dciodvfy(language, label_map, phantom_volume, tmp_path):
    written = write_segmentation(
        label_map,
        sources=phantom_volume.datasets,
        algorithm=ALGORITHM,
        series=new_series(900),
        language=language,
    )
    assert written.SegmentSequence[0].SegmentLabel == {"en": "Liver", "zh": "肝脏"}[language]
    assert_valid(written, tmp_path)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("verified", [True, False])
def test_a_report_passes_dciodvfy(language, verified, manifest, phantom_volume, segmentation, tmp_path):
    content = ReportContent(
        findings(manifest),
        manifest.labels,
        language=language,
        verification=Verification("Zhang^San=张^三", "第一医院") if verified else None,
    )
    document = report(content, phantom_volume, segmentation)
    assert document.VerificationFlag == ("VERIFIED" if verified else "UNVERIFIED")
    assert document.CompletionFlag == "COMPLETE"
    assert_valid(document, tmp_path)


def test_numbers_come_back_from_the_report_as_they_went_in(manifest, phantom_volume, segmentation, tmp_path):
    document = report(ReportContent(findings(manifest), manifest.labels), phantom_volume, segmentation)
    document.save_as(tmp_path / "sr.dcm", enforce_file_format=True)
    content: Any = hd.sr.srread(tmp_path / "sr.dcm").content  # typed as any sequence, read as a TID 1500 one
    groups = content.get_volumetric_roi_measurement_groups()
    read = {
        group.tracking_identifier: [(m.value, m.unit.value) for m in group.get_measurements()]
        for group in groups
    }
    assert read == {"liver": [(1308.12, "mL")], "tumour-1": [(12.5, "mL")]}
    assert {group.tracking_uid for group in groups} == {derived_uid("liver"), derived_uid("tumour-1")}
    lesion = next(g for g in groups if g.tracking_identifier == "tumour-1")
    assert lesion.reference_type.value == "121191"
    assert lesion.finding_type.value == "4147007"
    assert lesion.finding_sites[0].value.value == "10200004"


def test_bounds_and_unmeasured_values_are_said_in_words(manifest, phantom_volume, segmentation):
    said = texts(report(ReportContent(findings(manifest), manifest.labels), phantom_volume, segmentation))
    assert any(text.startswith("Liver volume: the structure is cut off") for text in said)
    assert "Largest axial diameter: not measured." in said
    assert any("RESEARCH USE ONLY" in text for text in said)
    assert any(text.startswith("UNVERIFIED") for text in said)


def test_a_lesion_that_was_not_found_is_coded_absent(manifest, phantom_volume, segmentation, tmp_path):
    content = ReportContent(findings(manifest)[:1], manifest.labels, language="zh")
    document = report(content, phantom_volume, segmentation)
    assert "272519000" in concepts(document)
    assert "肝脏病灶：已检查，未发现。" in texts(document)
    assert_valid(document, tmp_path)


def test_a_case_that_cannot_be_evaluated_says_why_and_nothing_else(manifest, phantom_volume, tmp_path):
    content = ReportContent((), manifest.labels, evaluable=False, reasons=("Slices are missing: 1.",))
    document = report(content, phantom_volume, None)
    assert concepts(document).count("82334004") == len(manifest.labels)
    assert "272519000" not in concepts(document)
    assert any("not evaluable. Slices are missing: 1." in text for text in texts(document))
    assert_valid(document, tmp_path)


@pytest.mark.parametrize(("cause", "code"), [("patient_safety", "113037"), ("quality", "113001")])
def test_a_rejection_note_names_the_objects_and_passes_dciodvfy(
    cause, code, manifest, phantom_volume, segmentation, tmp_path
):
    document = report(ReportContent(findings(manifest), manifest.labels), phantom_volume, segmentation)
    note = write_rejection_note(
        [segmentation, document], cause=cause, series=new_series(902), description="假阳性 false positive"
    )
    assert note.ConceptNameCodeSequence[0].CodeValue == code
    named = {
        instance.ReferencedSOPInstanceUID
        for study in note.CurrentRequestedProcedureEvidenceSequence
        for series in study.ReferencedSeriesSequence
        for instance in series.ReferencedSOPSequence
    }
    assert named == {segmentation.SOPInstanceUID, document.SOPInstanceUID}
    assert_valid(note, tmp_path)


@pytest.mark.parametrize("how_many", [1, 2])
def test_a_segmentation_of_one_slice_comes_back(how_many, label_map, manifest, phantom_volume, tmp_path):
    voxels = np.zeros_like(label_map.voxels_kji)
    voxels[5, 20:30, 20:30] = 1
    one = LabelMap(voxels, label_map.geometry, manifest.labels[:how_many])
    written = write_segmentation(
        one, sources=phantom_volume.datasets, algorithm=ALGORITHM, series=new_series(900)
    )
    np.testing.assert_array_equal(read_segmentation(written, one.geometry), voxels)
    assert_valid(written, tmp_path)
