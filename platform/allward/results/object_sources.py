"""Read what result objects are made from: the label map, the source images' headers, the manifest."""

import gzip
from collections.abc import Sequence

import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset

from allward.registry.models import PluginVersion
from allward.results.models import Result
from allward.results.object_masks import LabelArray
from allward.storage.place import storage
from allward.studies.models import Instance
from allward_dicom.provenance import AlgorithmIdentity
from allward_sdk.errors import BadInputError
from allward_sdk.geometry import Geometry
from allward_sdk.manifest import Manifest
from allward_sdk.results import CaseResult, PluginUse

_ON_SLICE = 0.1
"""Share of the slice distance by which an image may lie off its slice."""


def plugins_of(case: CaseResult) -> list[tuple[PluginUse, Manifest]]:
    """Return the plug-in versions that a result names, with their manifests, in the result's order."""
    rows = PluginVersion.objects.filter(digest__in=[use.digest for use in case.plugins])
    manifests = {row.digest: Manifest.model_validate(row.manifest) for row in rows}
    return [(use, manifests[use.digest]) for use in case.plugins]


def algorithm(use: PluginUse, manifest: Manifest) -> AlgorithmIdentity:
    """Name a plug-in version as DICOM objects do."""
    return AlgorithmIdentity(
        name=use.id, version=use.version, digest=use.digest, vendor=manifest.plugin.vendor
    )


def read_label_map(result: Result) -> tuple[LabelArray, Geometry]:
    """Return the label map that a result's jobs wrote, shape (k, j, i), and its grid."""
    geometry = Geometry.from_json(result.geometry or {})
    with storage().open(result.labelmap_key) as file:
        content = gzip.decompress(file.read())
    return np.frombuffer(content, dtype=np.uint8).reshape(geometry.shape_kji), geometry


def source_headers(result: Result) -> list[Dataset]:
    """Return the headers of a result's images, without pixels.

    By growing k, one for each slice, if the result has a grid; in the order of their numbers if not.

    Raises
    ------
    BadInputError
        If an image that the result was made from is missing.
    """
    rows = Instance.objects.filter(series_id=result.series_id).order_by("received_at", "number")
    headers = [
        dcmread(storage().path(row.storage_key), stop_before_pixels=True, defer_size=1 << 16) for row in rows
    ]
    if result.geometry is None:
        return sorted(headers, key=lambda header: int(header.get("InstanceNumber") or 0))
    return _by_slice(headers, Geometry.from_json(result.geometry))


def _by_slice(headers: Sequence[Dataset], geometry: Geometry) -> list[Dataset]:
    """Put one header on each slice; an image that came twice or after the run stays out."""
    placed: dict[int, Dataset] = {}
    for header in headers:
        if "ImagePositionPatient" not in header:
            continue
        k, j, i = geometry.to_index_kji([header.ImagePositionPatient])[0]
        if max(abs(k - round(k)), abs(j), abs(i)) <= _ON_SLICE:
            placed.setdefault(round(k), header)
    count = geometry.shape_kji[0]
    if not all(k in placed for k in range(count)):
        raise BadInputError("An image that the result was made from is no longer in its series.")
    return [placed[k] for k in range(count)]
