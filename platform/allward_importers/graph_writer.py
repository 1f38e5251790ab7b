"""Writes ONNX graphs of convolutional nets node by node, all shapes static; equal nets give equal bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 18
"""As the recipes of the plug-ins that are built here."""
IR_VERSION = 8
"""IR version that came with opset 18; pinned so that the bytes do not follow the installed onnx."""

Shape3 = tuple[int, int, int]
FloatArray = npt.NDArray[np.float32]
ONES: Shape3 = (1, 1, 1)


@dataclass(frozen=True, slots=True)
class Value:
    """A value inside the graph; its batch size is always 1."""

    name: str
    channels: int
    shape: Shape3


@dataclass(frozen=True, slots=True)
class Activation:
    """What follows a normalisation: nothing, or a rectifier with a slope below 0."""

    kind: Literal["none", "relu", "leaky_relu", "prelu", "elu", "sigmoid"] = "none"
    slope: float = 0.01
    slopes: FloatArray | None = None
    """Of a `prelu`: one, or one for each channel."""


class GraphWriter:
    """Writes nodes one after the other."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[tuple[str, tuple[int, ...], bytes], onnx.TensorProto] = {}

    def _constant(self, values: npt.NDArray[np.generic]) -> str:
        key = (values.dtype.str, values.shape, values.tobytes())
        if key not in self._constants:
            self._constants[key] = numpy_helper.from_array(
                np.array(values, order="C"), f"constant_{len(self._constants)}"
            )
        return str(self._constants[key].name)

    def _integers(self, *values: int) -> str:
        return self._constant(np.array(values, dtype=np.int64))

    def _node(self, operator: str, inputs: Sequence[str], **attributes: object) -> str:
        name = f"{operator.lower()}_{len(self._nodes)}"
        node = helper.make_node(operator, list(inputs), [name], name=name)
        node.attribute.extend(helper.make_attribute(key, attributes[key]) for key in sorted(attributes))
        self._nodes.append(node)
        return name

    def convolve(
        self, x: Value, kernel: FloatArray, bias: FloatArray | None = None, *, stride: Shape3 = ONES
    ) -> Value:
        """Convolve, padded with (kernel - 1) // 2 zeros at every side.

        Parameters
        ----------
        kernel : shape (out, in, a, b, c)
        bias : shape (out,)
        """
        size = kernel.shape[2:]
        pads = [(k - 1) // 2 for k in size]
        name = self._node(
            "Conv",
            [x.name, self._constant(kernel), *([] if bias is None else [self._constant(bias)])],
            kernel_shape=list(size),
            pads=pads + pads,
            strides=list(stride),
        )
        a, b, c = ((n + 2 * p - k) // s + 1 for n, p, k, s in zip(x.shape, pads, size, stride, strict=True))
        return Value(name, kernel.shape[0], (a, b, c))

    def transposed(
        self,
        x: Value,
        kernel: FloatArray,
        bias: FloatArray | None,
        *,
        stride: Shape3,
        pads: Shape3 = (0, 0, 0),
    ) -> Value:
        """Convolve transposed, to `stride` times the shape.

        Parameters
        ----------
        kernel : shape (in, out, a, b, c)
        pads
            What PyTorch calls its padding; its output padding is what is missing to `stride` times the shape.
        """
        size = kernel.shape[2:]
        target = [n * s for n, s in zip(x.shape, stride, strict=True)]
        plain = [(n - 1) * s + k - 2 * p for n, s, k, p in zip(x.shape, stride, size, pads, strict=True)]
        missing = [want - have for want, have in zip(target, plain, strict=True)]
        name = self._node(
            "ConvTranspose",
            [x.name, self._constant(kernel), *([] if bias is None else [self._constant(bias)])],
            kernel_shape=list(size),
            pads=[*pads, *pads],
            strides=list(stride),
            output_padding=missing,
        )
        a, b, c = target
        return Value(name, kernel.shape[1], (a, b, c))

    def instance_norm(
        self, x: Value, scale: FloatArray | None, offset: FloatArray | None, *, epsilon: float
    ) -> Value:
        """Normalise every channel by its own mean and standard deviation."""
        scale = np.ones(x.channels, np.float32) if scale is None else scale
        offset = np.zeros(x.channels, np.float32) if offset is None else offset
        inputs = [x.name, self._constant(scale), self._constant(offset)]
        name = self._node("InstanceNormalization", inputs, epsilon=float(epsilon))
        return Value(name, x.channels, x.shape)

    def group_norm(
        self, x: Value, scale: FloatArray, offset: FloatArray, *, groups: int, epsilon: float
    ) -> Value:
        """Normalise groups of channels together, then scale each channel."""
        together = self._node("Reshape", [x.name, self._integers(1, groups, -1)])
        ones, zeros = np.ones(groups, np.float32), np.zeros(groups, np.float32)
        inputs = [together, self._constant(ones), self._constant(zeros)]
        normal = self._node("InstanceNormalization", inputs, epsilon=float(epsilon))
        apart = self._node("Reshape", [normal, self._integers(1, x.channels, *x.shape)])
        return self.affine(Value(apart, x.channels, x.shape), scale, offset)

    def affine(self, x: Value, scale: FloatArray, offset: FloatArray) -> Value:
        """Scale each channel and add to it."""
        by_channel = (1, x.channels, 1, 1, 1)
        scaled = self._node("Mul", [x.name, self._constant(scale.reshape(by_channel))])
        name = self._node("Add", [scaled, self._constant(offset.reshape(by_channel))])
        return Value(name, x.channels, x.shape)

    def activate(self, x: Value, activation: Activation) -> Value:
        """Apply an activation."""
        if activation.kind == "none":
            return x
        if activation.kind == "prelu":
            assert activation.slopes is not None
            slopes = activation.slopes.reshape(-1, 1, 1, 1)
            name = self._node("PRelu", [x.name, self._constant(slopes)])
        elif activation.kind == "leaky_relu":
            name = self._node("LeakyRelu", [x.name], alpha=float(activation.slope))
        else:
            name = self._node({"relu": "Relu", "elu": "Elu", "sigmoid": "Sigmoid"}[activation.kind], [x.name])
        return Value(name, x.channels, x.shape)

    def add(self, a: Value, b: Value) -> Value:
        """Sum of two values of the same shape."""
        return Value(self._node("Add", [a.name, b.name]), a.channels, a.shape)

    def join(self, *values: Value) -> Value:
        """Put channels one after the other."""
        name = self._node("Concat", [value.name for value in values], axis=1)
        return Value(name, sum(value.channels for value in values), values[0].shape)

    def pool(self, x: Value, size: Shape3, *, how: Literal["Average", "Max"]) -> Value:
        """Average or largest of boxes of `size`, remainders dropped."""
        name = self._node(f"{how}Pool", [x.name], kernel_shape=list(size), strides=list(size))
        a, b, c = (n // s for n, s in zip(x.shape, size, strict=True))
        return Value(name, x.channels, (a, b, c))

    def enlarge(self, x: Value, factor: int) -> Value:
        """Enlarge linearly; the outer edges stay where they are, as ``align_corners=False`` of PyTorch."""
        a, b, c = (n * factor for n in x.shape)
        inputs = [x.name, "", "", self._integers(1, x.channels, a, b, c)]
        name = self._node("Resize", inputs, mode="linear", coordinate_transformation_mode="half_pixel")
        return Value(name, x.channels, (a, b, c))

    def pad_end(self, x: Value, shape: Shape3) -> Value:
        """Repeat the last voxels of an axis until it is as long as asked for."""
        missing = [want - have for want, have in zip(shape, x.shape, strict=True)]
        if not any(missing):
            return x
        name = self._node("Pad", [x.name, self._integers(*[0] * 7, *missing)], mode="edge")
        return Value(name, x.channels, shape)

    def model(self, image: Value, output: Value, *, title: str) -> onnx.ModelProto:
        """Close the graph: the last node returns `logits`."""
        last = self._nodes[-1]
        assert list(last.output) == [output.name]
        last.output[0] = "logits"

        def described(name: str, of: Value) -> onnx.ValueInfoProto:
            return helper.make_tensor_value_info(name, TensorProto.FLOAT, (1, of.channels, *of.shape))

        graph = helper.make_graph(
            self._nodes,
            title,
            [described(image.name, image)],
            [described("logits", output)],
            list(self._constants.values()),
        )
        opsets = [helper.make_opsetid("", OPSET)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="allward")
