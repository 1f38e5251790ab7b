"""Make models/liver.onnx and models/lesions.onnx from the published weights of pyliverlesionseg.

Run by `allward plugin build` on the publisher's machine, never shipped: only the graphs are. The nets
are written here from their description; the code of the wheel is not used. The same weights give the
same bytes, so the digests pinned in plugin.toml can be checked by anybody.

Two things differ in form, not in value, from the nets as they were trained:

- A convolution over [skip, up] is the sum of one over `skip` and one over `up`, and normalisation is
  per channel. So the two are never concatenated, which saves the largest tensors of the net.
- Means and norms are taken axis by axis. Engines add up millions of voxels in one float32
  accumulator, which was measured to shift single voxels of the lesion net by up to 0.4 in
  probability; summed in three steps the graphs stay within 2e-5 of a float64 computation. The
  reshapes between the steps keep graph optimisers from joining them again.
"""

import argparse
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 18
"""First opset in which ReduceMean and ReduceL2 take their axes as an input."""
IR_VERSION = 8
"""IR version that came with opset 18; pinned so that the bytes do not follow the installed onnx."""
LEAK = 0.01
"""Slope of LeakyReLU below 0."""
STD_OFFSET = 1e-7
"""Added to the standard deviation before dividing, as in training."""

Shape3 = tuple[int, int, int]
FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Convolution:
    """Weights of one layer: kernel (out, in, x, y, z) and bias (out)."""

    kernel: FloatArray
    bias: FloatArray

    def of_inputs(self, first: int, last: int, *, biased: bool) -> "Convolution":
        """Return the part that works on input channels [first, last); 0 as bias unless `biased`."""
        return Convolution(self.kernel[:, first:last], self.bias if biased else np.zeros_like(self.bias))


Weights = Mapping[int, Convolution]


@dataclass(frozen=True)
class Tensor:
    """A value inside the graph; its batch size is always 1."""

    name: str
    channels: int
    shape: Shape3


def read_weights(path: Path) -> Weights:
    """Read the layers `conv3d_N` of a Keras weights file, whose kernels are (x, y, z, in, out)."""
    layers: dict[int, Convolution] = {}
    with h5py.File(path, "r") as file:
        for name in file:
            if name.startswith("conv3d_"):
                kernel = np.asarray(file[name][name]["kernel:0"], dtype=np.float32).transpose(4, 3, 0, 1, 2)
                bias = np.asarray(file[name][name]["bias:0"], dtype=np.float32)
                layers[int(name.removeprefix("conv3d_"))] = Convolution(np.ascontiguousarray(kernel), bias)
    return layers


