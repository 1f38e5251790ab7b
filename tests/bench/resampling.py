"""Cubic resampling of a CT as three matrix products, beside scipy.ndimage.zoom of order 3, in one process."""

import time
from collections.abc import Callable
from functools import partial

import numpy as np
from scipy import ndimage

from allward_engine.operations.resampling import Spline, resample
from tests.bench.table import Row, row

CT = (300, 512, 512)
TARGETS = {"1.5 mm": (300, 273, 273), "3 mm": (150, 137, 137)}


def measure() -> list[Row]:
    """Measure both, one after the other, and compare."""
    rng = np.random.default_rng(0)
    image = rng.normal(scale=100, size=CT).astype(np.float32)
    image[:, 100:400, 100:400] += 50
    spread = float(image.max() - image.min())
    rows = []
    for name, shape in TARGETS.items():
        factors = [n / o for n, o in zip(shape, CT, strict=True)]
        expected, their_s = _timed(partial(ndimage.zoom, image, factors, order=3))
        ours = partial(resample, image, shape, Spline((3, 3, 3)))
        _, first_s = _timed(ours)
        found, again_s = _timed(ours)
        rows += [
            row(f"{name}: scipy's processor time", [their_s], unit="s", goal="-"),
            row(f"{name}: ours, matrices made too", [first_s], unit="s", goal="-"),
            row(f"{name}: scipy's over ours", [their_s / first_s], unit="", goal=">= 6"),
            row(f"{name}: scipy's over ours, matrices kept", [their_s / again_s], unit="", goal=">= 6"),
            row(
                f"{name}: largest difference, HU of {spread:.0f} (1e-3)",
                [1e3 * float(np.abs(found - expected).max())],
                unit="",
                goal="<= 1",
            ),
        ]
    return rows


def _timed(work: Callable[[], np.ndarray]) -> tuple[np.ndarray, float]:
    cpu_s = time.process_time()
    done = work()
    return done, time.process_time() - cpu_s
