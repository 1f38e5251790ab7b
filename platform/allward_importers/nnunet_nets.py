"""The nets of nnU-Net v2 as ONNX: `PlainConvUNet` and `ResidualEncoderUNet`.

Source: dynamic-network-architectures 0.4.4, `unet`, `residual` and `unet_decoder`. Only the last segmentation
layer is written; the others serve training alone.
"""

import re
from dataclasses import dataclass, field
from typing import Literal

import onnx

from allward_importers.graph_writer import ONES, Activation, GraphWriter, Shape3, Value
from allward_importers.refusal import RefusedError
from allward_importers.weights import Weights

_WITHOUT_EFFECT = re.compile(
    r"^decoder\.encoder\.|\.all_modules\.|^decoder\.seg_layers\.|\.num_batches_tracked$"
)
"""Weights that stand in a checkpoint twice, or serve training alone."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """A U-Net of nnU-Net; triples in the order of the model's axes, stages from fine to coarse."""

    kind: Literal["PlainConvUNet", "ResidualEncoderUNet"]
    features: tuple[int, ...]
    kernels: tuple[Shape3, ...]
    strides: tuple[Shape3, ...]
    blocks: tuple[int, ...]
    """Convolutions, or residual blocks, of each stage of the encoder."""
    decoder_blocks: tuple[int, ...]
    """Convolutions of each stage of the decoder, from coarse to fine."""
    norm: Literal["instance", "batch", "none"] = "instance"
    epsilon: float = 1e-5
    activation: Activation = field(default_factory=Activation)

    def divisor(self) -> Shape3:
        """Return what a window has to be a multiple of, per axis."""
        a = b = c = 1
        for stride in self.strides:
            a, b, c = a * stride[0], b * stride[1], c * stride[2]
        return a, b, c


def write_net(
    plan: Architecture, weights: Weights, *, window: Shape3, classes: int, title: str
) -> onnx.ModelProto:
    """Write the graph `image` (1, 1, *window) -> `logits` (1, classes, *window).

    Raises
    ------
    RefusedError
        If weights are missing, of another shape, or left over.
    """
    writer = _Net(plan, weights)
    image = Value("image", 1, window)
    skips = writer.plain_encoder(image) if plan.kind == "PlainConvUNet" else writer.residual_encoder(image)
    logits = writer.decoder(skips, classes)
    weights.refuse_unused(lambda name: _WITHOUT_EFFECT.search(name) is not None)
    return writer.graph.model(image, logits, title=title)


class _Net:
    def __init__(self, plan: Architecture, weights: Weights) -> None:
        self.graph = GraphWriter()
        self._plan = plan
        self._weights = weights

    def plain_encoder(self, x: Value) -> list[Value]:
        skips = []
        for stage, count in enumerate(self._plan.blocks):
            for number in range(count):
                stride = self._plan.strides[stage] if number == 0 else ONES
                x = self._block(x, f"encoder.stages.{stage}.0.convs.{number}", stage, stride=stride)
            skips.append(x)
        return skips

    def residual_encoder(self, x: Value) -> list[Value]:
        skips = []
        x = self._block(x, "encoder.stem.convs.0", 0)
        for stage, count in enumerate(self._plan.blocks):
            for number in range(count):
                stride = self._plan.strides[stage] if number == 0 else ONES
                x = self._residual(x, f"encoder.stages.{stage}.blocks.{number}", stage, stride)
            skips.append(x)
        return skips

    def decoder(self, skips: list[Value], classes: int) -> Value:
        x, last = skips[-1], len(self._plan.features) - 2
        for number, count in enumerate(self._plan.decoder_blocks):
            stage = last - number
            stride, name = self._plan.strides[stage + 1], f"decoder.transpconvs.{number}"
            size = (x.channels, self._plan.features[stage], *stride)
            kernel = self._weights.kernel(f"{name}.weight", size=size)
            x = self.graph.transposed(x, kernel, self._weights.get(f"{name}.bias"), stride=stride)
            x = self.graph.join(x, skips[stage])
            for block in range(count):
                x = self._block(x, f"decoder.stages.{number}.convs.{block}", stage)
        name = f"decoder.seg_layers.{last}"
        kernel = self._weights.kernel(f"{name}.weight", size=(classes, x.channels, 1, 1, 1))
        return self.graph.convolve(x, kernel, self._weights.get(f"{name}.bias"))

    def _block(self, x: Value, name: str, stage: int, *, stride: Shape3 = ONES) -> Value:
        x = self._convolved(x, name, self._plan.features[stage], self._plan.kernels[stage], stride)
        return self.graph.activate(x, self._plan.activation)

    def _convolved(self, x: Value, name: str, features: int, kernel: Shape3, stride: Shape3 = ONES) -> Value:
        """Convolve and normalise."""
        size = (features, x.channels, *kernel)
        weight = self._weights.kernel(f"{name}.conv.weight", size=size)
        x = self.graph.convolve(x, weight, self._weights.get(f"{name}.conv.bias"), stride=stride)
        return self._normalised(x, f"{name}.norm")

    def _normalised(self, x: Value, name: str) -> Value:
        if self._plan.norm == "none":
            return x
        if self._plan.norm == "instance":
            scale, offset = self._weights.get(f"{name}.weight"), self._weights.get(f"{name}.bias")
            return self.graph.instance_norm(x, scale, offset, epsilon=self._plan.epsilon)
        scale, offset = self._weights.take(f"{name}.weight"), self._weights.take(f"{name}.bias")
        mean, variance = (self._weights.take(f"{name}.running_{what}") for what in ("mean", "var"))
        slope = scale / (variance + self._plan.epsilon) ** 0.5
        return self.graph.affine(x, slope, offset - mean * slope)

    def _residual(self, x: Value, name: str, stage: int, stride: Shape3) -> Value:
        """Two convolutions beside a short cut that is averaged and projected where it has to be."""
        features, kernel = self._plan.features[stage], self._plan.kernels[stage]
        side, position = x, 0
        if stride != ONES:
            side, position = self.graph.pool(side, stride, how="Average"), 1
        if x.channels != features:
            side = self._convolved(side, f"{name}.skip.{position}", features, ONES)
        y = self._block(x, f"{name}.conv1", stage, stride=stride)
        y = self._convolved(y, f"{name}.conv2", features, kernel)
        if side.shape != y.shape:
            raise RefusedError(f"{name}: a short cut of {side.shape} meets {y.shape} voxels.")
        return self.graph.activate(self.graph.add(y, side), self._plan.activation)
