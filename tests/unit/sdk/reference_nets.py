"""The liver and the lesion net once more, in float64 and the plainest numpy, to hold the graphs to.

Written from the description of the nets, layer by layer: convolutions tap by tap, up-sampling as
repetition and mean, skips concatenated. Arrays are (channel, x, y, z).
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Layer = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]
Layers = Mapping[int, Layer]


def convolve(x: Array, layer: Layer, *, same: bool) -> Array:
    kernel, bias = layer
    size = kernel.shape[2:]
    if same:
        x = np.pad(x, [(0, 0), *((n // 2, n // 2) for n in size)])
    shape = tuple(n - s + 1 for n, s in zip(x.shape[1:], size, strict=True))
    y = np.zeros((kernel.shape[0], *shape))
    for tap in np.ndindex(*size):
        part = x[:, *(slice(t, t + n) for t, n in zip(tap, shape, strict=True))]
        y += np.tensordot(kernel[:, :, *tap].astype(np.float64), part, axes=1)
    return y + bias[:, None, None, None]


def normalise(x: Array) -> Array:
    axes = (1, 2, 3)
    y = (x - x.mean(axes, keepdims=True)) / (x.std(axes, keepdims=True) + 1e-7)
    return np.asarray(np.where(y > 0, y, 0.01 * y))


def pool(x: Array, size: int) -> Array:
    i, j, k = (n // size for n in x.shape[1:])
    cubes = x[:, : i * size, : j * size, : k * size].reshape(-1, i, size, j, size, k, size)
    return np.asarray(cubes.max(axis=(2, 4, 6)))


def repeat(x: Array, times: int) -> Array:
    for axis in (1, 2, 3):
        x = x.repeat(times, axis)
    return x


def mean_of_three(x: Array) -> Array:
    for axis in (1, 2, 3):
        windows = np.lib.stride_tricks.sliding_window_view(x, 3, axis)
        x = windows.mean(axis=-1)
    return x


def crop(x: Array, like: Array) -> Array:
    first = [(a - b) // 2 for a, b in zip(x.shape[1:], like.shape[1:], strict=True)]
    return x[:, *(slice(f, f + n) for f, n in zip(first, like.shape[1:], strict=True))]


def sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


def liver(layers: Layers, x: Array) -> Array:
    skips = []
    for level in range(3):
        x = convolve(x if level == 0 else normalise(x), layers[2 * level + 1], same=True)
        x = convolve(normalise(x), layers[2 * level + 2], same=True)
        skips.append(x)
        x = pool(x, 3)
    for number in (7, 8):
        x = convolve(normalise(x), layers[number], same=True)
    for number in (9, 11, 13):
        x = mean_of_three(repeat(x, 3))
        x = np.concatenate([crop(skips.pop(), x), x])
        x = convolve(normalise(x), layers[number], same=True)
        x = convolve(normalise(x), layers[number + 1], same=True)
    return sigmoid(convolve(normalise(x), layers[15], same=True))


def lesions(layers: Layers, x: Array) -> Array:
    skips = []
    for number in (1, 4, 7):
        y = convolve(x if number == 1 else normalise(x), layers[number], same=False)
        y = convolve(normalise(y), layers[number + 1], same=False)
        x = y + convolve(crop(x, y), layers[number + 2], same=False)
        skips.append(x)
        x = pool(x, 2)
    y = convolve(normalise(x), layers[10], same=False)
    y = convolve(normalise(y), layers[11], same=False)
    x = y + crop(x, y)
    for number in (12, 15, 18):
        x = repeat(x, 2)
        x = np.concatenate([crop(skips.pop(), x), x])
        y = convolve(normalise(x), layers[number], same=False)
        y = convolve(normalise(y), layers[number + 1], same=False)
        x = y + convolve(crop(x, y), layers[number + 2], same=False)
    return sigmoid(convolve(normalise(x), layers[21], same=False))
