"""Nets of MONAI as ONNX: `UNet`, `DynUNet`, `SegResNet` and `BasicUNet`, from their options and weights.

Source: MONAI 1.6, `networks.nets` and `networks.blocks`.
"""

import re
from collections.abc import Callable
from typing import Any

import onnx

from allward_importers.graph_writer import ONES, Shape3, Value
from allward_importers.json_files import Table
from allward_importers.monai_layers import LayerWriter, activation_of, norm_of, refuse_options, triple
from allward_importers.refusal import RefusedError
from allward_importers.weights import Weights

_WITHOUT_EFFECT = re.compile(r"\.num_batches_tracked$|^skip_layers\.|^deep_supervision_heads\.")
"""Weights that stand in a checkpoint twice, or serve training alone."""
_TWICE: Shape3 = (2, 2, 2)
_COMMON = {"spatial_dims": 3, "in_channels": 1}


def write_net(net: Table, weights: Weights, *, window: Shape3, title: str) -> onnx.ModelProto:
    """Write the graph `image` (1, 1, *window) -> `logits` (1, classes, *window).

    Parameters
    ----------
    net
        `_target_` and its options.

    Raises
    ------
    RefusedError
        If the net or one of its options is not known, or weights are missing or left over.
    """
    name = net.text("_target_").rpartition(".")[2].lower()
    if name not in _NETS:
        raise RefusedError(
            f"{net.place}: the net {net.text('_target_')} is not known; UNet, DynUNet, SegResNet and "
            "BasicUNet are."
        )
    refuse_options(net, _COMMON)
    image = Value("image", 1, window)
    graph, logits = _NETS[name](net, weights, image)
    weights.refuse_unused(lambda unused: _WITHOUT_EFFECT.search(unused) is not None)
    if logits.shape != window:
        raise RefusedError(f"{net.place}: the net returns {logits.shape} voxels of a window of {window}.")
    return graph.graph.model(image, logits, title=title)


Written = tuple[LayerWriter, Value]


def _layers(net: Table, weights: Weights, *, norm: Any, act: Any, norm_key: str = "norm") -> LayerWriter:
    act_key = "act_name" if norm_key == "norm_name" else "act"
    return LayerWriter(
        weights,
        norm_of(net.data.get(norm_key, norm), f"{net.place}: {norm_key}"),
        activation_of(net.data.get(act_key, act), f"{net.place}: {act_key}"),
    )


class _UNet:
    def __init__(self, net: Table, weights: Weights) -> None:
        refuse_options(net, {"adn_ordering": "NDA"})
        self.layers = _layers(net, weights, norm="INSTANCE", act="PRELU")
        self._channels = net.integers("channels")
        place = f"{net.place}: strides"
        self._strides = [triple(stride, place) for stride in net.value("strides")]
        self._units = int(net.data.get("num_res_units", 0))
        self._classes = int(net.value("out_channels"))
        if len(self._channels) < 2 or len(self._strides) < len(self._channels) - 1:
            raise RefusedError(f"{place} must be one less than channels.")

    def write(self, x: Value, name: str = "model", level: int = 0) -> Value:
        """Write a level: down, all below, and up again."""
        stride = self._strides[level]
        down = self._down(x, f"{name}.0", self._channels[level], stride)
        below = f"{name}.1.submodule"
        if level == len(self._channels) - 2:
            deep = self._down(down, below, self._channels[-1], ONES)
        else:
            deep = self.write(down, below, level + 1)
        if deep.shape != down.shape:
            raise RefusedError(f"{name}: a window has to be a multiple of all strides; {down.shape} is none.")
        joined = self.layers.graph.join(down, deep)
        return self._up(joined, f"{name}.2", self._channels[level - 1] if level else self._classes, stride)

    def _down(self, x: Value, name: str, out: int, stride: Shape3) -> Value:
        if self._units == 0:
            return self._unit(x, name, out, stride)
        y = x
        for number in range(self._units):
            y = self._unit(y, f"{name}.conv.unit{number}", out, ONES if number else stride)
        return self._beside(x, y, name, stride)

    def _up(self, x: Value, name: str, out: int, stride: Shape3) -> Value:
        is_top = name == "model.2"
        first = name if self._units == 0 else f"{name}.0"
        y = self.layers.transposed(x, f"{first}.conv", stride=stride, pads=ONES)
        if not (is_top and self._units == 0):
            y = self._adn(y, f"{first}.adn")
        if self._units == 0:
            return y
        unit = f"{name}.1.conv.unit0"
        last = self.layers.convolve(y, f"{unit}.conv", out=out) if is_top else self._unit(y, unit, out, ONES)
        return self._beside(y, last, f"{name}.1", ONES)

    def _beside(self, x: Value, y: Value, name: str, stride: Shape3) -> Value:
        """Add a short cut, which is a convolution where shapes differ."""
        if f"{name}.residual.weight" in self.layers.weights:
            x = self.layers.convolve(x, f"{name}.residual", out=y.channels, stride=stride)
        return self.layers.graph.add(y, x)

    def _unit(self, x: Value, name: str, out: int, stride: Shape3) -> Value:
        return self._adn(self.layers.convolve(x, f"{name}.conv", out=out, stride=stride), f"{name}.adn")

    def _adn(self, x: Value, name: str) -> Value:
        return self.layers.activate(self.layers.normalise(x, f"{name}.N"), f"{name}.A")


