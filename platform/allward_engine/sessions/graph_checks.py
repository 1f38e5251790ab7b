"""What a graph must be before a runtime may load it, whatever the plug-in was checked for when it was packed.

A runtime given a bad graph may read other files, call code, take all memory or never return. So every runtime
asks here first, and what is refused is refused in the same words by all of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import onnx

from allward_engine.sessions import ModelSpec
from allward_sdk import graph_limits, graph_numbers, graphs
from allward_sdk.errors import PluginFaultError

_FLOATS = frozenset({"FLOAT", "FLOAT16", "DOUBLE"})
"""What an output may be; it becomes float32."""

_CONTROL_FLOW = frozenset({"If", "Loop", "Scan"})

Shape = tuple[int | None, ...]
"""None is a free size."""


@dataclass(frozen=True, slots=True)
class GraphFacts:
    """What a runtime needs to know of a checked graph."""

    free_batch: bool
    """Whether several items may be run together; else the graph is made for one at a time."""
    has_control_flow: bool
    """Whether values decide which nodes run."""
    outputs: tuple[tuple[str, Shape | None], ...]
    """The wanted outputs in the order of the spec, with the shapes that the graph states, if any."""


def check_graph(graph: bytes, spec: ModelSpec) -> GraphFacts:
    """Check a graph against what it is used for.

    Raises
    ------
    PluginFaultError
        With every fault, in words: no ONNX, data outside the file, operators or opsets that are not allowed,
        loops without a bound, values beyond measure, weights that are no numbers, inputs or outputs other
        than those that the spec names.
    """
    try:
        model = graphs.parse_graph(graph)
    except ValueError as error:
        raise PluginFaultError(f"The model is {error}") from error
    for find_faults in (_faults_of_contents, _faults_of_use, _faults_of_shapes):
        faults = list(find_faults(model, spec))
        if faults:
            raise PluginFaultError(f"The model is refused: {'; '.join(faults)}.")
    return _facts(model, spec)


def _faults_of_contents(model: onnx.ModelProto, spec: ModelSpec) -> Iterator[str]:
    yield from graphs.faults_of_external_data(model)
    yield from graphs.faults_of_operators(model)
    yield from graphs.faults_of_opset(model)
    yield from graph_limits.faults_of_loops(model)
    yield from graph_limits.faults_of_stored_sizes(model)
    yield from graph_numbers.faults_of_numbers(model)


def _faults_of_use(model: onnx.ModelProto, spec: ModelSpec) -> Iterator[str]:
    inputs = {value.name: value for value in _inputs(model)}
    outputs = {value.name: value for value in model.graph.output}
    missing = [name for name in spec.outputs if name not in outputs]
    if list(inputs) != [spec.input_name] or missing:
        yield (
            f"it takes {_listed(inputs)} and returns {_listed(outputs)}; "
            f"the manifest says {spec.input_name!r} and {_listed(spec.outputs)}"
        )
        return
    value = inputs[spec.input_name]
    if value.type.tensor_type.elem_type != onnx.TensorProto.FLOAT:
        yield f"its input {value.name!r} is not float32"
    shape = _shape(value)
    if shape is not None and not _takes(shape, spec.input_shape):
        wanted = (1, *spec.input_shape)
        yield f"its input {value.name!r} has shape {_in_words(shape)}, the manifest says {_in_words(wanted)}"
    for name in spec.outputs:
        kind = onnx.TensorProto.DataType.Name(outputs[name].type.tensor_type.elem_type)
        if kind not in _FLOATS:
            yield f"its output {name!r} is {kind.lower()}, not float32, float16 or double"


def _faults_of_shapes(model: onnx.ModelProto, spec: ModelSpec) -> Iterator[str]:
    yield from graph_limits.faults_of_computed_sizes(model, {spec.input_name: (1, *spec.input_shape)})


def _facts(model: onnx.ModelProto, spec: ModelSpec) -> GraphFacts:
    shapes = {value.name: _shape(value) for value in model.graph.output}
    input_shape = _shape(_inputs(model)[0])
    return GraphFacts(
        free_batch=input_shape is None or input_shape[0] is None,
        has_control_flow=any(n.op_type in _CONTROL_FLOW for g in graphs.graphs_of(model) for n in g.node),
        outputs=tuple((name, shapes[name]) for name in spec.outputs),
    )


def _inputs(model: onnx.ModelProto) -> list[onnx.ValueInfoProto]:
    initial = {tensor.name for tensor in model.graph.initializer}
    return [value for value in model.graph.input if value.name not in initial]


def _shape(value: onnx.ValueInfoProto) -> Shape | None:
    tensor = value.type.tensor_type
    if not tensor.HasField("shape"):
        return None
    return tuple(dim.dim_value if dim.HasField("dim_value") else None for dim in tensor.shape.dim)


def _takes(shape: Shape, item: Sequence[int]) -> bool:
    return len(shape) == len(item) + 1 and all(
        stated in (None, given) for stated, given in zip(shape, (1, *item), strict=True)
    )


def _in_words(shape: Sequence[int | None]) -> str:
    return f"({', '.join('any' if size is None else str(size) for size in shape)})"


def _listed(names: Iterator[str] | Sequence[str] | dict[str, onnx.ValueInfoProto]) -> str:
    return ", ".join(map(repr, names)) or "nothing"
