"""Make the objects of a result's records: maps, surfaces, marks, the document of tables and texts."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy.typing as npt
from pydicom.dataset import Dataset

from allward.results.models import ObjectKind
from allward.results.object_content import Content, Uids
from allward.results.object_sources import algorithm, plugins_of
from allward.results.object_writing import (
    described,
    verification_of,
    with_models,
    with_remarks,
    with_reviewers,
)
from allward_dicom.found_objects import (
    SERIES_NUMBERS,
    TITLES,
    FoundContent,
    FoundKind,
    FoundObject,
    write_found_object,
)
from allward_dicom.provenance import NewSeries

OBJECT_KINDS: dict[FoundKind, ObjectKind] = {
    "map": ObjectKind.PARAMETRIC_MAP,
    "surface": ObjectKind.SURFACE,
    "annotations": ObjectKind.ANNOTATIONS,
    "document": ObjectKind.DOCUMENT,
}


def make_found(
    each: FoundObject,
    content: Content,
    *,
    arrays: Mapping[str, npt.NDArray[Any]],
    sources: Sequence[Dataset],
    uids: Uids,
) -> Dataset:
    """Make one object of `content.found_objects`.

    Parameters
    ----------
    arrays
        As `read_arrays` returned them.
    """
    plugins = plugins_of(content.case)
    title = f"Allward AI {TITLES[each.kind]}"
    is_open_document = each.kind == "document" and not content.reviewers
    written = write_found_object(
        each,
        FoundContent(
            arrays,
            plugins[0][1].labels,
            research=content.research_only,
            verification=verification_of(content),
        ),
        sources=sources,
        algorithm=algorithm(*plugins[0]),
        series=NewSeries(
            uids.series,
            uids.instance,
            SERIES_NUMBERS[each.kind],
            described(f"{title} UNVERIFIED" if is_open_document else title, content),
        ),
    )
    if each.kind == "document":
        with_remarks(with_reviewers(written, content), content.marks)
    if "ContentQualification" in written:
        written.ContentQualification = "RESEARCH" if content.research_only else "PRODUCT"
    return with_models(written, plugins, content.marks)
