"""A 118-class network of TotalSegmentator's 3 mm shape on a whole volume, beside nnU-Net's own predictor.

Same weights, windows, weights of windows and threads; making the network and loading the model do not count.
Each arm runs in its own process, by turns; ratios are those of the least disturbed run of each. nnU-Net sums
in 16 bit for the time, and in float32 for the labels.
"""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from scipy import ndimage

from tests.bench.beside import ours, theirs
from tests.bench.table import Row, row

SHAPE = (137, 137, 128)
ROUNDS = 2


def measure() -> list[Row]:
    """Measure both and compare."""
    with tempfile.TemporaryDirectory(prefix="allward-bench-") as name:
        folder = Path(name)
        np.save(folder / "volume.npy", volume(SHAPE))
        theirs("tests.parity.export", name)
        mine, other = [], []
        for _ in range(ROUNDS):
            mine.append(ours("tests.bench.segmentation_alone", name))
            other.append(theirs("tests.parity.predict", name, "half"))
        rows = [
            _ratio("nnU-Net's wall time over ours", _least(other, "wall_s") / _least(mine, "wall_s"), ">= 3"),
            _ratio("nnU-Net's processor time over ours", _least(other, "cpu_s") / _least(mine, "cpu_s"), "-"),
            _ratio(
                "our peak over nnU-Net's", _least(mine, "peak_mib") / _least(other, "peak_mib"), "<= 0.45"
            ),
        ]
        for whose, arms in (("our", mine), ("nnU-Net's", other)):
            rows += [
                row(f"{whose} wall time", [arm["wall_s"] for arm in arms], unit="s", goal="-"),
                row(f"{whose} processor time", [arm["cpu_s"] for arm in arms], unit="s", goal="-"),
                row(f"{whose} peak memory", [arm["peak_mib"] for arm in arms], unit="MiB", goal="-"),
            ]
        outside_s = [arm["cpu_s"] - arm["model_cpu_s"] for arm in mine]
        rows.append(row("our processor time outside the model", outside_s, unit="s", goal="-"))
        same_in_half = _agreement(folder)
        theirs("tests.parity.predict", name, "float32")
        return [
            *rows,
            _ratio("labels agree with its float32 sums (%)", 100 * _agreement(folder), ">= 99.9"),
            _ratio("labels agree with its 16 bit sums (%)", 100 * same_in_half, "-"),
        ]


def _least(arms: list[dict[str, Any]], what: str) -> float:
    return min(float(arm[what]) for arm in arms)


def volume(shape: tuple[int, int, int]) -> np.ndarray:
    """Return smooth noise with grain, mean 0 and standard deviation 1."""
    rng = np.random.default_rng(3)
    smooth = ndimage.zoom(rng.standard_normal((9, 9, 9)), [n / 9 for n in shape], order=1)
    grainy = smooth + 0.3 * rng.standard_normal(shape)
    return np.asarray((grainy - grainy.mean()) / grainy.std(), np.float32)


def _agreement(folder: Path) -> float:
    return float((np.load(folder / "labels_ours.npy") == np.load(folder / "labels_nnunet.npy")).mean())


def _ratio(what: str, value: float, goal: str) -> Row:
    return row(what, [value], unit="", goal=goal)
