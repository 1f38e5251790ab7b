"""From the images of a series to one array with its geometry, or a clear refusal.

Arrays are (k, j, i); k grows as `slices` says. Values are rescaled slice by slice. In CT everything
outside the scanned circle (Pixel Padding, values below air such as -3024) is set to -1024 HU.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import pydicom
from pydicom.dataset import Dataset
from pydicom.uid import UID

from allward_dicom.header import Header, read_header
from allward_dicom.reasons import reason
from allward_dicom.verdict import Verdict, judge
from allward_sdk.errors import BadInputError
from allward_sdk.geometry import Geometry

Voxels = npt.NDArray[np.int16] | npt.NDArray[np.float32]

OUTSIDE_HU = -1024
"""What stands for "nothing was measured here" in CT: as far below air as 12 bits reach."""
_TISSUE_HU = (-500.0, 2000.0)
"""A padding value that falls here is real tissue under a wrong declaration, and is kept."""
_DECODE_ERRORS = (
    ValueError,
    RuntimeError,
    NotImplementedError,
    AttributeError,
    KeyError,
    IndexError,
    OSError,
)
"""What pydicom and its plug-ins raise on pixels that they cannot decode."""


_COPIED = (
    "00080050", "00080080", "00080090", "00081030", "00100010", "00100020", "00100021", "00100030",
    "00100040", "00200010",
)  # fmt: skip
"""Attributes of patient and study that a new object in the same study repeats (PS3.3 C.7.1.1, C.7.2.1)."""


@dataclass(frozen=True, slots=True)
class SeriesVolume:
    """One series as a volume.

    Attributes
    ----------
    voxels_kji
        int16, or float32 where the rescaled values are no whole numbers or too large.
    geometry
        Grid of `voxels_kji`, LPS mm.
    unit
        UCUM-like unit of the values: `"HU"`, else the Rescale Type, else `"1"`.
    datasets
        The images by growing k, without their pixels; what `write_segmentation` refers to.
    headers
        The same as headers.
    """

    voxels_kji: Voxels
    geometry: Geometry
    unit: str
    datasets: tuple[Dataset, ...]
    headers: tuple[Header, ...]

    @property
    def study_instance_uid(self) -> str:
        """(0020,000D)."""
        return self.headers[0].study_instance_uid

    @property
    def series_instance_uid(self) -> str:
        """(0020,000E)."""
        return self.headers[0].series_instance_uid

    @property
    def modality(self) -> str:
        """(0008,0060)."""
        return self.headers[0].modality or "OT"


def read_volume(
    sources: Sequence[Path | BinaryIO | bytes],
    *,
    min_slices: int = 2,
    need_hu: bool = True,
    fallback_charset: str | None = None,
) -> SeriesVolume:
    """Read the images of one series into a volume.

    Parameters
    ----------
    sources
        Files, open files or bytes of DICOM objects, in any order.
    min_slices, need_hu
        As in `judge`.
    fallback_charset
        As in `read_header`; `SeriesVolume.datasets` carry texts about patient and study in UTF-8.

    Raises
    ------
    BadInputError
        With the words of the verdict, or "… is truncated: …" and the like for a broken file.
    """
    by_uid: dict[str, tuple[Header, Path | bytes]] = {}
    for source in sources:
        content = source if isinstance(source, Path | bytes) else source.read()
        header = read_header(content, fallback_charset=fallback_charset)
        by_uid[header.sop_instance_uid] = header, content
    verdict = judge([header for header, _ in by_uid.values()], min_slices=min_slices, need_hu=need_hu)
    if not verdict.evaluable or verdict.geometry is None:
        raise BadInputError(words(verdict))
    return _stack([by_uid[h.sop_instance_uid] for h in verdict.sorted_headers], verdict.geometry)


def words(verdict: Verdict) -> str:
    """Return the reasons of a verdict as one English text."""
    return " ".join(each.en for each in verdict.reasons)


def _stack(slices: Sequence[tuple[Header, Path | bytes]], geometry: Geometry) -> SeriesVolume:
    is_ct = slices[0][0].modality == "CT"
    whole = all(_is_whole(header) and _stores_integers(header) for header, _ in slices)
    volume: npt.NDArray[Any] = np.empty(geometry.shape_kji, dtype=np.int16 if whole else np.float32)
    datasets = []
    for k, (header, content) in enumerate(slices):
        dataset, stored = _decode(header, content)
        values = _rescale(stored, header, is_ct=is_ct)
        if values.shape != geometry.shape_kji[1:]:
            raise BadInputError(reason("undecodable", "colour images are no volume").en)
        if whole and (values.min() < -32768 or values.max() > 32767):
            volume, whole = volume.astype(np.float32), False
        volume[k] = values
        datasets.append(dataset)
    unit = "HU" if is_ct else slices[0][0].rescale_type or "1"
    return SeriesVolume(volume, geometry, unit, tuple(datasets), tuple(header for header, _ in slices))


def _is_whole(header: Header) -> bool:
    slope, intercept = _rescale_of(header)
    return slope.is_integer() and intercept.is_integer()


def _stores_integers(header: Header) -> bool:
    return header.pixel_place is None or header.pixel_place.tag == 0x7FE00010


def _rescale_of(header: Header) -> tuple[float, float]:
    slope, intercept = header.number("00281053"), header.number("00281052")
    return (1.0 if slope is None else slope), (intercept or 0.0)


def _decode(header: Header, content: Path | bytes) -> tuple[Dataset, npt.NDArray[np.generic]]:
    """Return the data set without pixels, and its stored values, shape (j, i)."""
    name = content.name if isinstance(content, Path) else header.sop_instance_uid
    try:
        dataset = pydicom.dcmread(content if isinstance(content, Path) else io.BytesIO(content), force=True)
        if "TransferSyntaxUID" not in dataset.file_meta:
            dataset.file_meta.TransferSyntaxUID = UID(header.transfer_syntax_uid)
        stored: npt.NDArray[np.generic] = dataset.pixel_array
    except _DECODE_ERRORS as error:
        raise BadInputError(reason("undecodable", f"{name}: {error}").en) from error
    for keyword in ("PixelData", "FloatPixelData", "DoubleFloatPixelData"):
        if keyword in dataset:
            delattr(dataset, keyword)
    _speak_utf8(dataset, header)
    return dataset, stored


def _speak_utf8(dataset: Dataset, header: Header) -> None:
    """Put the header's texts about patient and study, which result objects copy, into the data set."""
    texts = {key: header.json[key] for key in _COPIED if key in header.json}
    dataset.update(Dataset.from_json(texts))
    dataset.SpecificCharacterSet = "ISO_IR 192"


def _rescale(
    stored: npt.NDArray[np.generic], header: Header, *, is_ct: bool
) -> npt.NDArray[np.int32] | npt.NDArray[np.float32]:
    """Apply slope and intercept; in CT set what lies outside the scan to -1024 HU.

    Source
    ------
    PS3.3 C.11.1.1.2 (Modality LUT), C.7.5.1.1.2 (Pixel Padding Value).
    """
    slope, intercept = _rescale_of(header)
    values: npt.NDArray[np.int32] | npt.NDArray[np.float32]
    if _is_whole(header) and stored.dtype.kind in "iu":
        values = stored.astype(np.int32) * int(slope) + int(intercept)
    else:
        values = (stored.astype(np.float64) * slope + intercept).astype(np.float32)
    if is_ct:
        np.maximum(values, OUTSIDE_HU, out=values)
        padding = header.number("00280120")
        if padding is not None and not _TISSUE_HU[0] < padding * slope + intercept < _TISSUE_HU[1]:
            values[stored == padding] = OUTSIDE_HU
    return values
