"""Tiny ONNX graphs and manifests, so that the engine is tested without real weights."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper

from allward_sdk.geometry import Geometry
from allward_sdk.manifest import Manifest

SCT = {"scheme": "SCT", "value": "10200004", "meaning": "Liver"}
INPUT_KEYS = {
    "orientation", "prepare", "mask", "pad_value", "larger_than_window", "name", "layout", "mirror",
}  # fmt: skip
TITLE = {"en": "Thing", "zh": "东西"}


def write_graph(folder: Path, nodes: list[onnx.NodeProto], constants: dict[str, Any], window, out) -> str:
    """Write a graph x -> y below `folder` under its digest, and return the digest."""
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, *window])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, out)],
        [onnx.numpy_helper.from_array(np.asarray(v), k) for k, v in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    data = model.SerializeToString()
    digest = hashlib.sha256(data).hexdigest()
    (folder / f"{digest}.onnx").write_bytes(data)
    return digest


def bright(folder: Path, window, *, above: float, steep: float = 4.0, margin=(0, 0, 0)) -> str:
    """A net that finds what is brighter than `above`: sigmoid(steep * (x - above)), valid by `margin`."""
    out = [1, 1, *(n - 2 * m for n, m in zip(window, margin, strict=True))]
    return write_graph(
        folder,
        [
            helper.make_node("Slice", ["x", "starts", "ends", "axes"], ["c"]),
            helper.make_node("Sub", ["c", "above"], ["d"]),
            helper.make_node("Mul", ["d", "steep"], ["e"]),
            helper.make_node("Sigmoid", ["e"], ["y"]),
        ],
        {
            "starts": np.asarray(margin, np.int64),
            "ends": np.asarray([n - m for n, m in zip(window, margin, strict=True)], np.int64),
            "axes": np.asarray([2, 3, 4], np.int64),
            "above": np.float32(above),
            "steep": np.float32(steep),
        },
        window,
        out,
    )


def bands(folder: Path, window, edges: tuple[float, float]) -> str:
    """A net of three channels (background, middle, bright) for `softmax`: logits peak in each band."""
    low, high = edges
    return write_graph(
        folder,
        [
            helper.make_node("Sub", ["low", "x"], ["a"]),
            helper.make_node("Sub", ["x", "low"], ["b0"]),
            helper.make_node("Sub", ["high", "x"], ["b1"]),
            helper.make_node("Min", ["b0", "b1"], ["b"]),
            helper.make_node("Sub", ["x", "high"], ["c"]),
            helper.make_node("Concat", ["a", "b", "c"], ["y"], axis=1),
        ],
        {"low": np.float32(low), "high": np.float32(high)},
        window,
        [1, 3, *window],
    )


def stage(name: str, *, window, labels, threshold=0.5, **more: Any) -> dict[str, Any]:
    """One stage of a manifest; `more` goes to input or output by its name."""
    also = more.pop("also", [])
    into = {"name": "x", "orientation": "RAS", "prepare": [], "window": list(window)}
    out: dict[str, Any] = {"name": "y", "labels": labels}
    if threshold is not None:
        out["threshold"] = threshold
    for key, value in more.items():
        (into if key in INPUT_KEYS else out)[key] = value
    return {"name": name, "model": name, "also": also, "input": into, "output": out}


def manifest(stages: list[dict[str, Any]], digests: dict[str, str], **more: Any) -> Manifest:
    """A whole manifest around stages; labels are numbered in order of appearance."""
    names = list(dict.fromkeys(label for s in stages for label in s["output"]["labels"]))
    labels = [
        {
            "name": name,
            "value": number,
            "title": TITLE,
            "category": SCT,
            "type": SCT,
            "colour": "#D68E6C",
            **({"inside": "liver", "kind": "lesion"} if name == "tumour" else {}),
        }
        for number, name in enumerate(names, 1)
    ]
    return Manifest.model_validate(
        {
            "contract": 1,
            "fills": ["any_imaging.segmentation"],
            "plugin": {"id": "org.test.thing", "version": "1.0.0", "vendor": "Test", "title": TITLE},
            "intended_use": {"statement": TITLE},
            "licences": {"code": "Apache-2.0", "weights": "Apache-2.0"},
            "wants": {"modality": ["CT"]},
            "models": {name: {"file": f"models/{name}.onnx", "sha256": d} for name, d in digests.items()},
            "stages": stages,
            "labels": labels,
            "resources": {"device_memory_mib": 0, "memory_mib": 500, "timeout_s": 60},
            **more,
        }
    )


def geometry(shape, spacing=(2.0, 1.0, 1.0), flips=(1, 1, 1)) -> Geometry:
    """An axial grid; `flips` -1 turns an axis of (k, j, i) round."""
    affine = np.zeros((4, 4))
    for axis, (mm, sign) in enumerate(zip(spacing, flips, strict=True)):
        affine[2 - axis, axis] = mm * sign
    affine[:, 3] = (-50.0, -40.0, -300.0, 1.0)
    return Geometry(shape_kji=tuple(shape), index_to_lps_mm=affine, frame_of_reference_uid="1.2.3")


def ellipsoid(grid: Geometry, centre_kji, radii_mm) -> np.ndarray:
    """Signed level of an ellipsoid on a grid: below 1 inside; shape (k, j, i)."""
    index = np.indices(grid.shape_kji).astype(np.float64)
    level = sum(((index[a] - centre_kji[a]) * grid.spacing_kji_mm[a] / radii_mm[a]) ** 2 for a in range(3))
    return np.sqrt(level)


def abdomen(grid: Geometry, centre_kji, radii_mm, *, inside_hu=100.0, body_hu=0.0) -> np.ndarray:
    """A body (an elliptic column in air) with one bright ellipsoid, edges one voxel soft; int16 HU."""
    _, j, i = np.indices(grid.shape_kji)
    rows, columns = grid.shape_kji[1:]
    column = ((j - rows / 2) / (rows * 0.42)) ** 2 + ((i - columns / 2) / (columns * 0.42)) ** 2
    volume = np.where(column < 1, body_hu, -1000.0)
    edge_mm = (1 - ellipsoid(grid, centre_kji, radii_mm)) * min(radii_mm)
    soft = np.clip(edge_mm / 1.0 + 0.5, 0, 1)
    return np.round(volume + (inside_hu - body_hu) * soft * (column < 1)).astype(np.int16)


def folds(folder: Path, window, *, features: int, classes: int, seed: int = 0) -> str:
    """A net with a last 1 x 1 x 1 layer: Relu of a random 3 x 3 x 3 convolution, then classes of features."""
    rng = np.random.default_rng(seed)
    return write_graph(
        folder,
        [
            helper.make_node("Conv", ["x", "w", "b"], ["c"], kernel_shape=[3, 3, 3], pads=[1] * 6),
            helper.make_node("Relu", ["c"], ["f"]),
            helper.make_node("Conv", ["f", "head", "bias"], ["y"], kernel_shape=[1, 1, 1]),
        ],
        {
            "w": rng.normal(scale=0.4, size=(features, 1, 3, 3, 3)).astype(np.float32),
            "b": rng.normal(size=features).astype(np.float32),
            "head": rng.normal(size=(classes, features, 1, 1, 1)).astype(np.float32),
            "bias": rng.normal(scale=0.3, size=classes).astype(np.float32),
        },
        window,
        [1, classes, *window],
    )
