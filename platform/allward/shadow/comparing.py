"""What two versions found in the same series, as numbers: label by label, and as a whole. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from allward_measure.components import find_components
from allward_sdk.found import Classified, Detections, Found
from allward_sdk.geometry import Geometry
from allward_sdk.manifest import Label, Manifest

LabelMap = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.int64]

_VALUES = 256
"""Values that a voxel of a label map may have."""

_READING_IMAGES = "read"
"""Name of the time in a job's timings that is no device time."""


@dataclass(frozen=True, slots=True)
class Output:
    """What one version found in a series, as its job left it.

    Attributes
    ----------
    labels_kji
        None: the version draws no outlines.
    timings_s
        By stage, together with the reading of the images.
    """

    manifest: Manifest
    labels_kji: LabelMap | None = None
    found: tuple[Found, ...] = ()
    timings_s: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """One version's word on a series.

    Attributes
    ----------
    findings
        Lesions, candidates and classes that it decides for; organs where it looks for nothing else.
    device_s
        Time of the engine's units on the device, in all stages.
    """

    findings: int
    device_s: float

    @property
    def something(self) -> bool:
        """Whether it found anything."""
        return self.findings > 0


@dataclass(frozen=True, slots=True)
class LabelPair:
    """One label as the shadow and the enabled version drew it.

    Attributes
    ----------
    dice
        None where neither has a voxel.
    volume_ml, enabled_volume_ml
        0 is a measured volume: nothing is there.
    """

    dice: float | None
    volume_ml: float
    enabled_volume_ml: float

    def to_json(self) -> dict[str, Any]:
        """Return the form that the database keeps."""
        return asdict(self)


def counted_kinds(manifest: Manifest) -> frozenset[str]:
    """Return the kinds of labels that make up "something": organs only where nothing else is looked for."""
    kinds = {label.kind for label in manifest.labels}
    return frozenset(kinds - {"organ"} or {"organ"})


def reading_of(output: Output) -> Reading:
    """Return a version's word on a series, from what its job left."""
    counted = counted_kinds(output.manifest)
    labels = {label.name: label for label in output.manifest.labels if label.kind in counted}
    outlined = sum(_outlined(label, output.labels_kji) for label in labels.values())
    told = sum(_told(record, labels) for record in output.found)
    device_s = sum(took for stage, took in output.timings_s.items() if stage != _READING_IMAGES)
    return Reading(findings=outlined + told, device_s=round(device_s, 3))


def _outlined(label: Label, labels_kji: LabelMap | None) -> int:
    if labels_kji is None:
        return 0
    mask = labels_kji == label.value
    return len(find_components(mask)) if label.kind == "lesion" else int(mask.any())


def _told(record: Found, labels: Mapping[str, Label]) -> int:
    if isinstance(record, Detections):
        return sum(candidate.label in labels for candidate in record.candidates)
    if isinstance(record, Classified):
        return sum(name in labels for name in record.chosen)
    return 0


def same_labels(shadow: Manifest, enabled: Manifest) -> Iterator[tuple[Label, Label]]:
    """Yield the labels that both versions draw: of one name, or of one code that is theirs alone in each."""
    by_name = {label.name: label for label in enabled.labels}
    same_plugin = shadow.plugin.id == enabled.plugin.id
    for label in shadow.labels:
        other = by_name.get(label.name)
        if other is None or not (same_plugin or other.type == label.type):
            other = _only_of_code(enabled, label) if _only_of_code(shadow, label) else None
        if other is not None and other.kind == label.kind != "class":
            yield label, other


def _only_of_code(manifest: Manifest, label: Label) -> Label | None:
    alike = [each for each in manifest.labels if each.type == label.type]
    return alike[0] if len(alike) == 1 else None


def compare_labels(shadow: Output, enabled: Output, geometry: Geometry) -> dict[str, LabelPair]:
    """Compare what both versions drew; by the shadow's names, without the labels that only one knows.

    A label's voxels are its own and those of what lies inside it, as in a report.

    Parameters
    ----------
    geometry
        The grid of both label maps.

    Raises
    ------
    ValueError
        If the two label maps are of different shapes.
    """
    if shadow.labels_kji is None or enabled.labels_kji is None:
        return {}
    counts = joint_counts(shadow.labels_kji, enabled.labels_kji)
    compared = {}
    for label, other in same_labels(shadow.manifest, enabled.manifest):
        mine, theirs = values_of(shadow.manifest, label), values_of(enabled.manifest, other)
        size, other_size = int(counts[mine].sum()), int(counts[:, theirs].sum())
        common = int(counts[np.ix_(mine, theirs)].sum())
        compared[label.name] = LabelPair(
            dice=round(2.0 * common / (size + other_size), 6) if size + other_size else None,
            volume_ml=round(size * geometry.voxel_volume_ml, 3),
            enabled_volume_ml=round(other_size * geometry.voxel_volume_ml, 3),
        )
    return compared


def joint_counts(one_kji: LabelMap, other_kji: LabelMap) -> Counts:
    """Return how many voxels have value a in one label map and b in the other: shape (256, 256).

    Slice by slice, so that no third array of the volume's size is made.
    """
    if one_kji.shape != other_kji.shape:
        raise ValueError(f"label maps of different grids: {one_kji.shape} and {other_kji.shape}")
    counts = np.zeros(_VALUES * _VALUES, np.int64)
    for one, other in zip(one_kji, other_kji, strict=True):
        both = one.astype(np.uint16) * np.uint16(_VALUES) + other
        counts += np.bincount(both.ravel(), minlength=counts.size)
    return counts.reshape(_VALUES, _VALUES)


def values_of(manifest: Manifest, label: Label) -> list[int]:
    """Return the voxel values that count for a label: its own, and those of what lies inside it."""
    names, values = {label.name}, [label.value]
    added = True
    while added:
        inner = [each for each in manifest.labels if each.inside in names and each.name not in names]
        added = bool(inner)
        names |= {each.name for each in inner}
        values += [each.value for each in inner]
    return values
