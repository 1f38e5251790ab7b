"""Does every name that a manifest mentions lead somewhere? What no single key can tell about itself."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from allward_sdk.manifest import Manifest


def faults_of_references(manifest: "Manifest") -> Iterator[str]:
    """Yield every name that leads nowhere or stands for two things, with its place."""
    yield from _faults_of_stages(manifest)
    yield from _faults_of_labels(manifest)


def _faults_of_stages(manifest: "Manifest") -> Iterator[str]:
    labels = {label.name for label in manifest.labels}
    seen: set[str] = set()
    for stage in manifest.stages:
        if stage.model not in manifest.models:
            yield f"stages.{stage.name}.model: no model is named {stage.model!r}"
        mask = stage.input.mask
        if mask is not None and mask.stage not in seen:
            yield f"stages.{stage.name}.input.mask.stage: {mask.stage!r} is no earlier stage"
        for label in stage.output.labels:
            if label not in labels:
                yield f"stages.{stage.name}.output.labels: no label is named {label!r}"
        if stage.name in seen:
            yield f"stages: two stages are named {stage.name!r}"
        seen.add(stage.name)


def _faults_of_labels(manifest: "Manifest") -> Iterator[str]:
    labels = {label.name for label in manifest.labels}
    for label in manifest.labels:
        if label.inside is not None and label.inside not in labels:
            yield f"labels.{label.name}.inside: no label is named {label.inside!r}"
    for measurement in manifest.measurements:
        if measurement.of not in labels:
            yield f"measurements.{measurement.name}.of: no label is named {measurement.of!r}"
    if len(labels) != len(manifest.labels):
        yield "labels: two labels have the same name"
    if len({label.value for label in manifest.labels}) != len(manifest.labels):
        yield "labels: two labels have the same value"
