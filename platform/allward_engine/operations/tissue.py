"""Which tiles show tissue; see `allward_sdk.tiles.Tissue`."""

import numpy as np
import numpy.typing as npt

from allward_sdk.tiles import Tissue

Tile = npt.NDArray[np.uint8]
"""Shape (rows, columns, 3), red, green, blue."""


def shows_tissue(tile: Tile, rule: Tissue) -> bool:
    """Tell whether enough of a tile's pixels count as tissue."""
    return tissue_share(tile, rule) >= rule.min_share


def tissue_share(tile: Tile, rule: Tissue) -> float:
    """Return the share of a tile's pixels that count as tissue, 0 to 1."""
    most, least = tile.max(axis=2).astype(np.float32), tile.min(axis=2).astype(np.float32)
    # saturation = (most - least) / most; compared without dividing, so that black needs no case of its own
    coloured = most - least > np.float32(rule.saturation_above) * most
    return float(np.mean(coloured & (most > np.float32(255.0 * rule.brightness_above))))
