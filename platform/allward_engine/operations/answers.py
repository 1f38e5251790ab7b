"""From what a model returned to numbers that can be relied on: shapes, finiteness, activation."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from allward_engine.grids import FloatImage
from allward_engine.sessions import ModelSpec, Output
from allward_sdk.errors import PluginFaultError
from allward_sdk.manifest import Manifest
from allward_sdk.tensors import Reading, interface

Answers = dict[str, FloatImage]
"""Output of the graph -> its values, the batch first."""


def model_of(stage: Reading, manifest: Manifest) -> ModelSpec:
    """Return which graph a stage runs, with each output that it reads named once."""
    wanted = interface(stage)
    return ModelSpec(
        sha256=manifest.models[stage.model].sha256,
        input_name=wanted.input.name,
        outputs=tuple(dict.fromkeys(tensor.name for tensor in wanted.outputs)),
        input_shape=tuple(size for size in wanted.input.shape[1:] if isinstance(size, int)),
    )


def checked(output: Output | None, stage: Reading, batch: int) -> Answers:
    """Return what a model said about `batch` items.

    Raises
    ------
    PluginFaultError
        If a tensor has another shape than the manifest says, or holds NaN or infinite values.
    """
    assert output is not None
    wanted = interface(stage)
    names = tuple(dict.fromkeys(tensor.name for tensor in wanted.outputs))
    answers = dict(zip(names, output.tensors, strict=True))
    for tensor in wanted.outputs:
        values = answers[tensor.name]
        if values.ndim == 0 or values.shape[0] != batch or not tensor.fits(values.shape):
            words = ", ".join("batch" if size is None else str(size) for size in tensor.shape)
            raise PluginFaultError(
                f"Stage {stage.name!r}: the model returned {tensor.name!r} of shape {values.shape} "
                f"for {batch}; the manifest says ({words})."
            )
        if not np.isfinite(values).all():
            raise PluginFaultError(
                f"Stage {stage.name!r}: the model returned NaN or infinite values in {tensor.name!r}."
            )
    return answers


def activated(values: FloatImage, activation: str, *, axis: int = 1, temperature: float = 1.0) -> FloatImage:
    """Turn scores into probabilities along an axis; nothing happens with `none`."""
    if activation == "none":
        return values
    scaled = values / np.float32(temperature)
    if activation == "sigmoid":
        # The exponent never overflows: for negative scores the fraction is turned round.
        small = np.exp(-np.abs(scaled))
        return np.asarray(np.where(scaled >= 0, 1.0, small) / (1.0 + small), np.float32)
    raised = np.exp(scaled - scaled.max(axis=axis, keepdims=True))
    return np.asarray(raised / raised.sum(axis=axis, keepdims=True), np.float32)


def probabilities(values: FloatImage, stage: Reading) -> FloatImage:
    """Return values that must be probabilities, to the rounding of float32 cut to 0..1.

    Raises
    ------
    PluginFaultError
        If they are none: the graph ends in scores, and the manifest names no activation.
    """
    if values.size and (values.min() < -_ROUNDING or values.max() > 1 + _ROUNDING):
        raise PluginFaultError(
            f"Stage {stage.name!r}: the model returned {values.min():g} to {values.max():g} "
            "where probabilities belong; the manifest may have to name an activation."
        )
    return np.clip(values, 0.0, 1.0)


_ROUNDING = 1e-4
"""How far from 0..1 a probability may lie by the arithmetic of a graph."""


def batches(count: int, size: int) -> Sequence[npt.NDArray[np.int64]]:
    """Split 0..count-1 into runs of at most `size`, in order."""
    return [np.arange(first, min(first + size, count)) for first in range(0, count, size)]
