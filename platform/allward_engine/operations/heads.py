"""A model without its last layer, where that is a 1 x 1 x 1 convolution to more classes than it has features.

Blending, mirroring, averaging and interpolating are linear, and so is such a layer: it may as well come after
them, where it costs a product of two matrices instead of holding every class at every voxel. `onnx` is needed
to cut a graph, so it is imported when one is cut.
"""

from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np

from allward_engine.grids import FloatImage
from allward_engine.memory import give_back_freed_memory
from allward_engine.sessions import Head, ModelSpec, Output, Runtime, Session

if TYPE_CHECKING:
    import onnx


@dataclass(frozen=True, slots=True, eq=False)
class Beheaded:
    """A graph that returns features under the name of its former output, and what made classes of them."""

    graph: bytes
    head: Head


def with_heads(runtime: Runtime) -> Runtime:
    """Return the runtime, able to run models without their heads where a `ModelSpec` allows it."""

    def load(graph: bytes, spec: ModelSpec) -> Session:
        cut = cut_head(graph, spec.outputs[0]) if spec.headless else None
        if cut is None:
            session = runtime.load(graph, replace(spec, headless=False))
        else:
            session = _HeadlessSession(runtime.load(cut.graph, spec), cut.head)
        del cut
        give_back_freed_memory()  # a graph is parsed and written several times on its way
        return session

    return replace(runtime, load=load)


def cut_head(graph: bytes, output: str) -> Beheaded | None:
    """Cut a graph before its last layer.

    Returns
    -------
    None if the output named `output` does not come from a 1 x 1 x 1 convolution with fewer features than
    classes, or if anything else uses it; or if the bytes are no graph at all, which the runtime will tell
    """
    not_a_graph = import_module("google.protobuf.message").DecodeError
    try:
        model: onnx.ModelProto = import_module("onnx").load_model_from_string(graph)
    except not_a_graph:
        return None
    node = _last_convolution(model.graph, output)
    head = None if node is None else _head(model.graph, node)
    if node is None or head is None or head.weights.shape[1] >= head.weights.shape[0]:
        return None
    features = node.input[0]
    model.graph.node.remove(node)
    for other in model.graph.node:
        _rename(other.input, features, output)
        _rename(other.output, features, output)
    _describe_output(model.graph, features, output, head.weights.shape[1])
    _drop_unused(model.graph, set(node.input[1:]))
    return Beheaded(model.SerializeToString(), head)


class _HeadlessSession:
    """A session whose outputs carry the head that was cut off."""

    def __init__(self, session: Session, head: Head) -> None:
        self._session = session
        self._head = head

    @property
    def device(self) -> str:
        return self._session.device

    def run(self, tensor: FloatImage) -> Output:
        """Run the model once; see `Session.run`."""
        return replace(self._session.run(tensor), head=self._head)

    def release(self) -> None:
        """Give back the memory for activations; see `Session.release`."""
        self._session.release()


def _last_convolution(graph: "onnx.GraphProto", output: str) -> "onnx.NodeProto | None":
    """Find the node that may be cut off: pointwise, of the features alone, used by nothing but the output."""
    makers = {name: node for node in graph.node for name in node.output}
    node = makers.get(output)
    if node is None or node.op_type != "Conv" or node.domain not in ("", "ai.onnx") or len(node.input) < 2:
        return None
    if node.input[0] not in makers or any(_has_subgraph(other) for other in graph.node):
        return None
    if any(output in other.input for other in graph.node) or len(makers[node.input[0]].output) != 1:
        return None
    if node.input[0] in {value.name for value in graph.output}:
        return None
    return node if _is_pointwise(node) else None


def _has_subgraph(node: "onnx.NodeProto") -> bool:
    return any(attribute.HasField("g") or attribute.graphs for attribute in node.attribute)


def _is_pointwise(node: "onnx.NodeProto") -> bool:
    """Tell whether a convolution moves, pads and groups nothing; its weights tell whether it is 1 x 1 x 1."""
    wanted = {"strides": 1, "pads": 0, "group": 1, "kernel_shape": 1}
    for attribute in node.attribute:
        if attribute.name in wanted and {*attribute.ints, *([attribute.i] if not attribute.ints else [])} != {
            wanted[attribute.name]
        }:
            return False
    return True


def _head(graph: "onnx.GraphProto", node: "onnx.NodeProto") -> Head | None:
    """Read the weights of a convolution; None if they are not constants, not float32 or not 1 x 1 x 1."""
    from onnx import TensorProto, numpy_helper

    constants = {tensor.name: tensor for tensor in graph.initializer if tensor.data_type == TensorProto.FLOAT}
    if any(name and name not in constants for name in node.input[1:]):
        return None
    weights = numpy_helper.to_array(constants[node.input[1]])
    if weights.ndim != 5 or weights.shape[2:] != (1, 1, 1):
        return None
    classes, features = weights.shape[:2]
    bias = np.zeros(classes, np.float32)
    if len(node.input) > 2 and node.input[2]:
        bias = numpy_helper.to_array(constants[node.input[2]])
    return Head(np.array(weights.reshape(classes, features), np.float32), np.array(bias, np.float32))


def _rename(names: "list[str]", old: str, new: str) -> None:
    for number, name in enumerate(names):
        if name == old:
            names[number] = new


def _describe_output(graph: "onnx.GraphProto", features: str, output: str, channels: int) -> None:
    """Let the output have so many channels, and forget what was said of the features' name."""
    for value in graph.output:
        if value.name == output:
            value.type.tensor_type.shape.dim[1].Clear()
            value.type.tensor_type.shape.dim[1].dim_value = channels
    stale = [value for value in graph.value_info if value.name in (features, output)]
    for value in stale:
        graph.value_info.remove(value)


def _drop_unused(graph: "onnx.GraphProto", names: set[str]) -> None:
    used = {name for node in graph.node for name in node.input}
    for tensor in [tensor for tensor in graph.initializer if tensor.name in names - used]:
        graph.initializer.remove(tensor)
