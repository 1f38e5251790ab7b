"""Weights and windows from numpy's generator, so that PyTorch and the importers are given the same."""

import zlib
from collections.abc import Mapping, Sequence

import numpy as np


def random_weights(shapes: Mapping[str, Sequence[int]]) -> dict[str, np.ndarray]:
    """Return an array for each name; layers that stand there under two names get the same twice."""
    found: dict[str, np.ndarray] = {}
    for name, shape in shapes.items():
        seed = zlib.crc32(plain(name).encode())
        values = np.random.default_rng(seed).normal(scale=0.2, size=tuple(shape))
        if name.endswith("running_var"):
            values = np.abs(values) + 0.5
        elif name.endswith("num_batches_tracked"):
            values = np.zeros(tuple(shape))
        elif len(shape) == 1 and name.endswith("weight"):
            values += 1.0
        found[name] = np.asarray(values, np.float32)
    return found


def plain(name: str) -> str:
    """Return the one name of a layer that nnU-Net's nets know by several."""
    name = name.replace("decoder.encoder.", "encoder.")
    parts = name.split(".all_modules.")
    if len(parts) == 2:
        number, _, rest = parts[1].partition(".")
        name = f"{parts[0]}.{'conv' if number == '0' else 'norm'}.{rest}"
    return name


def some(logits: np.ndarray) -> np.ndarray:
    """Return one value of thirty, of every class and from all over the window: few enough to be kept."""
    return logits[:, :, ::3, ::5, ::2]


def random_window(shape: Sequence[int]) -> np.ndarray:
    """Return a window (1, 1, *shape)."""
    return np.random.default_rng(3).normal(size=(1, 1, *shape)).astype(np.float32)
