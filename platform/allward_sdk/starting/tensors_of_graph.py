"""What an ONNX graph says of itself: names and shapes of its tensors, the operators that they come from."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from allward_sdk.errors import UsageError
from allward_sdk.graphs import load_graph

if TYPE_CHECKING:
    import onnx

_PASSES_ON = frozenset({"Identity", "Cast"})
"""Operators that change no number; what stands before them is what counts."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input or an output of a graph."""

    name: str
    shape: tuple[int | None, ...]
    """Sizes; None where the graph leaves them open."""
    made_by: str = ""
    """Operator that an output comes from, for example Softmax."""

    @property
    def sizes(self) -> str:
        """The shape in words."""
        return f"({', '.join('any' if size is None else str(size) for size in self.shape)})"

    @property
    def channels(self) -> int | None:
        """Size of the second axis."""
        return self.shape[1] if len(self.shape) > 1 else None


@dataclass(frozen=True, slots=True)
class Graph:
    """The tensors of a model."""

    file: str
    """Name of its file, for messages."""
    input: Tensor
    outputs: tuple[Tensor, ...]


def read_tensors(path: Path) -> Graph:
    """Read the tensors of a model.

    Raises
    ------
    UsageError
        If the file is no ONNX model, or has not exactly one input.
    """
    try:
        model = load_graph(path)
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from error
    initial = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in initial]
    if len(inputs) != 1 or not model.graph.output:
        names = ", ".join(repr(value.name) for value in inputs) or "none"
        raise UsageError(f"{path}: a model has one input and at least one output; the inputs are: {names}.")
    made_by = {name: node for node in model.graph.node for name in node.output}
    outputs = tuple(
        Tensor(value.name, _shape(value), _operator(value.name, made_by)) for value in model.graph.output
    )
    return Graph(path.name, Tensor(inputs[0].name, _shape(inputs[0])), outputs)


def _operator(name: str, made_by: "dict[str, onnx.NodeProto]") -> str:
    while name in made_by and made_by[name].op_type in _PASSES_ON:
        name = made_by[name].input[0]
    return made_by[name].op_type if name in made_by else ""


def _shape(value: "onnx.ValueInfoProto") -> tuple[int | None, ...]:
    return tuple(
        dim.dim_value if dim.HasField("dim_value") else None for dim in value.type.tensor_type.shape.dim
    )
