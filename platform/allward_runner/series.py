"""From a folder of files to the one series that a plug-in can read, with a reason for every refusal."""

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from allward_dicom.header import Header, read_header
from allward_dicom.volume import SeriesVolume, read_volume
from allward_runner.wants import SeriesFacts, unmet_wants
from allward_sdk.errors import BadInputError
from allward_sdk.manifest import Wants

_MAGIC_AT, _MAGIC = 128, b"DICM"
"""Source: PS3.10 7.1."""


@dataclass(frozen=True, slots=True)
class FoundSeries:
    """The files of one series, and a header that stands for all of them."""

    header: Header
    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What lies in a folder.

    Attributes
    ----------
    series
        By Series Instance UID, those with most images first.
    broken
        What is wrong with each file that says it is DICOM and cannot be read.
    """

    series: tuple[FoundSeries, ...]
    broken: tuple[str, ...] = field(default=())


def find_series(source: Path) -> Found:
    """Look through a file or a folder and all folders below it.

    Raises
    ------
    BadInputError
        If there is nothing, or no DICOM image among it.
    """
    if not source.exists():
        raise BadInputError(f"There is no file or folder {source}.")
    files = [source] if source.is_file() else sorted(path for path in source.rglob("*") if path.is_file())
    by_series: dict[str, list[tuple[Header, Path]]] = defaultdict(list)
    broken = []
    for path in files:
        try:
            header = read_header(path)
        except BadInputError as error:
            if _says_dicom(path):
                broken.append(str(error))
            continue
        if header.pixel_place is not None:
            by_series[header.series_instance_uid].append((header, path))
    if not by_series:
        raise BadInputError(" ".join([f"There are no DICOM images in {source}.", *broken]))
    series = [
        FoundSeries(header=members[0][0], paths=tuple(path for _, path in members))
        for members in by_series.values()
    ]
    series.sort(key=lambda each: (-len(each.paths), each.header.series_instance_uid))
    return Found(series=tuple(series), broken=tuple(broken))


def choose_series(found: Found, wants: Wants) -> tuple[FoundSeries, list[str]]:
    """Return the largest series that a plug-in wants; else the largest, with the wants it does not meet."""
    for series in found.series:
        if not (unmet := unmet_wants(wants, _facts(series))):
            return series, unmet
    return found.series[0], unmet_wants(wants, _facts(found.series[0]))


def read_series(series: FoundSeries, wants: Wants) -> SeriesVolume:
    """Read the voxels of a series.

    Raises
    ------
    BadInputError
        If the images do not form a volume that the plug-in wants.
    """
    need_hu = series.header.modality == "CT"
    volume = read_volume(series.paths, min_slices=wants.min_slices, need_hu=need_hu)
    facts = _facts(series, spacing_mm=volume.geometry.spacing_kji_mm[0])
    if unmet := unmet_wants(wants, facts):
        raise BadInputError(" ".join(unmet))
    return volume


def _facts(series: FoundSeries, *, spacing_mm: float | None = None) -> SeriesFacts:
    header = series.header
    return SeriesFacts(
        modality=header.modality or "OT",
        slices=max(len(series.paths), header.number_of_frames or 1),
        slice_spacing_mm=spacing_mm,
        body_part_examined=header.body_part_examined,
        image_type=tuple(header.image_type or ()),
    )


def _says_dicom(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(_MAGIC_AT)
        return file.read(len(_MAGIC)) == _MAGIC
