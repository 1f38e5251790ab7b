"""118 classes from a 3 mm grid back to 512 x 512 x 300, beside nnU-Net's default resampling of logits.

nnU-Net's cost is measured on two classes and multiplied by 59: all of them would need 37 GB. It does not
depend on what is in the image; ours depends on how much of it is border, so a smooth image and one that is
nearly all border are measured.
"""

import tempfile
from pathlib import Path

import numpy as np
from scipy import ndimage

from allward_engine.operations.resampling import spline_matrix
from tests.bench.beside import ours, theirs
from tests.bench.table import Row, row

LOW, SERIES = (150, 137, 137), (300, 512, 512)
CLASSES, FEATURES = 118, 32
MEASURED_CLASSES = 2
EVERY = 5
"""Slices of the series between two that are compared voxel by voxel."""


def measure() -> list[Row]:
    """Measure both and compare."""
    other_s = theirs("tests.parity.back", str(MEASURED_CLASSES))["cpu_s"] * CLASSES / MEASURED_CLASSES
    rows = [
        row("nnU-Net's default, processor time, extrapolated from 2 classes", [other_s], unit="s", goal="-")
    ]
    for name, knots in (("smooth", 4), ("much border", 11), ("nearly all border", 60)):
        rows += _measure(name, knots, other_s)
    return rows


def _measure(name: str, knots: int, other_s: float) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="allward-bench-") as where:
        folder = Path(where)
        features, weights, bias = _write(folder, knots)
        mine = ours("tests.bench.labels_back_alone", where)
        different, border = _compare(features, weights, bias, np.load(folder / "labels.npy"))
        return [
            row(f"{name}: share of borders", [100 * border], unit="%", goal="-"),
            row(f"{name}: our processor time", [mine["cpu_s"]], unit="s", goal="-"),
            row(f"{name}: nnU-Net's over ours", [other_s / mine["cpu_s"]], unit="", goal=">= 8"),
            row(f"{name}: our peak memory", [mine["peak_mib"]], unit="MiB", goal="<= 1907 (2 GB)"),
            row(f"{name}: voxels that differ (1e-6)", [1e6 * different], unit="", goal="<= 10"),
        ]


def _write(folder: Path, knots: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    features = np.empty((*LOW, FEATURES), np.float32)
    for number in range(FEATURES):
        coarse = rng.standard_normal((knots,) * 3)
        features[..., number] = ndimage.zoom(coarse, [n / knots for n in LOW], order=1)
    weights = (0.5 * rng.standard_normal((CLASSES, FEATURES))).astype(np.float32)
    bias = np.zeros(CLASSES, np.float32)
    bias[0] = 2.0  # most of a body is background
    np.save(folder / "features.npy", features)
    np.savez(folder / "head.npz", weights=weights, bias=bias)
    return features, weights, bias


def _compare(
    features: np.ndarray, weights: np.ndarray, bias: np.ndarray, labels: np.ndarray
) -> tuple[float, float]:
    """Interpolate every class at every voxel of some slices; return the shares that differ, of borders."""
    along, down, across = (spline_matrix(o, n, 1, "half_pixel") for o, n in zip(LOW, SERIES, strict=True))
    different = border = voxels = 0
    for k in range(0, SERIES[0], EVERY):
        taps = np.flatnonzero(along[k])
        plane = np.tensordot(along[k, taps], features[taps], axes=1)
        logits = np.moveaxis(plane @ weights.T + bias, -1, 0)
        exact = np.matmul(down, np.matmul(logits, across.T)).argmax(axis=0)
        different += int((exact != labels[k]).sum())
        border += int((labels[k][1:, 1:] != labels[k][:-1, :-1]).sum())
        voxels += exact.size
    return different / voxels, border / voxels
