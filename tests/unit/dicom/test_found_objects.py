"""Every kind of result as a DICOM object: no error by dciodvfy, and the numbers come back as they were."""

from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
import pytest
from pydicom.uid import generate_uid
from tests.unit.dicom.slides import slide_header
from tests.unit.dicom.validator import said_by_dciodvfy

from allward_dicom.annotations import TilePlaces, tiles_as_marks
from allward_dicom.found_objects import FoundContent, has_something, objects_of_found, write_found_object
from allward_dicom.provenance import AlgorithmIdentity, NewSeries
from allward_dicom.sr import ReportContent, Verification, write_measurement_report
from allward_dicom.stl import corners_of, stl_of
from allward_sdk.errors import BadInputError
from allward_sdk.found import SlideMap, TileClasses, VolumeMap
from allward_sdk.manifest import Manifest, read_manifest
from allward_sdk.results import Box, Finding
from allward_sdk.shapes import Mesh
from allward_sdk.writings import Table, Text

ALGORITHM = AlgorithmIdentity("org.allward.liver-ct", "1.0.0", "ab" * 32, "Allward")
AFFINE = ((0.0, 4.5, 0.0, 1.25), (0.0, 0.0, -8.0, 2.5), (12.0, 0.0, 0.0, -3.75), (0.0, 0.0, 0.0, 1.0))
RANDOM = np.random.default_rng(7)


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    return read_manifest(Path(__file__).parents[3] / "plugins" / "liver_ct" / "plugin.toml")


@pytest.fixture
def written(manifest, phantom_volume, tmp_path):
    """Write the only object of a record, judged by dciodvfy, and read it from the disk again."""

    def write(record, arrays=None, *, sources=None, **said) -> pydicom.Dataset:
        (each,) = objects_of_found([record])
        made = write_found_object(
            each,
            FoundContent(arrays or {}, manifest.labels, **said),
            sources=sources or phantom_volume.datasets,
            algorithm=ALGORITHM,
            series=NewSeries(generate_uid(), generate_uid(), 900, "AI result"),
        )
        return judged(made, tmp_path)

    return write


def judged(made: pydicom.Dataset, folder: Path) -> pydicom.Dataset:
    made.save_as(folder / "object.dcm", enforce_file_format=True)
    said = said_by_dciodvfy(folder / "object.dcm")
    assert "Error" not in said, said
    return pydicom.dcmread(folder / "object.dcm")


def names(manifest: Manifest) -> tuple[str, ...]:
    return tuple(label.name for label in manifest.labels)


def volume_map(manifest: Manifest) -> VolumeMap:
    return VolumeMap(
        stage="heat", labels=names(manifest), meaning=manifest.labels[0].title, values="v",
        index_to_lps_mm=AFFINE,
    )  # fmt: skip


def floats_of(read: pydicom.Dataset) -> np.ndarray:
    """The values of a map by frame, NaN where padding is."""
    frames = np.frombuffer(read.FloatPixelData, "<f4").reshape(-1, read.Rows, read.Columns)
    return np.where(frames == np.float32(read.FloatPixelPaddingValue), np.nan, frames)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_heat_map_of_a_volume_comes_back_value_by_value_and_lies_where_it_lay(language, written, manifest):
    values = RANDOM.normal(size=(2, 3, 5, 7)).astype(np.float32)
    values[0, 1] = np.nan
    values[1, 2, 3, 4] = np.nan
    read = written(volume_map(manifest), {"v": values}, language=language)
    assert read.SOPClassUID == "1.2.840.10008.5.1.4.1.1.30"
    shared = read.SharedFunctionalGroupsSequence[0]
    places, labels = [], []
    for frame in read.PerFrameFunctionalGroupsSequence:
        places.append([float(mm) for mm in frame.PlanePositionSequence[0].ImagePositionPatient])
        labels.append(frame.RealWorldValueMappingSequence[0].LUTLabel)
    frames = floats_of(read)
    for name, channel in zip(("LIVER", "TUMOUR"), values, strict=True):
        # The frames of a label stand in the order of the plane's normal, which runs against k here.
        own = sorted((n for n, label in enumerate(labels) if label == name), key=lambda n: places[n][2])
        np.testing.assert_array_equal(frames[own], channel)
        assert [places[n] for n in own] == [[1.25, 2.5, -3.75 + 12 * k] for k in range(3)]
    assert list(shared.PixelMeasuresSequence[0].PixelSpacing) == [4.5, 8.0]
    assert list(shared.PlaneOrientationSequence[0].ImageOrientationPatient) == [0, -1, 0, 1, 0, 0]


