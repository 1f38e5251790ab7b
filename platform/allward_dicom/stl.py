"""Surfaces as Encapsulated STL, for viewers in three dimensions and for printing; millimetres, LPS.

The file inside is a binary STL: each triangle with its own corners, as 32-bit floats. Its frame of reference
is that of the images, so that a viewer can lay the surface over them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import ExplicitVRLittleEndian

from allward_dicom.codes import concept
from allward_dicom.provenance import AlgorithmIdentity, Language, NewSeries, evidence, in_utf8, short
from allward_sdk.errors import BadInputError
from allward_sdk.parts import Code
from allward_sdk.shapes import Mesh

Vertices = npt.NDArray[np.float32]
Triangles = npt.NDArray[np.int32]

ENCAPSULATED_STL = "1.2.840.10008.5.1.4.1.1.104.3"
_TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
"""One triangle of a binary STL: 50 bytes. Source: 3D Systems, StereoLithography Interface Specification."""
_HEADER = 80
_COPIED = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID", "StudyID", "StudyDate",
    "StudyTime", "AccessionNumber", "ReferringPhysicianName",
)  # fmt: skip
"""What a new object in the study repeats; all of type 2, so that what is missing is written empty."""
_MILLIMETRE = Code(scheme="UCUM", value="mm", meaning="millimeter")
_PLANNING = Code(scheme="DCM", value="129013", meaning="Planning Intent")
"""CID 7064 (Model Usage)."""
_TITLES = {
    "CT": Code(scheme="LN", value="85040-4", meaning="CT 3D CAM model"),
    "MR": Code(scheme="LN", value="85041-2", meaning="MR 3D CAM model"),
}
_MIXED = Code(scheme="DCM", value="129019", meaning="Mixed Modality 3D CAM model")
"""CID 7061 (3D Model Document Titles)."""


@dataclass(frozen=True, slots=True)
class Surface:
    """A closed surface.

    Attributes
    ----------
    record
        What it is the surface of.
    vertices_lps_mm
        Shape (n, 3), mm, LPS.
    triangles
        Shape (m, 3): rows of the vertices, counter-clockwise as seen from outside.
    """

    record: Mesh
    vertices_lps_mm: Vertices
    triangles: Triangles


def stl_bytes(surface: Surface) -> bytes:
    """Return a surface as a binary STL."""
    corners = surface.vertices_lps_mm[surface.triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    records = np.zeros(len(corners), _TRIANGLE)
    records["normal"] = np.divide(normals, lengths, out=np.zeros_like(normals), where=lengths > 0)
    records["corners"] = corners
    head = b"Allward surface, mm, LPS".ljust(_HEADER) + np.uint32(len(corners)).tobytes()
    return head + records.tobytes()


def corners_of(stl: bytes) -> npt.NDArray[np.float32]:
    """Return the corners of a binary STL's triangles, shape (m, 3, 3), mm.

    Raises
    ------
    BadInputError
        If the bytes are no binary STL, or end too early.
    """
    if len(stl) < _HEADER + 4:
        raise BadInputError("The object holds no binary STL.")
    count = int(np.frombuffer(stl, "<u4", 1, _HEADER)[0])
    if len(stl) < _HEADER + 4 + count * _TRIANGLE.itemsize:
        raise BadInputError(f"The STL ends before its {count} triangles do.")
    corners: npt.NDArray[np.float32] = np.frombuffer(stl, _TRIANGLE, count, _HEADER + 4)["corners"]
    return corners


def write_surface(
    surface: Surface,
    *,
    sources: Sequence[Dataset],
    algorithm: AlgorithmIdentity,
    series: NewSeries,
    language: Language = "en",
) -> Dataset:
    """Write a surface as an Encapsulated STL.

    Parameters
    ----------
    sources
        The images that were evaluated; their frame of reference is the surface's.
    language
        Of the document's title.

    Raises
    ------
    BadInputError
        If the images name no frame of reference, so that the surface would lie nowhere.

    Source
    ------
    PS3.3 A.85.2 (Encapsulated STL IOD), C.35 (Manufacturing 3D Model).
    """
    images = evidence(sources)
    first = images[0]
    if not first.get("FrameOfReferenceUID"):
        raise BadInputError("The images name no frame of reference; a surface would lie nowhere.")
    written = _new_object(first, algorithm, series)
    written.FrameOfReferenceUID = first.FrameOfReferenceUID
    written.PositionReferenceIndicator = first.get("PositionReferenceIndicator", "")
    stl = stl_bytes(surface)
    written.BurnedInAnnotation = "NO"
    written.RecognizableVisualFeatures = "NO"
    written.DocumentTitle = getattr(surface.record.title, language)
    written.ConceptNameCodeSequence = DicomSequence([concept(_TITLES.get(str(first.Modality), _MIXED))])
    written.MIMETypeOfEncapsulatedDocument = "model/stl"
    written.EncapsulatedDocument = stl + b"\0" * (len(stl) % 2)
    written.EncapsulatedDocumentLength = len(stl)
    written.SourceInstanceSequence = DicomSequence(_reference(image) for image in images)
    written.ReferencedSeriesSequence = DicomSequence(_references_by_series(images))
    written.MeasurementUnitsCodeSequence = DicomSequence([concept(_MILLIMETRE)])
    written.ModelModification = "NO"
    written.ModelMirroring = "NO"
    written.ModelUsageCodeSequence = DicomSequence([concept(_PLANNING)])
    written.ContentDescription = short(series.description)
    return in_utf8(written)


def _new_object(first: Dataset, algorithm: AlgorithmIdentity, series: NewSeries) -> Dataset:
    """Return an object with all that says to whom and what it belongs."""
    written = Dataset()
    written.file_meta = FileMetaDataset()
    written.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    for keyword in _COPIED:
        setattr(written, keyword, first.get(keyword, ""))
    written.SOPClassUID = ENCAPSULATED_STL
    written.Modality = "M3D"
    moment = datetime.now().astimezone()
    named: dict[str, Any] = {
        "SeriesInstanceUID": series.series_instance_uid,
        "SOPInstanceUID": series.sop_instance_uid,
        "SeriesNumber": series.series_number,
        "InstanceNumber": 1,
        "SeriesDescription": short(series.description),
        "Manufacturer": short(algorithm.vendor),
        "ManufacturerModelName": short(algorithm.name),
        "SoftwareVersions": short(algorithm.version),
        "DeviceSerialNumber": short(algorithm.digest),
        "ContentDate": moment.strftime("%Y%m%d"),
        "ContentTime": moment.strftime("%H%M%S.%f"),
        "AcquisitionDateTime": "",
    }
    for keyword, value in named.items():
        setattr(written, keyword, value)
    return written


def _references_by_series(images: Sequence[Dataset]) -> list[Dataset]:
    """Return the Common Instance Reference of the images (PS3.3 C.12.2)."""
    by_series: dict[str, list[Dataset]] = {}
    for image in images:
        by_series.setdefault(str(image.SeriesInstanceUID), []).append(_reference(image))
    referenced = []
    for uid, instances in by_series.items():
        item = Dataset()
        item.SeriesInstanceUID = uid
        item.ReferencedInstanceSequence = DicomSequence(instances)
        referenced.append(item)
    return referenced


def _reference(image: Dataset) -> Dataset:
    referenced = Dataset()
    referenced.ReferencedSOPClassUID = image.SOPClassUID
    referenced.ReferencedSOPInstanceUID = image.SOPInstanceUID
    return referenced


def stl_of(dataset: Dataset) -> bytes:
    """Return the STL inside an object.

    Raises
    ------
    BadInputError
        If it is no Encapsulated STL.
    """
    if dataset.get("MIMETypeOfEncapsulatedDocument") != "model/stl":
        raise BadInputError("The object is no Encapsulated STL.")
    content = bytes(dataset.EncapsulatedDocument)
    return content[: int(dataset.get("EncapsulatedDocumentLength", len(content)))]
