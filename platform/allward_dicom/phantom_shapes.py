"""Spheres, boxes and tubes of known size as CT or MR series: for trying a plug-in before there are patients.

They stand in a column of soft tissue in air, brighter than it, each by itself. Every object says that it is
synthetic, as the abdomen phantom does.
"""

from dataclasses import dataclass
from math import pi
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian, MRImageStorage

from allward_dicom.provenance import derived_uid
from allward_sdk.geometry import Geometry
from allward_sdk.parts import Localised

ShapeKind = Literal["spheres", "boxes", "tubes"]

_GREY = {"CT": (-1000, 40, 250), "MR": (0, 300, 900)}
"""Modality -> air, tissue and shapes; HU in CT, arbitrary in MR."""
_INTERCEPT = {"CT": -1024, "MR": 0}
_STORAGE = {"CT": CTImageStorage, "MR": MRImageStorage}
_IMPLEMENTATION = UID(derived_uid("allward", "phantom"))
_COLUMN_SHARE = 0.45
"""Radius of the column of tissue, of the width of the field of view."""

TITLES = {
    "spheres": Localised(en="Three spheres of known size", zh="三个已知大小的球体"),
    "boxes": Localised(en="Three boxes of known size", zh="三个已知大小的长方体"),
    "tubes": Localised(en="Three tubes of known size", zh="三根已知大小的管"),
}


@dataclass(frozen=True, slots=True)
class ShapesSpec:
    """Which phantom to write.

    Attributes
    ----------
    slices, size
        Slices of `size` x `size` pixels.
    slice_spacing_mm, pixel_mm
        Distances between slices and between pixels.
    body_part
        (0018,0015); empty leaves it out.
    """

    kind: ShapeKind
    modality: Literal["CT", "MR"] = "CT"
    slices: int = 40
    size: int = 96
    slice_spacing_mm: float = 3.0
    pixel_mm: float = 2.0
    body_part: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """One shape: where it is and how large.

    Attributes
    ----------
    size_lps_mm
        Edges of its box along x, y and z.
    volume_ml
        Of the ideal shape, not of its voxels.
    """

    centre_lps_mm: tuple[float, float, float]
    size_lps_mm: tuple[float, float, float]
    volume_ml: float


def shapes_geometry(spec: ShapesSpec) -> Geometry:
    """Return the grid of a phantom; its middle is the origin."""
    affine = np.zeros((4, 4))
    affine[2, 0], affine[1, 1], affine[0, 2] = spec.slice_spacing_mm, spec.pixel_mm, spec.pixel_mm
    low = -spec.pixel_mm * (spec.size - 1) / 2
    affine[:, 3] = low, low, -spec.slice_spacing_mm * (spec.slices - 1) / 2, 1
    uid = derived_uid("shapes", "frame", repr(spec))
    return Geometry((spec.slices, spec.size, spec.size), affine, uid)


def shapes_of(spec: ShapesSpec) -> tuple[Shape, ...]:
    """Return the three shapes of a phantom, the largest first; they scale with the field of view."""
    width, height = spec.size * spec.pixel_mm, spec.slices * spec.slice_spacing_mm
    least = min(width, height)
    places = ((-0.2 * width, 0.0, 0.0), (0.2 * width, -0.12 * width, 0.0), (0.16 * width, 0.2 * width, 0.0))
    return tuple(
        _shape(spec.kind, centre, diameter_mm=share * least, height_mm=height)
        for centre, share in zip(places, (0.36, 0.24, 0.16), strict=True)
    )


def _shape(
    kind: ShapeKind, centre: tuple[float, float, float], *, diameter_mm: float, height_mm: float
) -> Shape:
    if kind == "spheres":
        return Shape(centre, (diameter_mm,) * 3, pi / 6 * diameter_mm**3 / 1000)
    if kind == "boxes":
        x, y, z = diameter_mm, diameter_mm * 0.75, diameter_mm * 0.5
        return Shape(centre, (x, y, z), x * y * z / 1000)
    across, along = diameter_mm * 0.5, height_mm * 0.6
    return Shape(centre, (across, across, along), pi / 4 * across**2 * along / 1000)


def draw_shapes(spec: ShapesSpec) -> npt.NDArray[np.uint8]:
    """Return the true labels, shape (k, j, i) of `shapes_geometry`; 1, 2, 3 in the order of `shapes_of`."""
    geometry = shapes_geometry(spec)
    k, j, i = (np.arange(n, dtype=np.float64) for n in geometry.shape_kji)
    x = geometry.index_to_lps_mm[0, 3] + i[None, None, :] * spec.pixel_mm
    y = geometry.index_to_lps_mm[1, 3] + j[None, :, None] * spec.pixel_mm
    z = geometry.index_to_lps_mm[2, 3] + k[:, None, None] * spec.slice_spacing_mm
    labels = np.zeros(geometry.shape_kji, np.uint8)
    for number, shape in enumerate(shapes_of(spec), 1):
        u, v, w = (
            2 * (place - centre) / size
            for place, centre, size in zip((x, y, z), shape.centre_lps_mm, shape.size_lps_mm, strict=True)
        )
        inside = {
            "spheres": u**2 + v**2 + w**2 <= 1,
            "boxes": (abs(u) <= 1) & (abs(v) <= 1) & (abs(w) <= 1),
            "tubes": (u**2 + v**2 <= 1) & (abs(w) <= 1),
        }[spec.kind]
        labels[inside] = number
    return labels