def test_a_map_of_a_single_slice_and_label_is_valid_too(written, manifest):
    record = volume_map(manifest).model_copy(update={"labels": names(manifest)[:1]})
    values = np.full((1, 1, 4, 4), 0.25, np.float32)
    np.testing.assert_array_equal(floats_of(written(record, {"v": values})), values[0])


def test_a_map_that_looked_nowhere_is_not_written(written, manifest):
    values = np.full((2, 1, 4, 4), np.nan, np.float32)
    assert not has_something(volume_map(manifest), {"v": values})
    with pytest.raises(BadInputError, match="nothing was looked at"):
        written(volume_map(manifest), {"v": values})


def test_a_heat_map_of_a_slide_lies_on_the_slide(written, manifest):
    values = RANDOM.random((2, 4, 8), dtype=np.float32)
    values[0, 0, 0] = np.nan
    record = SlideMap(
        stage="h", labels=names(manifest), meaning=manifest.labels[0].title, values="v",
        corner_px=(512, 256), stride_px=(128, 256), mpp=0.5,
    )  # fmt: skip
    read = written(record, {"v": values}, sources=[slide_header()])
    np.testing.assert_array_equal(floats_of(read), values)
    shared = read.SharedFunctionalGroupsSequence[0]
    assert [float(mm) for mm in shared.PixelMeasuresSequence[0].PixelSpacing] == [0.064, 0.128]
    place = read.PerFrameFunctionalGroupsSequence[0].PlanePositionSlideSequence[0]
    # Rows grow to -x, columns to -y; the middle of the first cell, the slide's origin being a pixel's centre.
    assert float(place.XOffsetInSlideCoordinateSystem) == pytest.approx(20 - (512 + 64 - 0.5) * 0.0005)
    assert float(place.YOffsetInSlideCoordinateSystem) == pytest.approx(40 - (256 + 128 - 0.5) * 0.0005)


def test_a_surface_comes_back_corner_by_corner(written, manifest, phantom_volume):
    label = manifest.labels[0]
    vertices = (RANDOM.random((4, 3)) * 100).astype(np.float32)
    triangles = np.asarray([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]], np.int32)
    record = Mesh(stage="liver", label=label.type, title=label.title, vertices="v", triangles="t")
    read = written(record, {"v": vertices, "t": triangles})
    assert read.SOPClassUID == "1.2.840.10008.5.1.4.1.1.104.3"
    np.testing.assert_array_equal(corners_of(stl_of(read)), vertices[triangles])
    assert read.FrameOfReferenceUID == phantom_volume.datasets[0].FrameOfReferenceUID
    assert (read.DocumentTitle, str(read.PatientName)) == ("Liver", "Phantom^Abdomen=模体^腹部")


def test_an_stl_that_ends_too_early_is_refused():
    with pytest.raises(BadInputError, match="ends before its 5 triangles"):
        corners_of(b"x".ljust(80) + np.uint32(5).tobytes() + b"\0" * 50)
    with pytest.raises(BadInputError, match="no binary STL"):
        corners_of(b"solid")


def test_tiles_become_marks_with_the_probabilities_of_every_class(written, manifest):
    labels = {label.name: label for label in manifest.labels}
    record = TileClasses(stage="tiles", labels=names(manifest), index="i", probabilities="p")
    told = np.asarray([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]], np.float32)
    places = TilePlaces(np.asarray([[0, 0], [0, 256], [256, 0], [256, 256]]), (256, 256))
    marks = tiles_as_marks(record, {"i": np.asarray([0, 2, 3]), "p": told}, places, labels)
    read = hd.ann.MicroscopyBulkSimpleAnnotations.from_dataset(
        written(marks.record, marks.arrays, sources=[slide_header()])
    )
    liver, lesion = read.get_annotation_groups()
    assert [liver.label, lesion.label] == [label.title.en for label in manifest.labels]
    np.testing.assert_array_equal(liver.get_measurements()[1], told[[0, 2]])
    np.testing.assert_array_equal(lesion.get_measurements()[1], told[[1]])
    first, second = liver.get_graphic_data("3D")
    edge = 0.5 * 0.0005
    np.testing.assert_allclose(first[0], [20 + edge, 40 + edge, 0], atol=1e-9)
    np.testing.assert_allclose(second[2], [20 + edge - 512 * 0.0005, 40 + edge - 512 * 0.0005, 0], atol=1e-9)


