"""`embedding` of volumes: a vector for each candidate, or one for all of it; tiles are read in `tiles`."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from allward_engine.grids import FloatImage
from allward_engine.operations.judging import candidates_around, rows, starts_of
from allward_engine.operations.lattice import window_starts
from allward_engine.operations.scene import Scene
from allward_engine.operations.view import look
from allward_engine.units import Units
from allward_sdk.classes import EmbeddingStage, Vector


@dataclass(frozen=True, slots=True, eq=False)
class Embedded:
    """Vectors, shape (n, length), and what each stands for, shape (n,)."""

    index: npt.NDArray[np.int32]
    vectors: FloatImage


def embed(stage: EmbeddingStage, scene: Scene) -> Units[Embedded | None]:
    """Run an embedding on a volume; returns None if there is nothing to look at.

    Raises
    ------
    PluginFaultError
        If the model returns what the manifest does not say.
    """
    read = stage.input
    assert read is not None
    candidates = candidates_around(read, scene) if read.around is not None else []
    if read.around is not None and not candidates:
        return None
    view = yield from look(stage.name, read, scene)
    if view is None:
        return None
    if candidates:
        vectors = yield from rows(stage, scene.request, view, starts_of(candidates, view, read))
        numbers = np.asarray([candidate.number for candidate in candidates], np.int32)
        return Embedded(numbers, unit_length(vectors, stage.output))
    starts = window_starts(view, read.window, stage.overlap)
    windows = yield from rows(stage, scene.request, view, starts)
    mean = windows.mean(axis=0, dtype=np.float64, keepdims=True).astype(np.float32)
    return Embedded(np.zeros(1, np.int32), unit_length(mean, stage.output))


def unit_length(vectors: FloatImage, output: Vector) -> FloatImage:
    """Divide vectors by their length if the manifest says so; one of length 0 stays."""
    if not output.normalise:
        return vectors
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(np.divide(vectors, length, out=vectors.copy(), where=length > 0), np.float32)
