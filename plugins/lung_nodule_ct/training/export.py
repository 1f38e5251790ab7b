"""Write the trained net as ONNX: `python -m training.export detector.pt ../models/nodules.onnx`.

Batch normalisation is folded into the convolutions; the scores leave as probabilities. The graph looks at
each window four times, turned by half a turn about each axis, and says the mean. Equal weights give equal
bytes. The graph is held to the net on a piece before it is written.
"""

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from training.chests import draw_piece
from training.net import HIGH_HU, LARGEST_LOG, LOW_HU, Detector

OPSET, IR_VERSION = 18, 8
TURNS: tuple[tuple[int, ...], ...] = ((), (3, 4), (2, 4), (2, 3))
"""Axes of (n, channel, z, y, x) that are mirrored, in pairs: half turns."""

WINDOW = (96, 96, 96)
_EPSILON = 1e-5
_MOST_APART = 1e-3

Array = npt.NDArray[np.float32]


class Writer:
    """Writes nodes one after the other, from the weights of a net by their names."""

    def __init__(self, weights: dict[str, Array]) -> None:
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, values: npt.ArrayLike, kind: type = np.float32) -> str:
        """Return the name of a constant."""
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(values, kind), name))
        return name

    def node(self, operator: str, *inputs: str, **attributes: object) -> str:
        """Return the name of a node's output."""
        name = f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], name=name, **attributes))
        return name

    def convolve(self, x: str, at: str, *, stride: int = 1, relu: bool = True) -> str:
        """Convolution `at.0` with the normalisation `at.1` folded in."""
        w, n = self.weights[f"{at}.0.weight"], f"{at}.1"
        scale = self.weights[f"{n}.weight"] / np.sqrt(self.weights[f"{n}.running_var"] + _EPSILON)
        bias = self.weights[f"{n}.bias"] - self.weights[f"{n}.running_mean"] * scale
        pad = (w.shape[2] - 1) // 2
        told = self.node(
            "Conv", x, self.constant(w * scale[:, None, None, None, None]), self.constant(bias),
            kernel_shape=list(w.shape[2:]), pads=[pad] * 6, strides=[stride] * 3,
        )  # fmt: skip
        return self.node("Relu", told) if relu else told

    def residual(self, x: str, at: str) -> str:
        """Two convolutions beside a short cut."""
        aside = self.convolve(self.convolve(x, f"{at}.first"), f"{at}.second", relu=False)
        return self.node("Relu", self.node("Add", x, aside))

    def named(self, operator: str, output: str, *inputs: str) -> None:
        """Write a node whose output the graph gives."""
        self.nodes.append(helper.make_node(operator, list(inputs), [output], name=output))

    def split(self, x: str, lengths: list[int], *, axis: int) -> list[str]:
        """Cut along an axis: into so many equal parts if one number is given, else into these lengths."""
        count = lengths[0] if len(lengths) == 1 else len(lengths)
        parts = [f"part_{len(self.nodes)}_{number}" for number in range(count)]
        inputs, more = [x], {"num_outputs": count}
        if len(lengths) > 1:
            inputs, more = [x, self.constant(lengths, np.int64)], {}
        name = f"split_{len(self.nodes)}"
        self.nodes.append(helper.make_node("Split", inputs, parts, name=name, axis=axis, **more))
        return parts

    def mirrored(self, x: str, axes: tuple[int, ...]) -> str:
        """Mirror along axes."""
        if not axes:
            return x
        far = np.iinfo(np.int64).min
        ends = [self.constant(v, np.int64) for v in ([-1] * len(axes), [far] * len(axes), list(axes))]
        return self.node("Slice", x, *ends, self.constant([-1] * len(axes), np.int64))

    def scaled(self, x: str, low: float, high: float) -> str:
        """Clip, and bring to -1 to 1."""
        cut = self.node("Clip", x, self.constant(low), self.constant(high))
        far = self.node("Sub", cut, self.constant((low + high) / 2))
        return self.node("Mul", far, self.constant(2.0 / (high - low)))

    def doubled(self, x: str) -> str:
        """Repeat each cell along each axis."""
        factors = self.constant([1, 1, 2, 2, 2])
        return self.node(
            "Resize",
            x,
            "",
            factors,
            mode="nearest",
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        )