def _write_unet(net: Table, weights: Weights, image: Value) -> Written:
    kernel = triple(net.data.get("up_kernel_size", 3), f"{net.place}: up_kernel_size")
    if kernel != (3, 3, 3):
        raise RefusedError(f"{net.place}: up_kernel_size is {kernel}, only 3 is known.")
    unet = _UNet(net, weights)
    return unet.layers, unet.write(image)


def _write_dynunet(net: Table, weights: Weights, image: Value) -> Written:
    norm, act = ("INSTANCE", {"affine": True}), ("leakyrelu", {"negative_slope": 0.01})
    layers = _layers(net, weights, norm=norm, act=act, norm_key="norm_name")
    strides = [triple(stride, f"{net.place}: strides") for stride in net.value("strides")]
    up = [triple(n, f"{net.place}: upsample_kernel_size") for n in net.value("upsample_kernel_size")]
    if up != strides[1:] or any(n not in (1, 2) for stride in strides for n in stride) or strides[0] != ONES:
        raise RefusedError(
            f"{net.place}: strides have to be 1 or 2, the first of them 1, and equal to upsample_kernel_size."
        )
    last = len(strides) - 1
    names = ["input_block", *(f"downsamples.{n}" for n in range(last - 1)), "bottleneck"]
    skips = [image]
    for name, stride in zip(names, strides, strict=True):
        beside = bool(net.data.get("res_block", False))
        skips.append(_dyn_block(layers, skips[-1], name, stride, beside=beside))
    x = skips.pop()
    for number in range(last):
        name, skip = f"upsamples.{number}", skips.pop()
        y = layers.transposed(x, f"{name}.transp_conv.conv", stride=strides[last - number])
        if y.shape != skip.shape:
            raise RefusedError(f"{net.place}: a window has to be a multiple of all strides.")
        x = _dyn_block(layers, layers.graph.join(y, skip), f"{name}.conv_block", ONES)
    return layers, layers.convolve(x, "output_block.conv.conv", out=int(net.value("out_channels")))


def _dyn_block(layers: LayerWriter, x: Value, name: str, stride: Shape3, *, beside: bool = False) -> Value:
    y = layers.normalise(layers.convolve(x, f"{name}.conv1.conv", stride=stride), f"{name}.norm1")
    y = layers.convolve(layers.activate(y, f"{name}.lrelu"), f"{name}.conv2.conv")
    y = layers.normalise(y, f"{name}.norm2")
    if beside:
        if f"{name}.conv3.conv.weight" in layers.weights:
            x = layers.normalise(layers.convolve(x, f"{name}.conv3.conv", stride=stride), f"{name}.norm3")
        y = layers.graph.add(y, x)
    return layers.activate(y, f"{name}.lrelu")


