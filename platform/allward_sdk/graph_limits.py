"""How much work and memory a model's graph can ask for, told from the graph alone, before anything is run.

A few hundred bytes of ONNX can ask for a terabyte (a constant blown up to a huge shape) or for eternity (a
loop that decides itself when to stop). What is refused here could not be stopped in good time later. `onnx`
is imported when a graph is looked at.
"""

import importlib
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from allward_sdk.graphs import graphs_of, tensors_of

if TYPE_CHECKING:
    import onnx

MOST_TURNS = 100_000
"""Most turns of a loop, times those of the loops around it: what repeats can be counted beforehand."""

MOST_CONSTANT_BYTES = 512 * 2**20
"""Largest value that a graph may make out of nothing; a grid of coordinates of 256^3 voxels takes 192 MiB."""

MOST_TENSOR_BYTES = 16 * 2**30
"""Largest value that a graph may compute from one item; 200 classes of 256^3 voxels take 12.5 GiB."""

_MAKERS = frozenset({"ConstantOfShape", "EyeLike", "OneHot", "RandomNormal", "RandomUniform", "Range"})
"""Operators whose output may be of any size whatever the size of their inputs; real graphs state it."""

_SMALL_TENSOR = 1024
"""Elements up to which a stored tensor may be a shape, and is kept for shape inference."""


def faults_of_demands(model: "onnx.ModelProto") -> list[str]:
    """Find everything that a graph asks for too much of, as far as it states the shapes of its inputs.

    Whether it is valid at all is another rule's affair.
    """
    faults = faults_of_loops(model) + faults_of_stored_sizes(model)
    initial = {tensor.name for tensor in model.graph.initializer}
    shapes = {}
    for value in model.graph.input:
        dims = value.type.tensor_type.shape.dim
        if value.name not in initial and all(dim.HasField("dim_value") for dim in dims[1:]):
            shapes[value.name] = (1, *(dim.dim_value for dim in dims[1:]))
    if faults:
        return faults
    try:
        inferred = _infer(_without_weights(model, shapes), strict=False)
    except _onnx().shape_inference.InferenceError:
        return []
    return list(_faults_of_values(inferred, set(shapes)))


def faults_of_loops(model: "onnx.ModelProto") -> list[str]:
    """Find loops whose number of turns is not a constant of the graph, or is more than `MOST_TURNS`."""
    return list(_faults_of_loops(model.graph, {}, 1))


def _faults_of_loops(
    graph: "onnx.GraphProto", outer: Mapping[str, "onnx.TensorProto"], turns: int
) -> Iterator[str]:
    constants = {**outer, **_constants(graph)}
    for node in graph.node:
        inner = turns
        if node.op_type == "Loop":
            counted = _turns(node, constants)
            if counted is None:
                yield f"the loop {node.name or node.output[0]!r} does not say how often it turns"
                continue
            inner = turns * counted
            if inner > MOST_TURNS:
                name = node.name or node.output[0]
                yield f"the loop {name!r} turns {inner} times, {MOST_TURNS} are allowed"
                continue
        for body in _bodies(node):
            yield from _faults_of_loops(body, constants, inner)


def _constants(graph: "onnx.GraphProto") -> "dict[str, onnx.TensorProto]":
    found = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        for attribute in node.attribute:
            if node.op_type == "Constant" and attribute.name == "value":
                found[node.output[0]] = attribute.t
    return found


def _turns(node: "onnx.NodeProto", constants: Mapping[str, "onnx.TensorProto"]) -> int | None:
    tensor = constants.get(node.input[0]) if node.input and node.input[0] else None
    if tensor is None or math.prod(tensor.dims) != 1:
        return None
    to_array = _onnx().numpy_helper.to_array
    return max(0, int(to_array(tensor).reshape(-1)[0]))


def faults_of_stored_sizes(model: "onnx.ModelProto") -> list[str]:
    """Find stored tensors that claim more than the file holds, and sparse ones that would be huge."""
    faults = [
        f"{tensor.name!r} claims {_bytes_in_words(claimed)}, but holds {len(tensor.raw_data)} bytes"
        for tensor in tensors_of(model)
        if tensor.HasField("raw_data") and (claimed := _claimed_bytes(tensor)) > len(tensor.raw_data)
    ]
    for graph in graphs_of(model):
        for sparse in getattr(graph, "sparse_initializer", ()):
            size = 8 * math.prod(sparse.dims)
            if size > MOST_CONSTANT_BYTES:
                faults.append(f"the sparse {sparse.values.name!r} would take {_bytes_in_words(size)}")
    return faults


def _claimed_bytes(tensor: "onnx.TensorProto") -> int:
    if any(size < 0 for size in tensor.dims):
        return 2**63
    return int(math.prod(tensor.dims)) * _bits(tensor.data_type) // 8


def _bits(data_type: int) -> int:
    """Return the bits of one element; types of less than a byte are packed."""
    proto = _onnx().TensorProto
    name = str(proto.DataType.Name(data_type))
    digits = "".join(character for character in name.partition("E")[0] if character.isdigit())
    known = {"FLOAT": 32, "DOUBLE": 64, "BOOL": 8, "COMPLEX64": 64, "COMPLEX128": 128, "STRING": 8}
    return known.get(name) or int(digits or 8)