def graph_of(weights: dict[str, Array]) -> onnx.ModelProto:
    """Return the net as a graph from HU to probability, offset and diameter."""
    w = Writer(weights)
    turned = w.node("Concat", *(w.mirrored("hu", axes) for axes in TURNS), axis=0)
    parts = w.split(_head(w, turned), [len(TURNS)], axis=0)
    parts = [w.mirrored(part, axes) for part, axes in zip(parts, TURNS, strict=True)]
    split = [w.split(part, [1, 3, 1], axis=1) for part in parts]
    scores = [w.node("Sigmoid", score) for score, _, _ in split]
    signs = [[-1.0 if axis in axes else 1.0 for axis in (2, 3, 4)] for axes in TURNS]
    offsets = [
        w.node("Mul", offset, w.constant(np.reshape(sign, (1, 3, 1, 1, 1))))
        for (_, offset, _), sign in zip(split, signs, strict=True)
    ]
    logs = [log for _, _, log in split]
    log = w.node("Clip", w.node("Mean", *logs), w.constant(0.0), w.constant(LARGEST_LOG))
    w.named("Mean", "score", *scores)
    w.named("Mean", "offset", *offsets)
    w.named("Exp", "size", log)
    cells = [n // 4 for n in WINDOW]

    def described(name: str, channels: int, shape: list[int]) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", channels, *shape])

    told_of = [described("score", 1, cells), described("offset", 3, cells), described("size", 1, cells)]
    image = described("hu", 1, list(WINDOW))
    graph = helper.make_graph(w.nodes, "lung_nodule_ct", [image], told_of, w.constants)
    opsets = [helper.make_opsetid("", OPSET)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="allward")


def _head(w: Writer, hu: str) -> str:
    """Return what the net says of each cell: logit, offset, logarithm of the diameter."""
    both = w.node("Concat", w.scaled(hu, LOW_HU, HIGH_HU), w.scaled(hu, LOW_HU, -300.0), axis=1)
    half = w.residual(w.convolve(both, "stem.0", stride=2), "stem.1")
    levels = [half]
    for name in ("down4", "down8", "down16"):
        x = w.convolve(levels[-1], f"{name}.0", stride=2)
        levels.append(w.residual(w.residual(x, f"{name}.1"), f"{name}.2"))
    _, fourth, eighth, deep = levels
    eighth = w.convolve(w.node("Concat", w.doubled(deep), eighth, axis=1), "up8")
    told = w.residual(w.convolve(w.node("Concat", w.doubled(eighth), fourth, axis=1), "up4.0"), "up4.1")
    bias, weight = w.constant(w.weights["head.bias"]), w.constant(w.weights["head.weight"])
    return w.node("Conv", told, weight, bias, kernel_shape=[1, 1, 1])


def _said_of(net: Detector, piece: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return what the graph has to say: the mean over the turns."""
    scores, offsets, logs = [], [], []
    for axes in TURNS:
        score, offset, size = (told.flip(axes) for told in net(piece.flip(axes)))
        scores.append(torch.sigmoid(score))
        offsets.append(
            offset * torch.tensor([-1.0 if a in axes else 1.0 for a in (2, 3, 4)]).view(1, 3, 1, 1, 1)
        )
        logs.append(size.log())
    return torch.stack(scores).mean(0), torch.stack(offsets).mean(0), torch.stack(logs).mean(0).exp()


def main() -> None:
    """Read weights, write the graph; fails if the graph does not say what the net says."""
    asks = argparse.ArgumentParser()
    asks.add_argument("weights", type=Path)
    asks.add_argument("graph", type=Path)
    asked = asks.parse_args()
    net = Detector()
    net.load_state_dict(torch.load(asked.weights, weights_only=True))
    net.eval()
    model = graph_of({name: value.numpy().astype(np.float32) for name, value in net.state_dict().items()})
    onnx.checker.check_model(model, full_check=True)
    piece = np.pad(draw_piece(1).hu, 16, mode="edge")[None, None]
    with torch.no_grad():
        expected = _said_of(net, torch.from_numpy(piece))
    said = ReferenceEvaluator(model).run(None, {"hu": piece})
    for ours, theirs in zip(said, expected, strict=True):
        apart = float(np.abs(ours - theirs.numpy()).max())
        if apart > _MOST_APART:
            raise SystemExit(f"the graph is {apart} away from the net")
    asked.graph.parent.mkdir(parents=True, exist_ok=True)
    asked.graph.write_bytes(model.SerializeToString(deterministic=True))


if __name__ == "__main__":
    main()
