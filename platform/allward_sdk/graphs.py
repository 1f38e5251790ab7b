"""What a model's ONNX graph must keep to: sound, standard operators only, all weights inside, right shapes.

`onnx` is needed here and nowhere else in the SDK, so it is imported when a graph is looked at.
"""

import importlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from allward_sdk.errors import UsageError
from allward_sdk.stages import SegmentationStage

if TYPE_CHECKING:
    import onnx

FIRST_OPSET, LAST_OPSET = 11, 22
"""Opsets that ONNX Runtime and OpenVINO both run; before 11 Resize and Pad meant something else."""

STANDARD_DOMAINS = ("", "ai.onnx")


def load_graph(path: Path) -> "onnx.ModelProto":
    """Read a model without following references to files outside it.

    Raises
    ------
    ValueError
        If the file is no ONNX model.
    UsageError
        If `onnx` is not installed.
    """
    load = _module("onnx").load_model
    try:
        model: onnx.ModelProto = load(str(path), load_external_data=False)
    except _module("google.protobuf.message").DecodeError as error:
        raise ValueError(f"not an ONNX file: {error}") from error
    return model


def parse_graph(data: bytes) -> "onnx.ModelProto":
    """Read a model from its bytes; like `load_graph`, nothing outside them is read."""
    try:
        model: onnx.ModelProto = _module("onnx").load_model_from_string(data)
    except _module("google.protobuf.message").DecodeError as error:
        raise ValueError(f"not an ONNX file: {error}") from error
    return model


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise UsageError("To look into models the package onnx is needed: pip install onnx") from error


def faults_of_validity(path: Path) -> list[str]:
    """Let the checker of `onnx` judge the graph, shape inference included."""
    checker = _module("onnx.checker")
    inference_error = _module("onnx.shape_inference").InferenceError
    try:
        checker.check_model(str(path), full_check=True)
    except (checker.ValidationError, inference_error) as error:
        return [str(error).strip().partition("\n")[0]]
    return []


def faults_of_opset(model: "onnx.ModelProto") -> list[str]:
    """Find opsets of the standard domain outside the allowed range."""
    versions = [opset.version for opset in model.opset_import if opset.domain in STANDARD_DOMAINS]
    return [
        f"opset {version}; {FIRST_OPSET} to {LAST_OPSET} are allowed"
        for version in versions
        if not FIRST_OPSET <= version <= LAST_OPSET
    ]


def faults_of_operators(model: "onnx.ModelProto") -> list[str]:
    """Find operators that are not ONNX's own: they would need code, and a plug-in brings none."""
    foreign = {
        f"{node.domain}.{node.op_type}"
        for graph in graphs_of(model)
        for node in graph.node
        if node.domain not in STANDARD_DOMAINS
    }
    foreign |= {f"{function.domain}.{function.name}" for function in model.functions}
    return [f"operator {name} is not a standard one" for name in sorted(foreign)]


def faults_of_external_data(model: "onnx.ModelProto") -> list[str]:
    """Find weights that lie in other files: a package's model is whole in itself."""
    proto = _module("onnx").TensorProto
    names = {
        tensor.name or "a constant"
        for tensor in tensors_of(model)
        if tensor.data_location == proto.EXTERNAL or tensor.external_data
    }
    return [f"the data of {name!r} lies outside the file" for name in sorted(names)]


def graphs_of(model: "onnx.ModelProto") -> "Iterator[onnx.GraphProto | onnx.FunctionProto]":
    """Yield the graph, its functions, and every graph inside a node of those."""
    waiting: list[Any] = [model.graph, *model.functions]
    while waiting:
        graph = waiting.pop()
        yield graph
        for node in graph.node:
            for attribute in node.attribute:
                waiting += [*attribute.graphs, *([attribute.g] if attribute.HasField("g") else [])]


def tensors_of(model: "onnx.ModelProto") -> "Iterator[onnx.TensorProto]":
    """Yield every tensor that is stored anywhere in the model."""
    for graph in graphs_of(model):
        yield from getattr(graph, "initializer", ())
        for sparse in getattr(graph, "sparse_initializer", ()):
            yield from (sparse.values, sparse.indices)
        for node in graph.node:
            for attribute in node.attribute:
                yield from (*attribute.tensors, attribute.t)
                for sparse in (*attribute.sparse_tensors, attribute.sparse_tensor):
                    yield from (sparse.values, sparse.indices)


def expected_shapes(stage: SegmentationStage) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the shapes (batch, channel, axes) that a stage gives to its model and wants back.

    Without a threshold the label of a voxel is the largest channel, and channel 0 is background.
    """
    output = stage.output
    channels = len(output.labels) + (1 if output.threshold is None else 0)
    margins = zip(output.margin_low, output.margin_high, strict=True)
    covered = (n - low - high for n, (low, high) in zip(stage.input.window, margins, strict=True))
    return (1, 1, *stage.input.window), (1, channels, *covered)


def faults_of_tensors(stage: SegmentationStage, model: "onnx.ModelProto") -> list[str]:
    """Find where the graph's input and output differ from what the stage says."""
    input_shape, output_shape = expected_shapes(stage)
    if min(output_shape) < 1:
        return [f"stages.{stage.name}: the margins leave nothing of the window"]
    initial = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in initial]
    faults = [
        f"stages.{stage.name}.input: the model also wants {value.name!r}"
        for value in inputs
        if value.name != stage.input.name
    ]
    faults += _faults_of_value(f"stages.{stage.name}.input", stage.input.name, inputs, input_shape)
    outputs = list(model.graph.output)
    return faults + _faults_of_value(f"stages.{stage.name}.output", stage.output.name, outputs, output_shape)


def _faults_of_value(
    place: str, name: str, values: "Sequence[onnx.ValueInfoProto]", shape: tuple[int, ...]
) -> list[str]:
    value = next((value for value in values if value.name == name), None)
    if value is None:
        return [f"{place}: the model has no {name!r}, but {', '.join(repr(v.name) for v in values)}"]
    tensor = value.type.tensor_type
    if tensor.elem_type != _module("onnx").TensorProto.FLOAT:
        return [f"{place}: {name!r} is not float32"]
    found = [dim.dim_value if dim.HasField("dim_value") else None for dim in tensor.shape.dim]
    fits = len(found) == len(shape) and all(f in (None, s) for f, s in zip(found, shape, strict=True))
    if fits:
        return []
    words = ", ".join("any" if size is None else str(size) for size in found)
    return [f"{place}: {name!r} has shape ({words}), plug-in says {shape}"]
