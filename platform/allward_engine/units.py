"""What an operation says between two units: how far it is, or what it wants the device to compute.

An operation is a generator. It prepares on the processor, and where it needs a model it yields an `Infer`
and is sent the `Output`; so it never holds a session, and whoever runs it may put several operations' tensors
into one batch, run them on another lane, or stop between any two. Everything between two yields is one unit.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeVar

from allward_engine.grids import FloatImage
from allward_engine.requests import Progress
from allward_engine.sessions import ModelSpec, Output

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, eq=False)
class Infer:
    """One run of a model.

    Attributes
    ----------
    tensor
        Shape (n, channel, *window), C-contiguous, float32; n items are run together and may be joined by
        others' of the same model.
    """

    model: ModelSpec
    tensor: FloatImage


Units = Generator[Progress | Infer, Output | None, Result]
"""Yields progress, which is answered by None, and what the device has to compute, answered by its output."""
