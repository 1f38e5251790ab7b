"""Windows through a model that gives one row for each: what classification and embedding share."""

import numpy as np

from allward_engine.grids import FloatImage
from allward_engine.operations.answers import batches, checked, model_of
from allward_engine.operations.lattice import Starts, starts_around
from allward_engine.operations.places import Detected
from allward_engine.operations.scene import PREPARED, Scene
from allward_engine.operations.view import View, crop
from allward_engine.requests import Progress, SegmentRequest
from allward_engine.units import Infer, Units
from allward_sdk.classes import ClassificationStage, EmbeddingStage
from allward_sdk.found import Candidate
from allward_sdk.geometry import FloatArray
from allward_sdk.volumes import VolumeInput


def rows(
    stage: ClassificationStage | EmbeddingStage, request: SegmentRequest, view: View, starts: Starts
) -> Units[FloatImage]:
    """Run the windows with the given starts; returns shape (n, channel), in their order."""
    read, model = stage.input, model_of(stage, request.manifest)
    assert read is not None
    parts: list[FloatImage] = []
    for batch in batches(len(starts), read.batch):
        tensor = np.stack([crop(view, start, read) for start in starts[batch]])
        answers = checked((yield Infer(model, tensor)), stage, len(batch))
        parts.append(answers[stage.output.name])
        done = int(batch[-1]) + 1
        fraction = PREPARED + (1 - PREPARED) * done / len(starts)
        yield Progress(stage=stage.name, unit=done, units=len(starts), fraction=fraction)
    return np.concatenate(parts)


def candidates_around(read: VolumeInput, scene: Scene) -> list[Candidate]:
    """Return the candidates that a stage looks around; without any, note that it does not look."""
    assert read.around is not None
    places, wanted = scene.places.get(read.around.stage), read.around.labels
    detected = places.candidates if isinstance(places, Detected) else []
    candidates = [each for each in detected if not wanted or each.label in wanted]
    if not candidates:
        scene.images.skip(read)
    return candidates


def starts_of(candidates: list[Candidate], view: View, read: VolumeInput) -> Starts:
    """Return the start of the window around each candidate."""
    points: FloatArray = np.asarray([candidate.centre_lps_mm for candidate in candidates])
    return starts_around(view.to_index_abc(points), read.window)
