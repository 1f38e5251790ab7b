"""Read what result objects are made from: label map, arrays, headers of the source images, manifest."""

import gzip
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
from pydicom import dcmread
from pydicom.dataset import Dataset

from allward.registry.models import PluginVersion
from allward.registry.withdrawn import unsigned_packages, withdrawn_versions
from allward.results.models import Result
from allward.results.object_content import Content, Marks
from allward.results.object_masks import LabelArray
from allward.results.object_records import arrays_of_kept
from allward.storage.arrays import unpack_arrays
from allward.storage.place import storage
from allward.studies.models import Instance
from allward.studies.queries import headers_of_series
from allward_dicom.provenance import AlgorithmIdentity
from allward_dicom.verdict import judge
from allward_sdk.errors import BadInputError
from allward_sdk.geometry import Geometry
from allward_sdk.manifest import Manifest
from allward_sdk.results import CaseResult, PluginUse


def plugins_of(case: CaseResult) -> list[tuple[PluginUse, Manifest]]:
    """Return the plug-in versions that a result names, with their manifests, in the result's order."""
    rows = PluginVersion.objects.filter(digest__in=[use.digest for use in case.plugins])
    manifests = {row.digest: Manifest.model_validate(row.manifest) for row in rows}
    return [(use, manifests[use.digest]) for use in case.plugins]


def marks_of(tenant_id: UUID, case: CaseResult) -> Marks:
    """Return what has to be said against the plug-ins of a result in a hospital."""
    withdrawn = withdrawn_versions(tenant_id)
    return Marks(
        unsigned=bool(unsigned_packages(use.digest for use in case.plugins)),
        withdrawn=tuple(
            withdrawn[use.id, use.version]["reason"]
            for use in case.plugins
            if (use.id, use.version) in withdrawn
        ),
    )


def algorithm(use: PluginUse, manifest: Manifest) -> AlgorithmIdentity:
    """Name a plug-in version as DICOM objects do."""
    return AlgorithmIdentity(
        name=use.id,
        version=use.version,
        digest=use.digest,
        vendor=manifest.plugin.vendor,
        parameters=use.parameters,
    )


def read_label_map(result: Result) -> tuple[LabelArray, Geometry]:
    """Return the label map that a result's jobs wrote, shape (k, j, i), and its grid."""
    geometry = Geometry.from_json(result.geometry or {})
    with storage().open(result.labelmap_key) as file:
        content = gzip.decompress(file.read())
    return np.frombuffer(content, dtype=np.uint8).reshape(geometry.shape_kji), geometry


def read_arrays(result: Result, content: Content) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of a result as the records in `content` need them; none if it has none."""
    if not result.arrays_key:
        return {}
    with storage().open(result.arrays_key) as file:
        arrays = unpack_arrays(file.read())
    return arrays_of_kept(content.case.found, content.found, arrays)


def source_headers(result: Result) -> list[Dataset]:
    """Return the headers of the images that a result was made from, by growing k, without pixels.

    Which images these are is said by their UIDs and not by where they lie: a series that may be
    measured may lie a little off its grid (`allward_dicom.slices`).

    Raises
    ------
    BadInputError
        If one of them is missing.
    """
    return [dcmread(path, stop_before_pixels=True, defer_size=1 << 16) for path in image_paths(result)]


def image_paths(result: Result) -> list[Path]:
    """Return the files of the images that a result was made from, by growing k.

    Raises
    ------
    BadInputError
        If one of them is missing.
    """
    keys = dict(
        Instance.objects.filter(series_id=result.series_id).values_list("sop_instance_uid", "storage_key")
    )
    uids = result.image_uids or _uids_in_order(result)
    if not uids or not keys.keys() >= set(uids):
        raise BadInputError("An image that the result was made from is no longer in its series.")
    return [storage().path(keys[uid]) for uid in uids]


def _uids_in_order(result: Result) -> list[str]:
    """Return the images of a result that does not name them: those of its series, as they are judged."""
    images = [header for header in headers_of_series(result.series_id) if header.rows is not None]
    verdict = judge(images, min_slices=2, need_hu=result.series.modality == "CT")
    if result.geometry is None:
        return [header.sop_instance_uid for header in verdict.sorted_headers or images]
    if len(verdict.sorted_headers) != Geometry.from_json(result.geometry).shape_kji[0]:
        return []
    return [header.sop_instance_uid for header in verdict.sorted_headers]
