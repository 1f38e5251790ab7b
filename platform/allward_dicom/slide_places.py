"""Where a point of a slide's pixels lies on the glass: mm in the slide's frame of reference."""

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from allward_sdk.errors import BadInputError
from allward_sdk.geometry import FloatArray


def pixel_spacing_mm(slide: Dataset) -> tuple[float, float]:
    """Return the distances of rows and of columns, mm."""
    rows_mm, columns_mm = _measures(slide).PixelSpacing
    return float(rows_mm), float(columns_mm)


def slice_thickness_mm(slide: Dataset) -> float:
    """Return the thickness of the focal plane, mm."""
    return float(_measures(slide).SliceThickness)


def _measures(slide: Dataset) -> Dataset:
    try:
        measures: Dataset = slide.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    except (AttributeError, IndexError) as error:
        raise BadInputError("The slide does not say how large its pixels are (Pixel Measures).") from error
    return measures


def directions(slide: Dataset) -> tuple[FloatArray, FloatArray]:
    """Return where columns and where rows grow to, unit vectors."""
    along_row, along_column = np.split(np.asarray(slide.ImageOrientationSlide, np.float64), 2)
    return along_row, along_column


def pixels_to_slide_mm(slide: Dataset, points_px: npt.ArrayLike) -> FloatArray:
    """Return where points of the total pixel matrix lie on the slide.

    Parameters
    ----------
    points_px
        Shape (n, 2): column and row from the upper left corner of the upper left pixel.

    Returns
    -------
    shape (n, 3), mm

    Raises
    ------
    BadInputError
        If the slide does not say where it lies, or how large its pixels are.

    Source
    ------
    PS3.3 C.8.12.4 (Total Pixel Matrix Origin is the place of the first pixel's centre), C.7.6.16.2.1.
    """
    if "TotalPixelMatrixOriginSequence" not in slide or "ImageOrientationSlide" not in slide:
        raise BadInputError("The slide does not say where it lies (Total Pixel Matrix Origin).")
    origin = slide.TotalPixelMatrixOriginSequence[0]
    first = [origin.XOffsetInSlideCoordinateSystem, origin.YOffsetInSlideCoordinateSystem]
    first.append(origin.get("ZOffsetInSlideCoordinateSystem", 0.0))
    along_row, along_column = directions(slide)
    rows_mm, columns_mm = pixel_spacing_mm(slide)
    columns, rows = np.split(np.asarray(points_px, np.float64) - 0.5, 2, axis=1)
    place: FloatArray = (
        np.asarray(first, np.float64) + columns * columns_mm * along_row + rows * rows_mm * along_column
    )
    return place
