"""The synthetic abdomen as a DICOM study: what a fresh installation shows where no real study lies.

Every object says that it is synthetic: in Series and Study Description, Patient's Name and Image Type.
Specs make small ones for tests, other patients, and series with one fault each.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian, MRImageStorage

from allward_dicom.phantom_anatomy import Anatomy, draw_abdomen
from allward_dicom.provenance import derived_uid
from allward_sdk.geometry import Geometry

Fault = Literal[
    "missing_slice", "duplicate_slice", "irregular_spacing", "gantry_tilt", "mixed_orientation",
    "mixed_size", "no_pixel_spacing", "not_ct", "not_hu", "localizer", "truncated",
]  # fmt: skip

_CENTRE_Z_MM = 190.0
_INTERCEPT = -1024
_TILT_DEG = 15.0
_IMPLEMENTATION = UID(derived_uid("allward", "phantom"))


@dataclass(frozen=True, slots=True)
class PhantomPatient:
    """Whose phantom it is.

    Attributes
    ----------
    name
        DICOM person name with its groups.
    birth_date
        YYYYMMDD.
    charset
        Specific Character Set that the name is written in.
    declare_charset
        False leaves (0008,0005) out, as some modalities do.
    """

    name: str = "Phantom^Abdomen=模体^腹部"
    patient_id: str = "PHANTOM-0001"
    issuer: str | None = None
    birth_date: str = "19700101"
    sex: Literal["M", "F", "O"] = "O"
    charset: str = "ISO_IR 192"
    declare_charset: bool = True


@dataclass(frozen=True, slots=True)
class PhantomSpec:
    """Which phantom to write.

    Attributes
    ----------
    slices, size
        Slices of `size` x `size` pixels over a field of view of 400 mm, centred on the liver.
    slice_spacing_mm
        Distance between slices.
    padding_hu
        What lies outside the reconstruction circle, such as -3024; None for air everywhere.
    fault
        The one thing that is wrong with the series.
    """

    slices: int = 60
    size: int = 256
    slice_spacing_mm: float = 5.0
    study_date: str = "20260105"
    accession_number: str = ""
    institution_name: str = ""
    padding_hu: int | None = None
    fault: Fault | None = None
    patient: PhantomPatient = field(default_factory=PhantomPatient)


def phantom_geometry(spec: PhantomSpec) -> Geometry:
    """Return the grid of a phantom."""
    pixel_mm = 400.0 / spec.size
    affine = np.zeros((4, 4))
    affine[:, 0], affine[:, 1], affine[:, 2] = (
        (0, 0, spec.slice_spacing_mm, 0),
        (0, pixel_mm, 0, 0),
        (pixel_mm, 0, 0, 0),
    )
    low = -200.0 + pixel_mm / 2
    affine[:, 3] = low, low, _CENTRE_Z_MM - spec.slice_spacing_mm * (spec.slices - 1) / 2, 1
    return Geometry((spec.slices, spec.size, spec.size), affine, derived_uid("phantom", "frame", repr(spec)))


def draw_phantom(spec: PhantomSpec, *, seed: int) -> Anatomy:
    """Return the voxels of a phantom and its true labels, on the grid of `phantom_geometry`."""
    return draw_abdomen(phantom_geometry(spec), seed=seed)


def write_abdomen_phantom(folder: Path, *, seed: int, spec: PhantomSpec | None = None) -> str:
    """Write a phantom's CT series into a folder, one file a slice.

    The same seed and spec give the same study, byte for byte.

    Returns
    -------
    Its Study Instance UID.
    """
    spec = spec or PhantomSpec()
    folder.mkdir(parents=True, exist_ok=True)
    geometry = phantom_geometry(spec)
    voxels = _with_padding(draw_phantom(spec, seed=seed).voxels_hu, spec)
    images = [_image(spec, seed, geometry, k) for k in range(spec.slices)]
    for image, plane in zip(images, voxels, strict=True):
        image.PixelData = (plane - np.int16(_INTERCEPT)).astype("<i2").tobytes()
    if spec.fault is not None:
        images = _FAULTS[spec.fault](images)
    for number, image in enumerate(images, start=1):
        path = folder / f"CT{number:04d}.dcm"
        image.save_as(path, enforce_file_format=True)
        if spec.fault == "truncated" and number == len(images) // 2:
            path.write_bytes(path.read_bytes()[: -spec.size * spec.size])
    return str(images[0].StudyInstanceUID)


def _with_padding(voxels_hu: npt.NDArray[np.int16], spec: PhantomSpec) -> npt.NDArray[np.int16]:
    if spec.padding_hu is None:
        return voxels_hu
    offset = np.arange(spec.size) - (spec.size - 1) / 2
    outside = np.hypot(offset[:, None], offset[None, :]) > spec.size / 2
    return np.where(outside[None], np.int16(spec.padding_hu), voxels_hu)


def _image(spec: PhantomSpec, seed: int, geometry: Geometry, k: int) -> Dataset:
    """Return one slice without its pixels."""
    key = (str(seed), repr(spec))
    image = Dataset()
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image.file_meta.ImplementationClassUID = _IMPLEMENTATION
    image.SpecificCharacterSet = spec.patient.charset
    image.ImageType = ["DERIVED", "PRIMARY", "AXIAL"]
    image.SOPClassUID = CTImageStorage
    image.SOPInstanceUID = derived_uid("phantom", "instance", *key, str(k))
    image.StudyInstanceUID = derived_uid("phantom", "study", *key)
    image.SeriesInstanceUID = derived_uid("phantom", "series", *key)
    image.FrameOfReferenceUID = geometry.frame_of_reference_uid
    _add_patient(image, spec.patient)
    _add_study(image, spec)
    _add_plane(image, spec, geometry, k)
    if not spec.patient.declare_charset:
        _encode_undeclared(image, spec.patient)
    return image


def _add_patient(image: Dataset, patient: PhantomPatient) -> None:
    image.PatientName = patient.name
    image.PatientID = patient.patient_id
    if patient.issuer is not None:
        image.IssuerOfPatientID = patient.issuer
    image.PatientBirthDate = patient.birth_date
    image.PatientSex = patient.sex
    image.PatientPosition = "HFS"


def _encode_undeclared(image: Dataset, patient: PhantomPatient) -> None:
    """Write the name's bytes in its character set without saying so."""
    name = image["PatientName"].value.encode([{"GB18030": "gb18030"}.get(patient.charset, "utf-8")])
    del image.SpecificCharacterSet
    image.PatientName = name


