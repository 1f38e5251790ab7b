"""Named arrays as one file: a zip of .npy files. Same arrays, same bytes; nothing in it is code."""

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Arrays = Mapping[str, npt.NDArray[Any]]

_QUICK = 1
"""Level of compression: what a heat map gains by more is not worth the time."""


def pack_arrays(arrays: Arrays) -> bytes:
    """Return arrays as the bytes of an .npz file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=_QUICK) as archive:
        for name, values in sorted(arrays.items()):
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.ascontiguousarray(values), allow_pickle=False)
    return buffer.getvalue()


def unpack_arrays(content: bytes) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays that `pack_arrays` wrote."""
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}
