"""Are the numbers that a graph stores numbers? One weight that is none makes nothing of all that it touches.

A run would not always tell: OpenVINO makes 0 of NaN where a Relu follows, and then outlines are wrong.
"""

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from allward_sdk.graphs import graphs_of, tensors_of

if TYPE_CHECKING:
    import onnx

_LAYERS = frozenset(
    (
        *("Conv", "ConvTranspose", "Gemm", "MatMul", "PRelu"),
        *("BatchNormalization", "InstanceNormalization", "LayerNormalization", "GroupNormalization"),
    )
)
"""Operators whose second and later inputs are weights."""

_FLOATS = ("FLOAT", "FLOAT16", "BFLOAT16", "DOUBLE")


def faults_of_numbers(model: "onnx.ModelProto") -> list[str]:
    """Find stored values that are NaN, and weights of layers that are infinite.

    An infinite constant may be meant, as in the mask of an attention; a weight never is.
    """
    layers = _layers_by_weight(model)
    faults = []
    for tensor in tensors_of(model):
        values = _values(tensor)
        if values is None or np.isfinite(values).all():
            continue
        missing = int(np.count_nonzero(np.isnan(values)))
        infinite = int(np.count_nonzero(np.isinf(values))) if tensor.name in layers else 0
        if missing:
            faults.append(f"{tensor.name!r}: {missing} of {values.size} values are NaN")
        if infinite:
            where = layers[tensor.name]
            faults.append(f"{tensor.name!r}: {infinite} of {values.size} weights of {where} are infinite")
    return faults


def _layers_by_weight(model: "onnx.ModelProto") -> dict[str, str]:
    """Return weight -> the operator that uses it."""
    return {
        name: node.op_type
        for graph in graphs_of(model)
        for node in graph.node
        if node.op_type in _LAYERS
        for name in node.input[1:]
    }


def _values(tensor: "onnx.TensorProto") -> npt.NDArray[Any] | None:
    """Return the numbers of a stored tensor; None of one that stores none, or not here, or not all."""
    onnx = importlib.import_module("onnx")
    types = {getattr(onnx.TensorProto, name) for name in _FLOATS}
    if tensor.data_type not in types or tensor.data_location == onnx.TensorProto.EXTERNAL:
        return None
    try:
        values: npt.NDArray[Any] = onnx.numpy_helper.to_array(tensor)
    except ValueError:  # it claims more than it holds, which is another rule's affair
        return None
    return values