def faults_of_computed_sizes(
    model: "onnx.ModelProto", input_shapes: Mapping[str, Sequence[int]]
) -> list[str]:
    """Find values that would be larger than a machine has room for, by inferring every shape.

    A shape that depends on what is computed cannot be told beforehand; such a value passes, unless it is made
    from nothing else than its shape.

    Parameters
    ----------
    input_shapes
        Input -> shape that it will be given, batch included.
    """
    light = _without_weights(model, input_shapes)
    try:
        _onnx().checker.check_model(light)
        inferred = _infer(light, strict=True)
    except _onnx().checker.ValidationError as error:
        return [_first_line(error)]
    except _onnx().shape_inference.InferenceError as error:
        return [f"its shapes do not fit together: {_first_line(error)}"]
    return list(_faults_of_values(inferred, set(input_shapes)))


def _faults_of_values(inferred: "onnx.ModelProto", computed: set[str]) -> Iterator[str]:
    """Judge the values of a graph whose shapes are inferred, then those of the graphs in its nodes."""
    graph = inferred.graph
    computed = _depending_on(graph, computed)
    values = {value.name: value for value in (*graph.input, *graph.value_info, *graph.output)}
    for node in graph.node:
        for name in node.output:
            size = _bytes_of(values.get(name))
            most = MOST_TENSOR_BYTES if name in computed else MOST_CONSTANT_BYTES
            if size is None and node.op_type in _MAKERS:
                yield f"the size of {name!r}, which {node.op_type} makes out of nothing, cannot be told"
            if size is not None and size > most:
                yield f"{name!r} would take {_bytes_in_words(size)}, {_bytes_in_words(most)} are allowed"
        for body in _bodies(node):
            try:
                inside = _inferred_body(inferred, body, values)
            except _onnx().shape_inference.InferenceError as error:
                yield f"the shapes inside {node.op_type} cannot be told: {_first_line(error)}"
                continue
            yield from _faults_of_values(inside, computed)


def _inferred_body(
    around: "onnx.ModelProto", body: "onnx.GraphProto", values: "Mapping[str, onnx.ValueInfoProto]"
) -> "onnx.ModelProto":
    """Infer the shapes in a node's own graph, which sees the values of the graph around it."""
    model: onnx.ModelProto = _onnx().ModelProto(
        ir_version=around.ir_version, opset_import=around.opset_import
    )
    constants = [node for node in around.graph.node if node.op_type == "Constant"]
    hidden = {value.name for value in body.input} | {node.output[0] for node in constants}
    model.graph.input.extend(body.input)
    model.graph.input.extend(value for name, value in values.items() if name not in hidden)
    model.graph.initializer.extend((*around.graph.initializer, *body.initializer))
    model.graph.node.extend((*constants, *body.node))
    model.graph.output.extend(body.output)
    return _infer(model, strict=False)


def _infer(model: "onnx.ModelProto", *, strict: bool) -> "onnx.ModelProto":
    inferred: onnx.ModelProto = _onnx().shape_inference.infer_shapes(
        model, strict_mode=strict, data_prop=True
    )
    return inferred


def _without_weights(
    model: "onnx.ModelProto", input_shapes: Mapping[str, Sequence[int]]
) -> "onnx.ModelProto":
    """Return the graph with inputs in place of its weights: inference needs their shapes alone."""
    graph = model.graph
    light: onnx.ModelProto = _onnx().ModelProto(ir_version=model.ir_version, opset_import=model.opset_import)
    light.graph.name = graph.name or "g"
    light.graph.node.extend(graph.node)
    light.graph.output.extend(graph.output)
    make_value = _onnx().helper.make_tensor_value_info
    initial = {tensor.name for tensor in graph.initializer}
    for value in graph.input:
        if value.name not in initial:
            shape = input_shapes.get(value.name)
            elem_type = value.type.tensor_type.elem_type
            light.graph.input.append(value if shape is None else make_value(value.name, elem_type, shape))
    for tensor in graph.initializer:
        if math.prod(tensor.dims) <= _SMALL_TENSOR:
            light.graph.initializer.append(tensor)
        light.graph.input.append(make_value(tensor.name, tensor.data_type, tensor.dims))
    return light


def _depending_on(graph: "onnx.GraphProto", names: set[str]) -> set[str]:
    """Return the values that are computed from `names`; nodes stand in the order of computing."""
    found = set(names)
    for node in graph.node:
        inside = {name for body in _all_bodies(node) for inner in body.node for name in inner.input}
        if not found.isdisjoint(node.input) or not found.isdisjoint(inside):
            found.update(node.output)
    return found


def _bodies(node: "onnx.NodeProto") -> "Iterator[onnx.GraphProto]":
    for attribute in node.attribute:
        yield from attribute.graphs
        if attribute.HasField("g"):
            yield attribute.g


def _all_bodies(node: "onnx.NodeProto") -> "Iterator[onnx.GraphProto]":
    for body in _bodies(node):
        yield body
        for inner in body.node:
            yield from _all_bodies(inner)


def _bytes_of(value: "onnx.ValueInfoProto | None") -> int | None:
    tensor = value.type.tensor_type if value is not None else None
    if tensor is None or not tensor.HasField("shape"):
        return None
    sizes = [dim.dim_value if dim.HasField("dim_value") else None for dim in tensor.shape.dim]
    known = [size for size in sizes if size is not None]
    return math.prod(known) * _bits(tensor.elem_type) // 8 if len(known) == len(sizes) else None


def _onnx() -> Any:
    return importlib.import_module("onnx")


def _bytes_in_words(size: int) -> str:
    return f"{size / 2**20:.0f} MiB" if size >= 2**20 else f"{size} bytes"


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
