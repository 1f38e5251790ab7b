"""Graphs of every operation with tensors of known names and shapes; what they compute does not matter."""

from pathlib import Path

import onnx
from onnx import TensorProto, helper

Shape = tuple[int | str, ...]


def write_net(path: Path, given: Shape, told: dict[str, Shape], *, ends: str = "") -> Path:
    """Write a graph that makes each output by spreading the mean of the input."""
    nodes = [helper.make_node("ReduceMean", ["image"], ["mean"], keepdims=0)]
    constants = []
    for name, shape in told.items():
        fixed = [size if isinstance(size, int) else 1 for size in shape]
        constants.append(helper.make_tensor(f"{name}_shape", TensorProto.INT64, [len(fixed)], fixed))
        wide = f"{name}_wide" if ends else name
        nodes.append(helper.make_node("Expand", ["mean", f"{name}_shape"], [wide]))
        if ends:
            nodes.append(helper.make_node(ends, [wide], [name]))
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, given)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in told.items()],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.write_bytes(model.SerializeToString(deterministic=True))
    onnx.checker.check_model(str(path))
    return path