def _add_study(image: Dataset, spec: PhantomSpec) -> None:
    image.StudyDate = image.SeriesDate = image.AcquisitionDate = image.ContentDate = spec.study_date
    image.StudyTime = image.SeriesTime = image.AcquisitionTime = image.ContentTime = "080000"
    image.AccessionNumber = spec.accession_number
    image.Modality = "CT"
    image.Manufacturer = "Allward"
    image.ManufacturerModelName = "Synthetic abdomen phantom"
    image.InstitutionName = spec.institution_name
    image.ReferringPhysicianName = ""
    image.StudyDescription = "SYNTHETIC PHANTOM, no patient"
    image.SeriesDescription = "SYNTHETIC PHANTOM portal venous 5 mm"
    image.BodyPartExamined = "ABDOMEN"
    image.StudyID = "1"
    image.SeriesNumber = 2
    image.AcquisitionNumber = 1
    image.KVP = 120
    image.ConvolutionKernel = "STANDARD"
    image.PositionReferenceIndicator = ""


def _add_plane(image: Dataset, spec: PhantomSpec, geometry: Geometry, k: int) -> None:
    position = geometry.to_lps_mm([[k, 0, 0]])[0]
    image.InstanceNumber = spec.slices - k  # numbered from the head down, as scanners do
    image.ImagePositionPatient = [float(round(c, 4)) for c in position]
    image.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    image.SliceThickness = spec.slice_spacing_mm
    image.SliceLocation = float(round(position[2], 4))
    image.SamplesPerPixel = 1
    image.PhotometricInterpretation = "MONOCHROME2"
    image.Rows = image.Columns = spec.size
    image.PixelSpacing = [400.0 / spec.size, 400.0 / spec.size]
    image.BitsAllocated = image.BitsStored = 16
    image.HighBit = 15
    image.PixelRepresentation = 1
    if spec.padding_hu is not None:
        image.PixelPaddingValue = spec.padding_hu - _INTERCEPT
    image.WindowCenter, image.WindowWidth = 60, 400
    image.RescaleIntercept, image.RescaleSlope, image.RescaleType = _INTERCEPT, 1, "HU"


def _missing_slice(images: list[Dataset]) -> list[Dataset]:
    middle = len(images) // 2
    return images[:middle] + images[middle + 1 :]


def _duplicate_slice(images: list[Dataset]) -> list[Dataset]:
    again = copy.deepcopy(images[len(images) // 2])
    again.SOPInstanceUID = derived_uid("phantom", "again", str(again.SOPInstanceUID))
    return [*images, again]


def _irregular_spacing(images: list[Dataset]) -> list[Dataset]:
    middle = len(images) // 2
    for k, image in enumerate(images[middle:]):
        x, y, z = image.ImagePositionPatient
        image.ImagePositionPatient = [x, y, float(round(z + 0.5 * image.SliceThickness * k, 4))]
    return images


def _gantry_tilt(images: list[Dataset]) -> list[Dataset]:
    cosine, sine = (float(round(f(np.radians(_TILT_DEG)), 6)) for f in (np.cos, np.sin))
    for image in images:
        image.GantryDetectorTilt = _TILT_DEG
        image.ImageOrientationPatient = [1, 0, 0, 0, cosine, -sine]
    return images


def _mixed_orientation(images: list[Dataset]) -> list[Dataset]:
    for image in images[-3:]:
        image.ImageOrientationPatient = [0, 1, 0, 0, 0, -1]
    return images


def _mixed_size(images: list[Dataset]) -> list[Dataset]:
    last = images[-1]
    last.Rows = last.Rows // 2
    last.PixelData = last.PixelData[: len(last.PixelData) // 2]
    return images


def _no_pixel_spacing(images: list[Dataset]) -> list[Dataset]:
    for image in images:
        del image.PixelSpacing
    return images


def _not_ct(images: list[Dataset]) -> list[Dataset]:
    for image in images:
        image.SOPClassUID = MRImageStorage
        image.Modality = "MR"
    return images


def _not_hu(images: list[Dataset]) -> list[Dataset]:
    for image in images:
        image.RescaleType = "US"
    return images


def _localizer(images: list[Dataset]) -> list[Dataset]:
    for image in images:
        image.ImageType = ["DERIVED", "PRIMARY", "LOCALIZER"]
    return images


_FAULTS: dict[Fault, Callable[[list[Dataset]], list[Dataset]]] = {
    "missing_slice": _missing_slice,
    "duplicate_slice": _duplicate_slice,
    "irregular_spacing": _irregular_spacing,
    "gantry_tilt": _gantry_tilt,
    "mixed_orientation": _mixed_orientation,
    "mixed_size": _mixed_size,
    "no_pixel_spacing": _no_pixel_spacing,
    "not_ct": _not_ct,
    "not_hu": _not_hu,
    "localizer": _localizer,
    "truncated": lambda images: images,
}
