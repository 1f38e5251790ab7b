"""Pictures as small slides: each file is cut into tiles, edge to edge, so that tile plug-ins run on a laptop.

Real slides are not read here; a PNG, JPEG or TIFF that fits into memory is.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from allward_engine.tile_stream import Stack
from allward_sdk.errors import BadInputError

SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")

_MOST_IN_STACK = 256
"""Tiles of one stack; of 224 x 224 pixels they take 37 MiB."""


def find_pictures(source: Path) -> list[Path]:
    """Return the pictures of a file or a folder and all folders below it, by name.

    Raises
    ------
    BadInputError
        If there is none.
    """
    if not source.exists():
        raise BadInputError(f"There is no file or folder {source}.")
    files = [source] if source.is_file() else sorted(source.rglob("*"))
    pictures = [path for path in files if path.suffix.lower() in SUFFIXES]
    if not pictures:
        raise BadInputError(
            f"There are no pictures in {source}; a plug-in of tiles is run on {', '.join(SUFFIXES)} files."
        )
    return pictures


def stacks_of(picture: Path, tile: tuple[int, int]) -> Iterator[Stack]:
    """Cut a picture into tiles, row by row; what is left at the right and lower edge is not shown.

    Raises
    ------
    BadInputError
        If the file is no picture, or smaller than a tile.
    """
    try:
        with Image.open(picture) as opened:
            pixels = np.asarray(opened.convert("RGB"))
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError, SyntaxError) as error:
        raise BadInputError(f"{picture.name} cannot be read: {error}") from error
    rows, columns = (n // size for n, size in zip(pixels.shape[:2], tile, strict=True))
    if rows == 0 or columns == 0:
        size = f"{pixels.shape[0]} x {pixels.shape[1]}"
        raise BadInputError(f"{picture.name} has {size} pixels, a tile of the plug-in {tile[0]} x {tile[1]}.")
    places = [(row * tile[0], column * tile[1]) for row in range(rows) for column in range(columns)]
    for first in range(0, len(places), _MOST_IN_STACK):
        some = tuple(places[first : first + _MOST_IN_STACK])
        tiles = np.stack([pixels[row : row + tile[0], column : column + tile[1]] for row, column in some])
        yield Stack(tiles, some)
