"""Does every name that a manifest mentions lead somewhere? What no single key can tell about itself."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from allward_sdk.classes import EmbeddingStage, TileClassificationStage
from allward_sdk.detection import DetectionStage
from allward_sdk.stages import SegmentationStage, Stage, StageInput
from allward_sdk.tiles import TileInput
from allward_sdk.volumes import VolumeInput

if TYPE_CHECKING:
    from allward_sdk.manifest import Label, Manifest, Measurement

_ON_VOXELS = ("volume", "largest_axial_diameter")


def faults_of_references(manifest: "Manifest") -> Iterator[str]:
    """Yield every name that leads nowhere or stands for two things, with its place."""
    yield from _faults_of_stages(manifest)
    yield from _faults_of_tiles(manifest)
    yield from _faults_of_labels(manifest)
    for measurement in manifest.measurements:
        yield from _faults_of_measurement(measurement, manifest)


def tiles_of(stage: Stage) -> TileInput | None:
    """Return how a stage reads tiles; None if it reads a volume."""
    read = input_of(stage)
    return read if isinstance(read, TileInput) else None


def models_of(manifest: "Manifest") -> tuple[str, ...]:
    """Return the models that the stages run, each once, in the order of the stages."""
    members = (
        stage.members if isinstance(stage, SegmentationStage) else (stage.model,) for stage in manifest.stages
    )
    return tuple(dict.fromkeys(name for names in members for name in names))


def input_of(stage: Stage) -> StageInput | VolumeInput | TileInput:
    """Return what a stage gives to its model."""
    if isinstance(stage, TileClassificationStage):
        return stage.tiles
    if isinstance(stage, EmbeddingStage):
        read = stage.tiles or stage.input
        assert read is not None  # the stage has refused to be without both
        return read
    return stage.input


def _faults_of_stages(manifest: "Manifest") -> Iterator[str]:
    labels = {label.name: label for label in manifest.labels}
    seen: dict[str, Stage] = {}
    for stage in manifest.stages:
        if stage.model not in manifest.models:
            yield f"stages.{stage.name}.model: no model is named {stage.model!r}"
        yield from _faults_of_members(stage, manifest)
        yield from _faults_of_input(stage, seen)
        yield from _faults_of_finds(stage, labels)
        if stage.name in seen:
            yield f"stages: two stages are named {stage.name!r}"
        seen[stage.name] = stage
    names = [a.name for s in manifest.stages if isinstance(s, DetectionStage) for a in s.output.attributes]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"stages: two attributes are named {name!r}"


def _faults_of_finds(stage: Stage, labels: "dict[str, Label]") -> Iterator[str]:
    place = f"stages.{stage.name}.output.labels"
    for name in stage.finds:
        if name not in labels:
            yield f"{place}: no label is named {name!r}"
        elif labels[name].kind == "class" and isinstance(stage, SegmentationStage | DetectionStage):
            yield f"{place}: {name!r} is a class, which has no place in the images"


def _faults_of_members(stage: Stage, manifest: "Manifest") -> Iterator[str]:
    if not isinstance(stage, SegmentationStage):
        return
    for name in stage.also:
        if name not in manifest.models:
            yield f"stages.{stage.name}.also: no model is named {name!r}"
    if len(set(stage.members)) != len(stage.members):
        yield f"stages.{stage.name}.also: a model stands there twice"


def _faults_of_input(stage: Stage, seen: dict[str, Stage]) -> Iterator[str]:
    """Yield what a stage expects of earlier ones and does not get."""
    read = input_of(stage)
    if isinstance(read, TileInput):
        yield from _faults_of_where(stage, read, seen)
        return
    if read.mask is not None:
        yield from _faults_of_mask(stage.name, read.mask.stage, seen)
    if isinstance(read, VolumeInput):
        yield from _faults_of_around(stage, read, seen)


def _faults_of_mask(name: str, earlier: str, seen: dict[str, Stage]) -> Iterator[str]:
    place = f"stages.{name}.input.mask.stage"
    if earlier not in seen:
        yield f"{place}: {earlier!r} is no earlier stage"
    elif not isinstance(seen[earlier], SegmentationStage | DetectionStage):
        yield f"{place}: {earlier!r} finds no places, as a segmentation or a detection would"


def _faults_of_around(stage: Stage, read: VolumeInput, seen: dict[str, Stage]) -> Iterator[str]:
    if read.around is None:
        return
    place, earlier = f"stages.{stage.name}.input.around", seen.get(read.around.stage)
    if not isinstance(earlier, DetectionStage):
        yield f"{place}.stage: {read.around.stage!r} is no earlier detection"
        return
    for label in read.around.labels:
        if label not in earlier.finds:
            yield f"{place}.labels: {earlier.name!r} does not find {label!r}"


def _faults_of_where(stage: Stage, read: TileInput, seen: dict[str, Stage]) -> Iterator[str]:
    if read.where is None:
        return
    place, earlier = f"stages.{stage.name}.tiles.where", seen.get(read.where.stage)
    if not isinstance(earlier, TileClassificationStage):
        yield f"{place}.stage: {read.where.stage!r} is no earlier classification of tiles"
    elif read.where.label not in earlier.finds:
        yield f"{place}.label: {earlier.name!r} does not find {read.where.label!r}"


def _faults_of_tiles(manifest: "Manifest") -> Iterator[str]:
    """Yield where stages of one plug-in do not read the same kind of images."""
    read = [(stage, tiles_of(stage)) for stage in manifest.stages]
    first = next((tiles for _, tiles in read if tiles is not None), None)
    if first is None:
        return
    for stage, tiles in read:
        if tiles is None:
            yield f"stages.{stage.name}: reads a volume, other stages read tiles; a plug-in reads one of them"
        elif (tiles.tile, tiles.mpp) != (first.tile, first.mpp):
            yield f"stages.{stage.name}.tiles: all stages read tiles of one size and resolution"


def _faults_of_labels(manifest: "Manifest") -> Iterator[str]:
    labels = {label.name for label in manifest.labels}
    for label in manifest.labels:
        if label.inside is not None and label.inside not in labels:
            yield f"labels.{label.name}.inside: no label is named {label.inside!r}"
    if len(labels) != len(manifest.labels):
        yield "labels: two labels have the same name"
    if len({label.value for label in manifest.labels}) != len(manifest.labels):
        yield "labels: two labels have the same value"


def _faults_of_measurement(measurement: "Measurement", manifest: "Manifest") -> Iterator[str]:
    place = f"measurements.{measurement.name}"
    if measurement.of not in {label.name for label in manifest.labels}:
        yield f"{place}.of: no label is named {measurement.of!r}"
        return
    finding = [stage for stage in manifest.stages if measurement.of in stage.finds]
    if (measurement.attribute is not None) != (measurement.method == "predicted"):
        yield f"{place}.attribute: belongs to the method 'predicted', and is needed there"
    if measurement.method in _ON_VOXELS:
        if finding and not any(isinstance(stage, SegmentationStage) for stage in finding):
            yield f"{place}.method: {measurement.of!r} has no voxels, since no stage outlines it"
        return
    detections = [stage for stage in finding if isinstance(stage, DetectionStage)]
    if not detections:
        yield f"{place}.method: {measurement.of!r} is not found by a detection"
    elif measurement.method == "predicted":
        told = {attribute.name for stage in detections for attribute in stage.output.attributes}
        if measurement.attribute is not None and measurement.attribute not in told:
            yield f"{place}.attribute: no detection of {measurement.of!r} tells {measurement.attribute!r}"