def _write_segresnet(net: Table, weights: Weights, image: Value) -> Written:
    refuse_options(net, {"use_conv_final": True, "norm_name": ""})
    layers = _layers(net, weights, norm=("GROUP", {"num_groups": 8}), act="RELU")
    down = net.integers("blocks_down") if "blocks_down" in net.data else (1, 2, 2, 4)
    up = net.integers("blocks_up") if "blocks_up" in net.data else (1, 1, 1)
    x = layers.convolve(image, "convInit.conv")
    skips = []
    for level, count in enumerate(down):
        if level:
            x = layers.convolve(x, f"down_layers.{level}.0.conv", stride=_TWICE)
        for number in range(count):
            x = _seg_block(layers, x, f"down_layers.{level}.{number + 1}")
        skips.append(x)
    for level, count in enumerate(up):
        x = _seg_up(net, layers, x, level)
        skip = skips[-2 - level]
        if (x.shape, x.channels) != (skip.shape, skip.channels):
            raise RefusedError(f"{net.place}: a window has to be a multiple of {2 ** (len(down) - 1)}.")
        x = layers.graph.add(x, skip)
        for number in range(count):
            x = _seg_block(layers, x, f"up_layers.{level}.{number}")
    x = layers.activate(layers.normalise(x, "conv_final.0"), "act_mod")
    return layers, layers.convolve(x, "conv_final.2.conv", out=int(net.data.get("out_channels", 2)))


def _seg_up(net: Table, layers: LayerWriter, x: Value, level: int) -> Value:
    mode = str(net.data.get("upsample_mode", "nontrainable")).lower()
    x = layers.convolve(x, f"up_samples.{level}.0.conv")
    if mode == "deconv":
        return layers.transposed(x, f"up_samples.{level}.1.deconv", stride=_TWICE)
    if mode == "nontrainable":
        return layers.graph.enlarge(x, 2)
    raise RefusedError(f"{net.place}: upsample_mode is {mode!r}; nontrainable and deconv are known.")


def _seg_block(layers: LayerWriter, x: Value, name: str) -> Value:
    y = x
    for number in (1, 2):
        y = layers.activate(layers.normalise(y, f"{name}.norm{number}"), f"{name}.act")
        y = layers.convolve(y, f"{name}.conv{number}.conv", out=x.channels)
    return layers.graph.add(y, x)


def _write_basicunet(net: Table, weights: Weights, image: Value) -> Written:
    refuse_options(net, {"upsample": "deconv"})
    norm, act = ("instance", {"affine": True}), ("leakyrelu", {"negative_slope": 0.1})
    layers = _layers(net, weights, norm=norm, act=act)
    skips = [_two(layers, image, "conv_0")]
    for number in range(1, 5):
        pooled = layers.graph.pool(skips[-1], _TWICE, how="Max")
        skips.append(_two(layers, pooled, f"down_{number}.convs"))
    x = skips.pop()
    for number in (4, 3, 2, 1):
        skip = skips.pop()
        x = layers.transposed(x, f"upcat_{number}.upsample.deconv", stride=_TWICE)
        x = layers.graph.pad_end(x, skip.shape)
        x = _two(layers, layers.graph.join(skip, x), f"upcat_{number}.convs")
    return layers, layers.convolve(x, "final_conv", out=int(net.data.get("out_channels", 2)))


def _two(layers: LayerWriter, x: Value, name: str) -> Value:
    for number in (0, 1):
        block = f"{name}.conv_{number}"
        x = layers.normalise(layers.convolve(x, f"{block}.conv"), f"{block}.adn.N")
        x = layers.activate(x, f"{block}.adn.A")
    return x


_NETS: dict[str, Callable[[Table, Weights, Value], Written]] = {
    "unet": _write_unet,
    "dynunet": _write_dynunet,
    "segresnet": _write_segresnet,
    "basicunet": _write_basicunet,
}
