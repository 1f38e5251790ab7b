"""Which objects the records of a result become beside SEG and SR, and how each is written.

Boxes, points, classes and numbers are findings and stand in the SR. A map, a surface and the marks of a slide
are one object each; all tables and texts of a result are one document.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from allward_sdk.found import Found, SlideMap, VolumeMap, record_id
from allward_sdk.manifest import Label
from allward_sdk.shapes import BulkAnnotations, Mesh
from allward_sdk.writings import Table, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydicom.dataset import Dataset

    from allward_dicom.provenance import AlgorithmIdentity, Language, NewSeries
    from allward_dicom.sr import Verification

FoundKind = Literal["map", "surface", "annotations", "document"]

SERIES_NUMBERS: dict[FoundKind, int] = {"map": 9004, "surface": 9005, "annotations": 9006, "document": 9007}
"""Series numbers of what is written of records; far above those of scanners, as are those of SEG and SR."""

TITLES: dict[FoundKind, str] = {
    "map": "heat map",
    "surface": "surface",
    "annotations": "annotations",
    "document": "tables and texts",
}
"""What a series description says of them."""


@dataclass(frozen=True, slots=True)
class FoundObject:
    """One object that has to be written.

    Attributes
    ----------
    name
        Unique in the result; names the file and the object.
    """

    kind: FoundKind
    name: str
    records: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class FoundContent:
    """What the objects of a result share.

    Attributes
    ----------
    arrays
        By the names that the records give.
    labels
        The manifest's.
    research
        Whether a document must say that it is for research only.
    verification
        None: a document is marked UNVERIFIED.
    """

    arrays: Mapping[str, npt.NDArray[Any]]
    labels: tuple[Label, ...]
    language: "Language" = "en"
    research: bool = True
    verification: "Verification | None" = None


def objects_of_found(found: Iterable[Found]) -> list[FoundObject]:
    """Return the objects that records become, in the order of the records; the document comes last."""
    listed = list(found)
    objects = [
        FoundObject(kind, record_id(record).replace("/", "."), (record,))
        for record in listed
        if (kind := _KIND_OF.get(type(record))) is not None
    ]
    written = tuple(record for record in listed if isinstance(record, Table | Text))
    return [*objects, FoundObject("document", "document", written)] if written else objects


_KIND_OF: dict[type, FoundKind] = {
    VolumeMap: "map",
    SlideMap: "map",
    Mesh: "surface",
    BulkAnnotations: "annotations",
}


def has_something(record: Found, arrays: Mapping[str, npt.NDArray[Any]]) -> bool:
    """Tell whether there is anything to write: a number in the map, a triangle, a mark."""
    match record:
        case VolumeMap() | SlideMap():
            return bool(np.isfinite(arrays[record.values]).any())
        case Mesh():
            return len(arrays[record.triangles]) > 0
        case BulkAnnotations():
            return any(len(arrays[group.points]) for group in record.groups)
        case _:
            return True


def write_found_object(
    each: FoundObject,
    content: FoundContent,
    *,
    sources: "Sequence[Dataset]",
    algorithm: "AlgorithmIdentity",
    series: "NewSeries",
) -> "Dataset":
    """Write one object of `objects_of_found`.

    Parameters
    ----------
    sources
        The images that were evaluated.

    Raises
    ------
    BadInputError
        If the record holds nothing, or the images do not say where they lie.
    """
    (record, *_) = each.records
    shared: dict[str, Any] = {"sources": sources, "algorithm": algorithm, "series": series}
    match record:
        case VolumeMap() | SlideMap():
            from allward_dicom.maps import Map, write_map  # highdicom loads slowly: only writers wait

            by_name = {label.name: label for label in content.labels}
            labels = tuple(by_name[name] for name in record.labels)
            drawn = Map(record, content.arrays[record.values], labels)
            return write_map(drawn, language=content.language, **shared)
        case Mesh():
            from allward_dicom.stl import Surface, write_surface

            surface = Surface(record, content.arrays[record.vertices], content.arrays[record.triangles])
            return write_surface(surface, language=content.language, **shared)
        case BulkAnnotations():
            from allward_dicom.annotations import Marks, write_annotations

            return write_annotations(Marks(record, content.arrays), language=content.language, **shared)
        case _:
            return _write_document(each, content, shared)


def _write_document(each: FoundObject, content: FoundContent, shared: dict[str, Any]) -> "Dataset":
    from allward_dicom.sr_writings import Writings, write_writings

    parts = tuple(record for record in each.records if isinstance(record, Table | Text))
    return write_writings(Writings(parts, content.language, content.research, content.verification), **shared)