class GraphWriter:
    """Writes nodes one after the other, with static shapes."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[tuple[str, tuple[int, ...], bytes], onnx.TensorProto] = {}

    def _constant(self, values: npt.NDArray[np.generic]) -> str:
        key = (values.dtype.str, values.shape, values.tobytes())
        if key not in self._constants:
            self._constants[key] = numpy_helper.from_array(values, f"constant_{len(self._constants)}")
        return str(self._constants[key].name)

    def _integers(self, *values: int) -> str:
        return self._constant(np.array(values, dtype=np.int64))

    def _node(self, operator: str, inputs: Sequence[str], **attributes: object) -> str:
        name = f"{operator.lower()}_{len(self._nodes)}"
        node = helper.make_node(operator, list(inputs), [name], name=name)
        node.attribute.extend(helper.make_attribute(key, attributes[key]) for key in sorted(attributes))
        self._nodes.append(node)
        return name

    def convolve(self, x: Tensor, layer: Convolution, *, same: bool) -> Tensor:
        """Convolve, padded with zeros to the `same` shape or valid."""
        size = layer.kernel.shape[2:]
        pads = [k // 2 if same else 0 for k in size]
        inputs = [x.name, self._constant(layer.kernel)]
        if layer.bias.any():
            inputs.append(self._constant(layer.bias))
        name = self._node("Conv", inputs, kernel_shape=list(size), pads=pads + pads)
        i, j, k = (n + 2 * p - (s - 1) for n, p, s in zip(x.shape, pads, size, strict=True))
        return Tensor(name, layer.kernel.shape[0], (i, j, k))

    def _reduce(self, operator: str, x: Tensor) -> str:
        """Reduce the three spatial axes one after the other; result (1, channels, 1, 1, 1)."""
        name, (i, j, _) = x.name, x.shape
        for axis, shape in ((4, (i, j)), (3, (i,)), (2, (1, 1, 1))):
            name = self._node(operator, [name, self._integers(axis)], keepdims=1)
            name = self._node("Reshape", [name, self._integers(1, x.channels, *shape)])
        return name

    def normalise(self, x: Tensor) -> Tensor:
        """Instance normalisation without affine part, then LeakyReLU."""
        centred = self._node("Sub", [x.name, self._reduce("ReduceMean", x)])
        norm = self._reduce("ReduceL2", Tensor(centred, x.channels, x.shape))
        root_of_count = self._constant(np.array(math.sqrt(math.prod(x.shape)), dtype=np.float32))
        std = self._node("Div", [norm, root_of_count])
        divisor = self._node("Add", [std, self._constant(np.array(STD_OFFSET, dtype=np.float32))])
        scaled = self._node("Div", [centred, divisor])
        return Tensor(self._node("LeakyRelu", [scaled], alpha=LEAK), x.channels, x.shape)

    def crop(self, x: Tensor, shape: Shape3) -> Tensor:
        """Take the central part of `shape`."""
        first = [(have - want) // 2 for have, want in zip(x.shape, shape, strict=True)]
        last = [start + want for start, want in zip(first, shape, strict=True)]
        bounds = [self._integers(*first), self._integers(*last), self._integers(2, 3, 4)]
        return Tensor(self._node("Slice", [x.name, *bounds]), x.channels, shape)

    def pool(self, x: Tensor, size: int) -> Tensor:
        """Maximum over cubes of `size`, remainders dropped."""
        name = self._node("MaxPool", [x.name], kernel_shape=[size] * 3, strides=[size] * 3)
        i, j, k = (n // size for n in x.shape)
        return Tensor(name, x.channels, (i, j, k))

    def enlarge_linearly(self, x: Tensor) -> Tensor:
        """Enlarge by 3, to 3 n - 2 voxels.

        Nearest neighbour times 3 followed by a valid mean over 3 is linear interpolation between
        voxel centres at thirds, which engines have as one operator.
        """
        i, j, k = (3 * n - 2 for n in x.shape)
        inputs = [x.name, "", "", self._integers(1, x.channels, i, j, k)]
        name = self._node("Resize", inputs, mode="linear", coordinate_transformation_mode="align_corners")
        return Tensor(name, x.channels, (i, j, k))

    def double(self, x: Tensor) -> Tensor:
        """Repeat every voxel twice along each axis."""
        scales = self._constant(np.array([1, 1, 2, 2, 2], dtype=np.float32))
        name = self._node(
            "Resize",
            [x.name, "", scales],
            mode="nearest",
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        )
        i, j, k = (2 * n for n in x.shape)
        return Tensor(name, x.channels, (i, j, k))

    def add(self, a: Tensor, b: Tensor) -> Tensor:
        """Sum of two tensors of the same shape."""
        return Tensor(self._node("Add", [a.name, b.name]), a.channels, a.shape)

    def model(self, image: Tensor, logits: Tensor, *, title: str) -> onnx.ModelProto:
        """Close the graph with a sigmoid and check it."""
        self._nodes.append(helper.make_node("Sigmoid", [logits.name], ["probability"], name="probability"))

        def described(name: str, of: Tensor) -> onnx.ValueInfoProto:
            return helper.make_tensor_value_info(name, TensorProto.FLOAT, (1, of.channels, *of.shape))

        graph = helper.make_graph(
            self._nodes,
            title,
            [described("image", image)],
            [described("probability", logits)],
            list(self._constants.values()),
        )
        opsets = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="allward")
        onnx.checker.check_model(model, full_check=True)
        return model


def write_liver_net(weights: Weights, window: Shape3) -> onnx.ModelProto:
    """Write the liver net: U-Net of four levels, pooling 3, zero padding, `window` divisible by 27."""
    g = GraphWriter()
    image = Tensor("image", 1, window)
    targets: list[Shape3] = []
    i, j, k = (n // 27 for n in window)
    for _ in range(3):
        i, j, k = 3 * i - 2, 3 * j - 2, 3 * k - 2
        targets.insert(0, (i, j, k))
    skips: list[Tensor] = []
    x = image
    for level in range(3):
        x = g.convolve(x if level == 0 else g.normalise(x), weights[2 * level + 1], same=True)
        x = g.convolve(g.normalise(x), weights[2 * level + 2], same=True)
        skip = g.normalise(g.crop(x, targets[level]))
        layer = weights[13 - 2 * level].of_inputs(0, skip.channels, biased=True)
        skips.append(g.convolve(skip, layer, same=True))
        x = g.pool(x, 3)
    for number in (7, 8):
        x = g.convolve(g.normalise(x), weights[number], same=True)
    for level in (2, 1, 0):
        x = g.enlarge_linearly(x)
        layer = weights[13 - 2 * level]
        inputs = layer.kernel.shape[1]
        upper = layer.of_inputs(inputs - x.channels, inputs, biased=False)
        x = g.add(g.convolve(g.normalise(x), upper, same=True), skips[level])
        x = g.convolve(g.normalise(x), weights[14 - 2 * level], same=True)
    return g.model(image, g.convolve(g.normalise(x), weights[15], same=True), title="liver")


def _write_residual(g: GraphWriter, x: Tensor, weights: Weights, numbers: Sequence[int]) -> Tensor:
    """Two valid convolutions beside a cropped short cut; `numbers`: first, second[, short cut]."""
    y = g.convolve(x if x.name == "image" else g.normalise(x), weights[numbers[0]], same=False)
    y = g.convolve(g.normalise(y), weights[numbers[1]], same=False)
    shortcut = g.crop(x, y.shape)
    if len(numbers) == 3:
        shortcut = g.convolve(shortcut, weights[numbers[2]], same=False)
    return g.add(y, shortcut)


def _write_joining_residual(
    g: GraphWriter, skip: Tensor, below: Tensor, layers: Sequence[Convolution]
) -> Tensor:
    """Write a residual block over [crop(skip), double(below)]; `layers`: first, second, short cut.

    Doubling changes neither mean nor standard deviation and commutes with a 1x1x1 convolution, so
    both are done on the small tensor.
    """
    first, second, across = layers
    wide, inputs = skip.channels, first.kernel.shape[1]
    i, j, k = (2 * n for n in below.shape)
    skip = g.crop(skip, (i, j, k))
    y = g.add(
        g.convolve(g.normalise(skip), first.of_inputs(0, wide, biased=True), same=False),
        g.convolve(g.double(g.normalise(below)), first.of_inputs(wide, inputs, biased=False), same=False),
    )
    y = g.convolve(g.normalise(y), second, same=False)
    side = g.convolve(g.crop(skip, y.shape), across.of_inputs(0, wide, biased=True), same=False)
    lower = g.double(g.convolve(below, across.of_inputs(wide, inputs, biased=False), same=False))
    return g.add(y, g.add(side, g.crop(lower, y.shape)))


def write_lesion_net(weights: Weights, window: Shape3) -> onnx.ModelProto:
    """Write the lesion net: residual U-Net of four levels, pooling 2, valid convolutions."""
    g = GraphWriter()
    image = Tensor("image", 1, window)
    skips: list[Tensor] = []
    x = image
    for level in range(3):
        x = _write_residual(g, x, weights, [3 * level + n for n in (1, 2, 3)])
        skips.append(x)
        x = g.pool(x, 2)
    x = _write_residual(g, x, weights, [10, 11])
    for level in (2, 1, 0):
        layers = [weights[18 - 3 * level + n] for n in range(3)]
        x = _write_joining_residual(g, skips[level], x, layers)
    return g.model(image, g.convolve(g.normalise(x), weights[21], same=False), title="lesions")


def main() -> None:
    """Read the weights in one folder, write the graphs into the other."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("sources", type=Path, help="holds liver.hdf5 and lesions.hdf5")
    parser.add_argument("models", type=Path, help="receives liver.onnx and lesions.onnx")
    arguments = parser.parse_args()
    nets = {
        "liver": write_liver_net(read_weights(arguments.sources / "liver.hdf5"), (189, 162, 162)),
        "lesions": write_lesion_net(read_weights(arguments.sources / "lesions.hdf5"), (180, 172, 86)),
    }
    for name, model in nets.items():
        (arguments.models / f"{name}.onnx").write_bytes(model.SerializeToString(deterministic=True))


if __name__ == "__main__":
    main()
