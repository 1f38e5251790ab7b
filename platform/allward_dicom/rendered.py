"""One frame as a picture for people: window applied, 8 bits, JPEG or PNG (WADO-RS `rendered`)."""

import io
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_color_lut, convert_color_space

from allward_dicom.frames import decode_frame
from allward_dicom.header import Header
from allward_sdk.errors import BadInputError

MediaType = Literal["image/jpeg", "image/png"]

_JPEG_QUALITY = 90


def render_frame(
    path: Path,
    header: Header,
    *,
    frame: int = 1,
    window: tuple[float, float] | None = None,
    media_type: MediaType = "image/jpeg",
) -> bytes:
    """Return a frame as a JPEG or PNG file.

    Parameters
    ----------
    window
        Centre and width in rescaled units; by default the image's own, else its darkest to brightest.

    Raises
    ------
    BadInputError
        If there is no such frame, it cannot be decoded, or the window has no width.
    """
    pixels = render_pixels(path, header, frame=frame, window=window)
    picture = io.BytesIO()
    image = Image.fromarray(pixels)
    if media_type == "image/png":
        image.save(picture, "PNG")
    else:
        image.save(picture, "JPEG", quality=_JPEG_QUALITY)
    return picture.getvalue()


def render_pixels(
    path: Path, header: Header, *, frame: int = 1, window: tuple[float, float] | None = None
) -> npt.NDArray[np.uint8]:
    """Return a frame as 8-bit grey, shape (rows, columns), or colour, shape (rows, columns, 3)."""
    stored = decode_frame(path, header, frame)
    photometric = header.text("00280004") or "MONOCHROME2"
    if photometric == "PALETTE COLOR":
        return _to_8_bits(apply_color_lut(stored, _dataset(header)))
    if stored.ndim == 3:
        colours = (
            convert_color_space(stored, photometric, "RGB") if photometric.startswith("YBR_F") else stored
        )
        return _to_8_bits(colours)
    slope, intercept = header.number("00281053"), header.number("00281052")
    values = stored.astype(np.float64) * (1.0 if slope is None else slope) + (intercept or 0.0)
    grey = apply_window(values, window or header.window or _whole_range(values))
    return 255 - grey if photometric == "MONOCHROME1" else grey


def apply_window(values: npt.NDArray[np.float64], window: tuple[float, float]) -> npt.NDArray[np.uint8]:
    """Map values to 0..255 by a window's centre and width.

    Source
    ------
    PS3.3 C.11.2.1.2.1 (LINEAR).
    """
    centre, width = window
    if width < 1:
        raise BadInputError("A window needs a width of 1 or more.")
    scaled = (values - (centre - 0.5)) / max(width - 1, 1e-9) + 0.5
    return np.rint(np.clip(scaled, 0.0, 1.0) * 255).astype(np.uint8)


def _whole_range(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    return (low + high + 1) / 2, max(high - low + 1, 1.0)


def _to_8_bits(colours: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    if colours.dtype == np.uint8:
        return np.ascontiguousarray(colours[..., :3])
    top = float(np.iinfo(colours.dtype).max)
    return np.rint(colours[..., :3] / top * 255).astype(np.uint8)


def _dataset(header: Header) -> Dataset:
    """Return the palette of a header as pydicom wants it."""
    palette = {
        key: header.json[key] for key in header.json if key.startswith("002811") or key[:7] == "0028120"
    }
    return Dataset.from_json(palette)
