"""What a stage gives to its model and wants back, by operation, and where a graph differs from that.

Outlines have rules of their own, see `graphs.faults_of_tensors`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from allward_sdk.classes import ClassificationStage, EmbeddingStage, HeatMapStage, TileClassificationStage
from allward_sdk.detection import AnchorDecode, AnchorLevel, DetectionStage, GridDecode
from allward_sdk.references import input_of
from allward_sdk.stages import StageInput
from allward_sdk.tiles import TileInput

if TYPE_CHECKING:
    import onnx

_FLOAT = 1
"""Source: ONNX, TensorProto.DataType.FLOAT."""


class AtLeast(NamedTuple):
    """A size that may be larger: channels that nobody reads do no harm."""

    size: int

    def __str__(self) -> str:
        return f"at least {self.size}"


Size: TypeAlias = int | AtLeast | None
"""Of one axis; None stands for the batch, whatever its size."""

Reading: TypeAlias = (
    DetectionStage | ClassificationStage | TileClassificationStage | EmbeddingStage | HeatMapStage
)
"""A stage that draws no labels."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor that a graph must have, by name, float32."""

    name: str
    shape: tuple[Size, ...]

    def fits(self, found: Sequence[int | None]) -> bool:
        """Tell whether a shape is as wanted; None in it is an axis that the graph leaves open."""
        return len(found) == len(self.shape) and all(
            have is None or want is None or (have >= want.size if isinstance(want, AtLeast) else have == want)
            for have, want in zip(found, self.shape, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Interface:
    """All that a stage expects of its graph."""

    input: Tensor
    outputs: tuple[Tensor, ...]
    batch: int
    """Items that may be run together."""


def interface(stage: Reading) -> Interface:
    """Return what a stage gives to its model and wants back; the batch is the first axis of each."""
    read = input_of(stage)
    assert not isinstance(read, StageInput)
    shape: tuple[int, ...]
    if isinstance(read, TileInput):
        shape = (3, *read.tile) if read.layout == "channels_first" else (*read.tile, 3)
    else:
        shape = (1, *read.window)
    return Interface(Tensor(read.name, (None, *shape)), tuple(_outputs(stage)), read.batch)


def cells_of(window: Sequence[int], stride: Sequence[int]) -> tuple[int, int, int]:
    """Return the cells of a grid in a window, per axis."""
    a, b, c = (n // step for n, step in zip(window, stride, strict=True))
    return a, b, c


def _outputs(stage: Reading) -> Iterator[Tensor]:
    if isinstance(stage, EmbeddingStage):
        yield Tensor(stage.output.name, (None, stage.output.length))
    elif isinstance(stage, HeatMapStage):
        cells = cells_of(stage.input.window, stage.output.stride)
        yield Tensor(stage.output.name, (None, AtLeast(max(stage.output.read_channels) + 1), *cells))
    elif isinstance(stage, DetectionStage):
        yield from _outputs_of_detection(stage)
    else:
        yield Tensor(stage.output.name, (None, AtLeast(max(stage.output.read_channels) + 1)))


def _outputs_of_detection(stage: DetectionStage) -> Iterator[Tensor]:
    decode = stage.output.decode
    if isinstance(decode, AnchorDecode):
        for level in decode.levels:
            yield from _outputs_of_level(level, decode, stage.input.window)
        return
    cells = cells_of(stage.input.window, decode.stride) if isinstance(decode, GridDecode) else ()
    yield Tensor(decode.scores, (None, AtLeast(max(stage.output.channels) + 1), *cells))
    if decode.size is not None:
        yield Tensor(decode.size, (None, AtLeast(1), *cells))
    if decode.offset is not None:
        yield Tensor(decode.offset, (None, 3, *cells))
    for attribute in stage.output.attributes:
        yield Tensor(attribute.output, (None, AtLeast(attribute.channel + 1), *cells))


def _outputs_of_level(level: AnchorLevel, decode: AnchorDecode, window: Sequence[int]) -> Iterator[Tensor]:
    cells, anchors = cells_of(window, level.stride), len(level.anchors)
    if decode.layout == "map":
        yield Tensor(level.scores, (None, anchors * decode.score_channels, *cells))
        yield Tensor(level.boxes, (None, anchors * 6, *cells))
    else:
        count = anchors * cells[0] * cells[1] * cells[2]
        yield Tensor(level.scores, (None, count, decode.score_channels))
        yield Tensor(level.boxes, (None, count, 6))


def faults_of_interface(stage: Reading, model: "onnx.ModelProto") -> list[str]:
    """Find where the graph's inputs and outputs differ from what the stage says."""
    wanted, place = interface(stage), f"stages.{stage.name}"
    initial = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in initial]
    faults = [
        f"{place}.input: the model also wants {value.name!r}"
        for value in inputs
        if value.name != wanted.input.name
    ]
    faults += _faults_of_value(f"{place}.input", wanted.input, inputs)
    faults += _faults_of_batch(f"{place}.input", wanted, inputs)
    for tensor in wanted.outputs:
        faults += _faults_of_value(f"{place}.output", tensor, list(model.graph.output))
    return faults


def _faults_of_batch(place: str, wanted: Interface, inputs: "Sequence[onnx.ValueInfoProto]") -> Iterator[str]:
    for value in inputs:
        shape = _shape(value)
        if value.name == wanted.input.name and shape and shape[0] not in (None, wanted.batch):
            yield f"{place}: the model takes {shape[0]} at a time, plug-in says batch = {wanted.batch}"
        elif value.name == wanted.input.name and shape and shape[0] is not None and wanted.batch > 1:
            yield f"{place}: batch = {wanted.batch} needs a graph whose first axis is free, not {shape[0]}"


def _faults_of_value(place: str, wanted: Tensor, values: "Sequence[onnx.ValueInfoProto]") -> list[str]:
    value = next((value for value in values if value.name == wanted.name), None)
    if value is None:
        return [f"{place}: the model has no {wanted.name!r}, but {', '.join(repr(v.name) for v in values)}"]
    if value.type.tensor_type.elem_type != _FLOAT:
        return [f"{place}: {wanted.name!r} is not float32"]
    found = _shape(value)
    if wanted.fits(found):
        return []
    return [f"{place}: {wanted.name!r} has shape {_words(found)}, plug-in says {_words(wanted.shape)}"]


def _shape(value: "onnx.ValueInfoProto") -> list[int | None]:
    return [dim.dim_value if dim.HasField("dim_value") else None for dim in value.type.tensor_type.shape.dim]


def _words(shape: Sequence[Size]) -> str:
    return f"({', '.join('any' if size is None else str(size) for size in shape)})"
