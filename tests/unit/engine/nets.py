"""Tiny ONNX nets that find, judge and describe, with answers that can be told beforehand; any batch."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper
from tests.unit.engine.graphs import SCT, TITLE

from allward_sdk.manifest import Manifest

node = helper.make_node


def write(folder: Path, nodes, constants: dict[str, Any], x, outputs: dict[str, tuple], batch="n") -> str:
    """Write a graph of the input `x` below `folder` under its digest; shapes without the batch."""
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, *x])],
        [
            helper.make_tensor_value_info(k, TensorProto.FLOAT, [batch, *shape])
            for k, shape in outputs.items()
        ],
        [onnx.numpy_helper.from_array(np.asarray(v), k) for k, v in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    data = model.SerializeToString()
    digest = hashlib.sha256(data).hexdigest()
    (folder / f"{digest}.onnx").write_bytes(data)
    return digest


SPACE = np.asarray([2, 3, 4], np.int64)


def weigher(folder: Path, window, *, half: float = 20.0) -> str:
    """One answer a window: how much of it is bright, where the middle of that is, and how large.

    `score` (n, 3) holds w / (w + half) in channel 1, w the sum of the voxels; `shift` (n, 3) the voxels from
    the window's middle to the centre of gravity; `diameter` (n, 1) that of a ball of w voxels; `weight` w.
    """
    coordinates = np.indices(window).astype(np.float32)[None] - (
        (np.asarray(window, np.float32) - 1) / 2
    ).reshape(1, 3, 1, 1, 1)
    nodes = [
        node("ReduceSum", ["x", "space"], ["w"], keepdims=0),
        node("Add", ["w", "half"], ["wh"]),
        node("Div", ["w", "wh"], ["p"]),
        node("Mul", ["p", "zero"], ["none"]),
        node("Concat", ["none", "p", "none"], ["score"], axis=1),
        node("Mul", ["x", "coordinates"], ["xc"]),
        node("ReduceSum", ["xc", "space"], ["moment"], keepdims=0),
        node("Max", ["w", "tiny"], ["w1"]),
        node("Div", ["moment", "w1"], ["shift"]),
        node("Mul", ["w", "ball"], ["cube"]),
        node("Pow", ["cube", "third"], ["diameter"]),
        node("Mul", ["w", "one"], ["weight"]),
    ]
    constants = {
        "space": SPACE,
        "half": np.float32(half),
        "zero": np.float32(0),
        "one": np.float32(1),
        "coordinates": coordinates,
        "tiny": np.float32(1e-3),
        "ball": np.float32(6 / np.pi),
        "third": np.float32(1 / 3),
    }
    outputs = {"score": (3,), "shift": (3,), "diameter": (1,), "weight": (1,)}
    return write(folder, nodes, constants, (1, *window), outputs)


def cells(folder: Path, window, stride: int) -> str:
    """One answer a cell: `score` its mean (n, 1, cells), `size` (n, 3, cells) 2, 4 and 6 voxels of it."""
    shape = tuple(n // stride for n in window)
    nodes = [
        node("AveragePool", ["x"], ["score"], kernel_shape=[stride] * 3, strides=[stride] * 3),
        node("Mul", ["score", "edges"], ["size"]),
        node("Mul", ["score", "towards"], ["shift"]),
    ]
    constants = {
        "edges": np.asarray([2, 4, 6], np.float32).reshape(1, 3, 1, 1, 1),
        "towards": np.asarray([0.25, 0, -0.25], np.float32).reshape(1, 3, 1, 1, 1),
    }
    return write(
        folder,
        nodes,
        constants,
        (1, *window),
        {"score": (1, *shape), "size": (3, *shape), "shift": (3, *shape)},
    )


def anchored(folder: Path, window, stride: int, deltas, *, layout: str) -> str:
    """Scores of two anchors a cell, the cell's mean and half of it; every anchor gets its row of `deltas`.

    Two classes an anchor, of which the first is never seen.
    """
    shape = tuple(n // stride for n in window)
    count = int(np.prod(shape))
    nodes = [
        node("AveragePool", ["x"], ["mean"], kernel_shape=[stride] * 3, strides=[stride] * 3),
        node("Mul", ["mean", "shares"], ["maps"]),
        node("Mul", ["mean", "nothing"], ["flat"]),
        node("Add", ["flat", "deltas"], ["boxmaps"]),
    ]
    constants: dict[str, Any] = {
        "shares": np.asarray([0, 1, 0, 0.5], np.float32).reshape(1, 4, 1, 1, 1),
        "nothing": np.zeros((1, 12, 1, 1, 1), np.float32),
        "deltas": np.asarray(deltas, np.float32).reshape(1, 12, 1, 1, 1),
    }
    if layout == "map":
        nodes += [node("Identity", ["maps"], ["score"]), node("Identity", ["boxmaps"], ["box"])]
        outputs = {"score": (4, *shape), "box": (12, *shape)}
    else:
        nodes += [
            node("Transpose", ["maps"], ["mt"], perm=[0, 2, 3, 4, 1]),
            node("Reshape", ["mt", "slist"], ["score"]),
            node("Transpose", ["boxmaps"], ["bt"], perm=[0, 2, 3, 4, 1]),
            node("Reshape", ["bt", "blist"], ["box"]),
        ]
        constants |= {
            "slist": np.asarray([-1, count * 2, 2], np.int64),
            "blist": np.asarray([-1, count * 2, 6], np.int64),
        }
        outputs = {"score": (count * 2, 2), "box": (count * 2, 6)}
    return write(folder, nodes, constants, (1, *window), outputs)


def judge(folder: Path, window, *, at: float = 0.5, steep: float = 10.0) -> str:
    """Two scores of a window, steep * (mean - at) and its negative: (n, 2)."""
    nodes = [
        node("ReduceMean", ["x", "space"], ["mean"], keepdims=0),
        node("Sub", ["mean", "at"], ["over"]),
        node("Mul", ["over", "sides"], ["y"]),
    ]
    constants = {
        "space": SPACE,
        "at": np.float32(at),
        "sides": np.asarray([[steep, -steep]], np.float32),
    }
    return write(folder, nodes, constants, (1, *window), {"y": (2,)})


def colours(folder: Path, tile, *, layout: str = "channels_first", factor: float = 1.0) -> str:
    """The mean of each colour of a tile: (n, 3)."""
    axes = [2, 3] if layout == "channels_first" else [1, 2]
    x = (3, *tile) if layout == "channels_first" else (*tile, 3)
    nodes = [
        node("ReduceMean", ["x", "space"], ["mean"], keepdims=0),
        node("Mul", ["mean", "factor"], ["y"]),
    ]
    constants = {"space": np.asarray(axes, np.int64), "factor": np.float32(factor)}
    return write(folder, nodes, constants, x, {"y": (3,)})


def broken(folder: Path, window) -> str:
    """A net that answers 0 / 0 where nothing is bright: (n, 2)."""
    nodes = [
        node("ReduceSum", ["x", "space"], ["w"], keepdims=0),
        node("Div", ["w", "w"], ["nan"]),
        node("Concat", ["nan", "nan"], ["y"], axis=1),
    ]
    return write(folder, nodes, {"space": SPACE}, (1, *window), {"y": (2,)})


def label(name: str, value: int, **more: Any) -> dict[str, Any]:
    """One label of a manifest."""
    return {
        "name": name,
        "value": value,
        "title": TITLE,
        "category": SCT,
        "type": SCT,
        "colour": "#D68E6C",
        "kind": "lesion",
        **more,
    }


def manifest(
    stages: list[dict[str, Any]], digests: dict[str, str], labels: list[str], **more: Any
) -> Manifest:
    """A whole manifest around stages, each running the model of its own name."""
    return Manifest.model_validate(
        {
            "contract": 1,
            "fills": ["lung_nodule.detector"],
            "plugin": {"id": "org.test.thing", "version": "1.0.0", "vendor": "Test", "title": TITLE},
            "intended_use": {"statement": TITLE},
            "licences": {"code": "Apache-2.0", "weights": "Apache-2.0"},
            "wants": {"modality": ["CT"]},
            "models": {name: {"file": f"models/{name}.onnx", "sha256": d} for name, d in digests.items()},
            "stages": [{"model": each["name"], **each} for each in stages],
            "labels": [label(name, number) for number, name in enumerate(labels, 1)],
            "resources": {"device_memory_mib": 0, "memory_mib": 500, "timeout_s": 60},
            **more,
        }
    )


def reading(window, **more: Any) -> dict[str, Any]:
    """The input of a stage that reads volumes."""
    return {"name": "x", "orientation": "RAS", "prepare": [], "window": list(window), **more}
