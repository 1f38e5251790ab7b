"""Graphs that ask for eternity, for all memory, or for what lies outside them; each a few hundred bytes."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

WINDOW = (8, 8, 8)


def model(nodes, constants=(), *, shape=("n", 1, *WINDOW), opset=17, **more):
    """Return the bytes of a graph x -> y; `constants` are numpy arrays by name, or tensors."""
    tensors = [
        value if isinstance(value, TensorProto) else numpy_helper.from_array(np.asarray(value), name)
        for name, value in dict(constants).items()
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", *[None] * (len(shape) - 1)])],
        tensors,
    )
    imports = [helper.make_opsetid("", opset), *more.pop("imports", ())]
    return helper.make_model(graph, opset_imports=imports, ir_version=9, **more).SerializeToString()


def write(folder: Path, data: bytes) -> str:
    """Write a graph below `folder` under its digest, and return the digest."""
    digest = hashlib.sha256(data).hexdigest()
    (folder / f"{digest}.onnx").write_bytes(data)
    return digest


def loop(turns: int | None, *, size: int = 2, inner: int | None = None) -> bytes:
    """A graph that multiplies a square matrix `turns` times, None: for ever; the answer is the input's own.

    Two thousand products of 1024 x 1024 take a processor minutes: a unit that outlasts any time limit.
    """
    nodes = [helper.make_node("MatMul", ["v", "m"], ["w"])]
    constants: dict[str, Any] = {"m": np.eye(size, dtype=np.float32)}
    if inner is not None:
        body = _body([helper.make_node("MatMul", ["u", "m"], ["t"])], "u", "t", inside="inner_")
        nodes = [_loop_node("inner", body, ["inner_turns", "true", "v"], "w")]
        constants["inner_turns"] = np.int64(inner)
    body = _body(nodes, "v", "w")
    start = np.eye(size, dtype=np.float32)
    constants |= {"start": start, "true": np.array(True), "zero": np.float32(0)}
    if turns is not None:
        constants["turns"] = np.int64(turns)
    return model(
        [
            _loop_node("outer", body, ["turns" if turns is not None else "", "true", "start"], "turned"),
            helper.make_node("ReduceMax", ["turned"], ["most"], keepdims=0),
            helper.make_node("Mul", ["most", "zero"], ["nothing"]),
            helper.make_node("Add", ["x", "nothing"], ["y"]),
        ],
        constants,
    )


def _loop_node(name: str, body: onnx.GraphProto, inputs: list[str], output: str) -> onnx.NodeProto:
    return helper.make_node("Loop", inputs, [output], name=name, body=body)


def _body(nodes: list[onnx.NodeProto], before: str, after: str, *, inside: str = "") -> onnx.GraphProto:
    scalar = helper.make_tensor_value_info
    return helper.make_graph(
        [*nodes, helper.make_node("Identity", [f"{inside}go"], [f"{inside}go_on"])],
        "body",
        [
            scalar(f"{inside}turn", TensorProto.INT64, []),
            scalar(f"{inside}go", TensorProto.BOOL, []),
            scalar(before, TensorProto.FLOAT, [None, None]),
        ],
        [scalar(f"{inside}go_on", TensorProto.BOOL, []), scalar(after, TensorProto.FLOAT, [None, None])],
    )


def bomb(*nodes: onnx.NodeProto, **constants) -> bytes:
    """A graph whose value `big`, made by `nodes`, is far too large; its maximum is added to the input."""
    return model(
        [
            *nodes,
            helper.make_node("ReduceMax", ["big"], ["most"], keepdims=0),
            helper.make_node("Add", ["x", "most"], ["y"]),
        ],
        constants,
    )


def outside(location: str) -> TensorProto:
    """A weight whose data lie in another file."""
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[1])
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", location
    return tensor


def hollow(*dims: int) -> TensorProto:
    """A weight that claims a shape and holds four bytes."""
    return TensorProto(name="w", data_type=TensorProto.FLOAT, dims=dims, raw_data=b"\0\0\0\0")
