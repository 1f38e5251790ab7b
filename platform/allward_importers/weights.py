"""The weights of one net by their names in PyTorch, each used once, none forgotten."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from allward_importers.graph_writer import FloatArray
from allward_importers.refusal import RefusedError

_WRAPPERS = ("module.", "_orig_mod.")
"""What PyTorch puts before names when a net was trained on several devices, or compiled."""


class Weights:
    """A net's `state_dict`.

    Parameters
    ----------
    arrays
        Name -> array.
    order
        ``order[b]`` is the axis of a kernel that becomes axis ``b``: a net on turned images is the same net
        with turned kernels.
    place
        Where they come from, for errors.
    """

    def __init__(
        self, arrays: Mapping[str, Any], *, place: str, order: tuple[int, int, int] = (0, 1, 2)
    ) -> None:
        self._arrays: dict[str, Any] = {}
        for name, array in arrays.items():
            plain = str(name)
            for wrapper in _WRAPPERS:
                plain = plain.removeprefix(wrapper)
            self._arrays[plain] = array
        self._order = order
        self._place = place
        self._used: set[str] = set()

    def __contains__(self, name: str) -> bool:
        return name in self._arrays

    def get(self, name: str) -> FloatArray | None:
        """Return an array, float32; None if there is none of the name."""
        array = self._arrays.get(name)
        if array is None:
            return None
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu":
            raise RefusedError(f"{self._place}: {name} is no tensor of numbers.")
        self._used.add(name)
        floats = np.asarray(array, np.float32)
        if not np.isfinite(floats).all():
            raise RefusedError(f"{self._place}: {name} holds values that are not numbers (NaN or infinite).")
        if floats.ndim == 5:
            floats = floats.transpose(0, 1, *(2 + axis for axis in self._order))
        return np.ascontiguousarray(floats) if floats.ndim else floats

    def take(self, name: str) -> FloatArray:
        """Return an array, float32.

        Raises
        ------
        RefusedError
            If there is none of the name.
        """
        array = self.get(name)
        if array is None:
            raise RefusedError(
                f"{self._place}: no weights are named {name}; the net is not what its plan says."
            )
        return array

    def kernel(self, name: str, *, size: tuple[int, ...]) -> FloatArray:
        """Return a kernel whose (out, in, a, b, c) has to be `size`; raises RefusedError if it is not."""
        kernel = self.take(name)
        if kernel.shape != tuple(size):
            raise RefusedError(
                f"{self._place}: {name} has shape {kernel.shape}, the plan of the net says {tuple(size)}."
            )
        return kernel

    def refuse_unused(self, is_known: Callable[[str], bool] = lambda name: False) -> None:
        """Refuse weights that nothing used, but for those that are known to have no effect.

        Raises
        ------
        RefusedError
            If there are any: the net does more than what was written.
        """
        unused = [name for name in self._arrays if name not in self._used and not is_known(name)]
        if unused:
            raise RefusedError(
                f"{self._place}: {len(unused)} weights belong to no layer of the plan, such as {unused[0]}."
            )
