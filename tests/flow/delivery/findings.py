"""What the liver plug-in says of a label map, in the contract's own types."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from allward_measure.components import find_components
from allward_sdk.geometry import Geometry
from allward_sdk.manifest import Label, Manifest, read_manifest
from allward_sdk.results import CaseResult, Finding, MeasuredValue, PluginUse

MANIFEST = Path(__file__).parents[3] / "plugins" / "liver_ct" / "plugin.toml"


def manifest() -> Manifest:
    return read_manifest(MANIFEST)


def case_result(
    labels_kji: npt.NDArray[np.uint8],
    geometry: Geometry,
    *,
    digest: str,
    evaluable: bool,
    study: str,
    series: str,
) -> CaseResult:
    plugin = manifest()
    found: list[Finding] = []
    if evaluable:
        liver, tumour = plugin.labels
        found = [_finding(liver, labels_kji > 0, geometry, plugin, part=None)]
        for part, _ in enumerate(find_components(labels_kji == tumour.value), start=1):
            found.append(_finding(tumour, labels_kji == tumour.value, geometry, plugin, part=part))
    return CaseResult(
        study_instance_uid=study, series_instance_uid=series, app="any_imaging", version="1.0.0",
        plugins=(
            PluginUse(
                slot="segmentation", id=plugin.plugin.id, version=plugin.plugin.version, digest=digest
            ),
        ),
        evaluable=evaluable, findings=tuple(found),
        reasons=() if evaluable else ("The series has only 3 slices.",),
    )  # fmt: skip


def _finding(
    label: Label, mask: npt.NDArray[np.bool_], geometry: Geometry, plugin: Manifest, *, part: int | None
) -> Finding:
    component = find_components(mask)[(part or 1) - 1]
    measurement = next(each for each in plugin.measurements if each.of == label.name)
    return Finding(
        id=label.name if part is None else f"{label.name}-{part}", kind=label.kind, label=label.type,
        title=label.title, segment_value=label.value, tracking_uid=f"2.25.{1000 + (part or 0)}",
        box_kji=component.box_kji,
        measurements=(
            MeasuredValue(
                name=measurement.name, title=measurement.title, concept=measurement.concept,
                unit=measurement.unit, value=component.voxels * geometry.voxel_volume_ml, method="voxels",
            ),
        ),
    )  # fmt: skip
