"""Pieces drawn beforehand into two files, and what the net should say of each.

`python -m training.pieces --work FOLDER --chest DICOM_FOLDER`, in the product's environment.
"""

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import numpy.typing as npt
from training.chests import SHAPE, Nodule, Piece, draw_piece

SEED = 20261122
STRIDE = 4
CELLS = tuple(n // STRIDE for n in SHAPE)


def targets_of(nodules: Sequence[Nodule]) -> npt.NDArray[np.float32]:
    """Return (6, z, y, x) on the grid of cells: see `net.loss_of`. Cell 0 has its middle at voxel 1.5."""
    found = np.zeros((6, *CELLS), np.float32)
    middles = [np.arange(n) * STRIDE + (STRIDE - 1) / 2 for n in CELLS]
    grid = np.stack(np.meshgrid(*middles, indexing="ij"))
    for nodule in nodules:
        centre = np.asarray(nodule.centre_zyx)
        cell = tuple(np.clip(np.round((centre - 1.5) / STRIDE), 0, np.asarray(CELLS) - 1).astype(int))
        away = np.square(grid - centre[:, None, None, None]).sum(0)
        width = max(3.0, nodule.diameter_mm / 3)
        np.maximum(found[0], np.exp(-away / (2 * width**2)), out=found[0])
        found[1][cell] = found[0][cell] = 1.0
        found[(slice(2, 5), *cell)] = centre - grid[(slice(None), *cell)]
        found[(5, *cell)] = np.log(max(1.0, nodule.diameter_mm))
    return found


_ways: dict[str, Callable[[int], Piece]] = {"synthetic": draw_piece}
"""Set before processes are forked: a chest is too large to be handed over with each piece."""


def write_pieces(folder: Path, draws: Sequence[tuple[str, int]], processes: int) -> None:
    """Draw pieces into `hu.npy` (int16) and `targets.npy` (float16).

    Parameters
    ----------
    draws
        Name of a way to draw a piece, and its seed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    hu = np.lib.format.open_memmap(folder / "hu.npy", "w+", np.int16, (len(draws), *SHAPE))
    told = np.lib.format.open_memmap(folder / "targets.npy", "w+", np.float16, (len(draws), 6, *CELLS))
    with Pool(processes) as pool:
        for number, piece in enumerate(pool.imap(_draw, draws, chunksize=8)):
            _keep(piece, hu[number], told[number])
    hu.flush()
    told.flush()


def breathed(hu: npt.NDArray[np.float32], draw: np.random.Generator) -> npt.NDArray[np.float32]:
    """See a lung less or more inflated: air turns denser, soft tissue stays; two in three pieces."""
    if draw.random() < 1 / 3:
        return hu
    return np.asarray(hu + draw.uniform(-0.06, 0.3) * np.maximum(0.0, -250.0 - hu), np.float32)


def main() -> None:
    """Draw three pieces from a patient's lungs for every two synthetic ones."""
    from training.real import draw_real_piece, read_chest

    asks = argparse.ArgumentParser()
    asks.add_argument("--work", type=Path, required=True)
    asks.add_argument("--chest", type=Path, required=True)
    asks.add_argument("--pieces", type=int, default=5000)
    asks.add_argument("--processes", type=int, default=1)
    asked = asks.parse_args()
    _ways["real"] = partial(draw_real_piece, read_chest(asked.chest))
    draws = [("real" if n % 5 < 3 else "synthetic", SEED + n) for n in range(asked.pieces)]
    write_pieces(asked.work, draws, asked.processes)


def _draw(asked: tuple[str, int]) -> Piece:
    way, seed = asked
    return _ways[way](seed)


def _keep(piece: Piece, hu: npt.NDArray[np.int16], told: npt.NDArray[np.float16]) -> None:
    hu[...] = np.round(piece.hu)
    told[...] = targets_of(piece.nodules)


def turned(
    hu: npt.NDArray[np.float32], told: npt.NDArray[np.float32], draw: np.random.Generator
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Mirror and swap axes at random; the offsets follow."""
    order = draw.permutation(3)
    hu, told = hu.transpose(order), told.transpose(0, *(order + 1))
    told = told.copy()
    told[2:5] = told[2:5][order]
    for axis in range(3):
        if draw.random() < 0.5:
            hu, told = np.flip(hu, axis), np.flip(told, axis + 1).copy()
            told[2 + axis] *= -1
    return np.ascontiguousarray(hu), told


if __name__ == "__main__":
    main()