def write_shapes_phantom(folder: Path, spec: ShapesSpec) -> str:
    """Write a phantom's series into a folder, one file a slice.

    The same spec gives the same series, byte for byte.

    Returns
    -------
    Its Study Instance UID.
    """
    folder.mkdir(parents=True, exist_ok=True)
    geometry = shapes_geometry(spec)
    air, tissue, bright = _GREY[spec.modality]
    offset = (np.arange(spec.size) - (spec.size - 1) / 2) / spec.size
    column = np.hypot(offset[:, None], offset[None, :]) <= _COLUMN_SHARE
    voxels = np.where(draw_shapes(spec) > 0, bright, np.where(column, tissue, air)[None])
    study = derived_uid("shapes", "study", repr(spec))
    for k, plane in enumerate(voxels):
        image = _image(spec, geometry, k)
        image.StudyInstanceUID = study
        image.PixelData = (plane - _INTERCEPT[spec.modality]).astype("<i2").tobytes()
        image.save_as(folder / f"{spec.modality}{k + 1:04d}.dcm", enforce_file_format=True)
    return study


def _image(spec: ShapesSpec, geometry: Geometry, k: int) -> Dataset:
    """Return one slice without its pixels."""
    image = Dataset()
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image.file_meta.ImplementationClassUID = _IMPLEMENTATION
    image.SpecificCharacterSet = "ISO_IR 192"
    image.ImageType = ["DERIVED", "PRIMARY", "AXIAL"]
    image.SOPClassUID = _STORAGE[spec.modality]
    image.SOPInstanceUID = derived_uid("shapes", "instance", repr(spec), str(k))
    image.SeriesInstanceUID = derived_uid("shapes", "series", repr(spec))
    image.FrameOfReferenceUID = geometry.frame_of_reference_uid
    image.PositionReferenceIndicator = ""
    image.Modality = spec.modality
    _add_words(image, spec)
    _add_plane(image, spec, geometry, k)
    return image


def _add_words(image: Dataset, spec: ShapesSpec) -> None:
    image.PatientName, image.PatientID = "Phantom^Shapes=模体^几何", "PHANTOM-SHAPES"
    image.PatientBirthDate, image.PatientSex, image.PatientPosition = "19700101", "O", "HFS"
    image.StudyDate = image.SeriesDate = image.AcquisitionDate = image.ContentDate = "20260105"
    image.StudyTime = image.SeriesTime = image.AcquisitionTime = image.ContentTime = "080000"
    image.AccessionNumber = image.ReferringPhysicianName = ""
    image.Manufacturer, image.ManufacturerModelName = "Allward", "Synthetic shapes phantom"
    image.StudyDescription = "SYNTHETIC PHANTOM, no patient"
    image.SeriesDescription = f"SYNTHETIC PHANTOM {spec.kind}"
    image.StudyID, image.SeriesNumber, image.AcquisitionNumber = "1", 2, 1
    if spec.body_part:
        image.BodyPartExamined = spec.body_part
    if spec.modality == "CT":
        image.KVP, image.ConvolutionKernel = 120, "STANDARD"
        return
    image.ScanningSequence, image.SequenceVariant, image.ScanOptions = "SE", "NONE", ""
    image.MRAcquisitionType, image.EchoTime, image.RepetitionTime = "2D", 15, 500
    image.EchoTrainLength = 1


def _add_plane(image: Dataset, spec: ShapesSpec, geometry: Geometry, k: int) -> None:
    position = geometry.to_lps_mm([[k, 0, 0]])[0]
    air, tissue, bright = _GREY[spec.modality]
    image.InstanceNumber = spec.slices - k  # numbered from the head down, as scanners do
    image.ImagePositionPatient = [float(round(c, 4)) for c in position]
    image.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    image.SliceThickness = spec.slice_spacing_mm
    image.SliceLocation = float(round(position[2], 4))
    image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
    image.Rows = image.Columns = spec.size
    image.PixelSpacing = [spec.pixel_mm, spec.pixel_mm]
    image.BitsAllocated = image.BitsStored = 16
    image.HighBit, image.PixelRepresentation = 15, 1
    image.WindowCenter, image.WindowWidth = (tissue + bright) // 2, 2 * (bright - tissue)
    if spec.modality == "CT":
        image.RescaleIntercept, image.RescaleSlope, image.RescaleType = _INTERCEPT["CT"], 1, "HU"
