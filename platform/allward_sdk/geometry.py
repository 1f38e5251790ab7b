"""Where voxels lie in the patient.

Conventions used everywhere:

* a voxel index is (k, j, i) = (slice, row, column), the order of the numpy array;
* a point in the patient is (x, y, z) in mm in DICOM's LPS frame: x grows to the patient's Left,
  y to the Posterior, z to the Superior (PS3.3 C.7.6.2.1.1);
* a point is the centre of its voxel.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

_LPS_AXES = {"L": (0, 1), "R": (0, -1), "P": (1, 1), "A": (1, -1), "S": (2, 1), "I": (2, -1)}
"""Letter -> (LPS axis, sign). Source: PS3.3 C.7.6.1.1.1 (patient orientation letters; S, I for H, F)."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """The grid of a volume.

    Attributes
    ----------
    shape_kji
        Number of slices, rows and columns.
    index_to_lps_mm
        (4, 4) affine; maps (k, j, i, 1) to (x, y, z, 1) in mm, LPS.
    frame_of_reference_uid
        Points of two volumes are comparable only if this is equal (PS3.3 C.7.4.1.1.1).
    """

    shape_kji: tuple[int, int, int]
    index_to_lps_mm: FloatArray
    frame_of_reference_uid: str

    @property
    def spacing_kji_mm(self) -> tuple[float, float, float]:
        """Distance between neighbouring voxels along slice, row and column, in mm."""
        k, j, i = (float(np.linalg.norm(self.index_to_lps_mm[:3, a])) for a in range(3))
        return k, j, i

    @property
    def voxel_volume_ml(self) -> float:
        """Volume of one voxel in millilitres."""
        return float(abs(np.linalg.det(self.index_to_lps_mm[:3, :3]))) / 1000.0

    def to_lps_mm(self, index_kji: npt.ArrayLike) -> FloatArray:
        """Convert voxel indices to patient points.

        Parameters
        ----------
        index_kji : shape (n, 3)
            Voxel indices (slice, row, column); fractions allowed.

        Returns
        -------
        shape (n, 3), mm, LPS
        """
        index = np.asarray(index_kji, dtype=np.float64)
        points: FloatArray = index @ self.index_to_lps_mm[:3, :3].T + self.index_to_lps_mm[:3, 3]
        return points

    def to_index_kji(self, points_lps_mm: npt.ArrayLike) -> FloatArray:
        """Convert patient points to fractional voxel indices; the inverse of `to_lps_mm`.

        Parameters
        ----------
        points_lps_mm : shape (n, 3), mm, LPS

        Returns
        -------
        shape (n, 3), (slice, row, column)
        """
        inverse = np.linalg.inv(self.index_to_lps_mm)
        points = np.asarray(points_lps_mm, dtype=np.float64)
        index: FloatArray = points @ inverse[:3, :3].T + inverse[:3, 3]
        return index

    def to_json(self) -> dict[str, object]:
        """Return the JSON form that travels on the wire and in the database."""
        return {
            "shape_kji": list(self.shape_kji),
            "index_to_lps_mm": self.index_to_lps_mm.tolist(),
            "frame_of_reference_uid": self.frame_of_reference_uid,
        }

    @classmethod
    def from_json(cls, data: dict[str, object]) -> "Geometry":
        """Read what `to_json` wrote."""
        shape = data["shape_kji"]
        if not isinstance(shape, Sequence) or len(shape) != 3:
            raise ValueError(f"shape_kji must be three numbers, not {shape!r}")
        k, j, i = (int(n) for n in shape)
        return cls(
            shape_kji=(k, j, i),
            index_to_lps_mm=np.asarray(data["index_to_lps_mm"], dtype=np.float64).reshape(4, 4),
            frame_of_reference_uid=str(data["frame_of_reference_uid"]),
        )


@dataclass(frozen=True, slots=True)
class AxisMap:
    """How the axes of an array in a model's orientation lie on those of a volume (k, j, i).

    Attributes
    ----------
    order
        ``order[a]`` is the volume axis (0 = k, 1 = j, 2 = i) that becomes axis ``a`` of the model.
    flipped
        Whether axis ``a`` of the model runs against that volume axis.
    """

    order: tuple[int, int, int]
    flipped: tuple[bool, bool, bool]

    def to_model(self, volume: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        """View a (k, j, i) array in the model's axes; nothing is copied."""
        turned = volume.transpose(self.order)
        return turned[tuple(slice(None, None, -1) if f else slice(None) for f in self.flipped)]

    def to_volume(self, array: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        """View an array in the model's axes as (k, j, i); the inverse of `to_model`."""
        straight = array[tuple(slice(None, None, -1) if f else slice(None) for f in self.flipped)]
        return straight.transpose(np.argsort(self.order))

    def triple_to_model(self, kji: Sequence[float]) -> tuple[float, float, float]:
        """Reorder one number per volume axis (a spacing, a size) into the model's axes."""
        a, b, c = (float(kji[axis]) for axis in self.order)
        return a, b, c


def axis_map(geometry: Geometry, orientation: str) -> AxisMap:
    """Find the axis permutation and flips that bring a volume nearest to an orientation.

    Parameters
    ----------
    geometry
        The volume's grid; oblique grids take the nearest axis.
    orientation : three letters of L/R, P/A, S/I
        Where each axis of the model's array grows to: in ``"RAS"`` axis 0 grows to the Right.

    Raises
    ------
    ValueError
        If the letters do not name each patient axis once.
    """
    axes = [_LPS_AXES[letter] for letter in orientation if letter in _LPS_AXES]
    if len(orientation) != 3 or sorted(a for a, _ in axes) != [0, 1, 2]:
        raise ValueError(f"{orientation!r} is not an orientation such as 'RAS' or 'LPS'")
    direction = geometry.index_to_lps_mm[:3, :3] / np.asarray(geometry.spacing_kji_mm)
    strength = np.abs(direction)
    lps_to_volume: dict[int, int] = {}
    free = {0, 1, 2}
    for lps in np.argsort(-strength.max(axis=1)):
        best = max(free, key=lambda axis: strength[int(lps), axis])
        lps_to_volume[int(lps)] = best
        free.remove(best)
    order = tuple(lps_to_volume[lps] for lps, _ in axes)
    flipped = tuple(
        bool(direction[lps, axis] * sign < 0) for (lps, sign), axis in zip(axes, order, strict=True)
    )
    return AxisMap(order=(order[0], order[1], order[2]), flipped=(flipped[0], flipped[1], flipped[2]))