def test_a_slide_that_does_not_say_where_it_lies_is_refused(written, manifest):
    slide = slide_header()
    del slide.TotalPixelMatrixOriginSequence
    labels = {label.name: label for label in manifest.labels}
    record = TileClasses(stage="t", labels=names(manifest), index="i", probabilities="p")
    told = {"i": np.asarray([0]), "p": np.asarray([[0.9, 0.1]], np.float32)}
    marks = tiles_as_marks(record, told, TilePlaces(np.asarray([[0, 0]]), (8, 8)), labels)
    with pytest.raises(BadInputError, match="where it lies"):
        written(marks.record, marks.arrays, sources=[slide])


def numbers_and_texts(read: pydicom.Dataset) -> tuple[list[float], list[str]]:
    numbers, texts = [], []

    def collect(items) -> None:
        for item in items:
            if item.ValueType == "NUM":
                numbers.append(float(item.MeasuredValueSequence[0].NumericValue))
            if item.ValueType == "TEXT":
                texts.append(item.TextValue)
            collect(item.get("ContentSequence", []))

    collect(read.ContentSequence)
    return numbers, texts


@pytest.mark.parametrize("verification", [None, Verification("Zhang^San=张^三", "第一医院")])
def test_tables_and_texts_are_one_document(verification, manifest, phantom_volume, tmp_path):
    label, measured = manifest.labels[0], manifest.measurements[0]
    column = {"name": "a", "title": measured.title, "concept": measured.concept, "unit": measured.unit}
    table = Table(
        stage="t", title=label.title, concept=label.type, columns=[column],
        rows=[{"title": label.title, "values": [1234.5]}, {"title": label.title, "values": [None]}],
    )  # fmt: skip
    text = Text(stage="t", title=label.title, concept=label.type, paragraphs=[label.title])
    (each,) = objects_of_found([table, text])
    content = FoundContent({}, manifest.labels, language="zh", verification=verification)
    series = NewSeries(generate_uid(), generate_uid(), 900, "AI result")
    made = write_found_object(
        each, content, sources=phantom_volume.datasets, algorithm=ALGORITHM, series=series
    )
    read = judged(made, tmp_path)
    assert read.SOPClassUID == "1.2.840.10008.5.1.4.1.1.88.22"
    assert read.VerificationFlag == ("UNVERIFIED" if verification is None else "VERIFIED")
    numbers, texts = numbers_and_texts(read)
    assert numbers == [1234.5]
    assert texts[0] == "仅供科研使用，不得用于诊断或治疗。"
    assert f"{measured.title.zh}：未测量。" in texts


def test_boxes_points_and_classes_come_back_from_the_report(manifest, phantom_volume, tmp_path):
    label = manifest.labels[1]
    box = Box(corner_lps_mm=(1.5, 2.25, -3.0), edges_lps_mm=((0, 0, 10.5), (0, 20, 0), (30, 0, 0)))
    shared = {"label": label.type, "title": label.title}
    findings = (
        Finding(id="box", kind="lesion", tracking_uid=generate_uid(), box_lps_mm=box, **shared),
        Finding(id="point", kind="lesion", tracking_uid=generate_uid(), centre_lps_mm=(7, 8.5, -9), **shared),
        Finding(id="yes", kind="class", tracking_uid=generate_uid(), chosen=True, **shared),
        Finding(id="no", kind="class", tracking_uid=generate_uid(), chosen=False, **shared),
    )
    made = write_measurement_report(
        ReportContent(findings, ()),
        sources=phantom_volume.datasets,
        segmentation=None,
        algorithm=ALGORITHM,
        series=NewSeries(generate_uid(), generate_uid(), 900, "AI result"),
    )
    judged(made, tmp_path)
    report = hd.sr.srread(tmp_path / "object.dcm").content
    assert isinstance(report, hd.sr.MeasurementReport)
    (boxed,) = report.get_volumetric_roi_measurement_groups()
    faces = [face[:4] for face in boxed.roi.graphic_data]
    np.testing.assert_array_equal(np.concatenate(faces), box.corners_lps_mm())
    (pointed,) = report.get_planar_roi_measurement_groups()
    assert pointed.roi.value.tolist() == [[7, 8.5, -9]]
    yes, no = report.get_image_measurement_groups()
    (evaluation,) = yes.get_qualitative_evaluations()
    assert evaluation.value.value == "52101004"
    assert not no.get_qualitative_evaluations()
