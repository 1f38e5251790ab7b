"""`classification`: class probabilities of a volume, or of each candidate of an earlier detection."""

import numpy as np

from allward_engine.grids import FloatImage
from allward_engine.operations.answers import activated, probabilities
from allward_engine.operations.judging import candidates_around, rows, starts_of
from allward_engine.operations.lattice import Starts, centred_start, window_starts
from allward_engine.operations.scene import Scene
from allward_engine.operations.view import View, look
from allward_engine.units import Units
from allward_sdk.classes import ClassificationStage, Probabilities, Rescore, TileClassificationStage
from allward_sdk.errors import BadInputError
from allward_sdk.found import Candidate, Classified


def classify(stage: ClassificationStage, scene: Scene) -> Units[Classified | None]:
    """Judge a volume as a whole; returns None if there is nowhere to look.

    Raises
    ------
    BadInputError
        If the volume does not meet the plug-in's needs.
    PluginFaultError
        If the model returns what the manifest does not say.
    """
    view = yield from look(stage.name, stage.input, scene)
    if view is None:
        return None
    starts = _starts(stage, view)
    told = read_probabilities((yield from rows(stage, scene.request, view, starts)), stage)
    best = 0
    if stage.best_of is not None:
        best = int(told[:, stage.output.labels.index(stage.best_of)].argmax())
    centre = view.to_lps_mm(starts[[best]] + (np.asarray(stage.input.window) - 1) / 2)[0]
    return Classified(
        stage=stage.name,
        probabilities=by_label(told[best], stage.output),
        chosen=chosen(told[best], stage.output),
        centre_lps_mm=(float(centre[0]), float(centre[1]), float(centre[2])),
    )


def classify_candidates(
    stage: ClassificationStage, scene: Scene
) -> Units[dict[int, dict[str, float]] | None]:
    """Judge each candidate that a stage looks around.

    Returns
    -------
    number of the candidate -> label -> probability; None if there is no candidate
    """
    candidates = candidates_around(stage.input, scene)
    if not candidates:
        return None
    view = yield from look(stage.name, stage.input, scene)
    assert view is not None  # without a mask there is always somewhere to look
    starts = starts_of(candidates, view, stage.input)
    told = read_probabilities((yield from rows(stage, scene.request, view, starts)), stage)
    return {
        candidate.number: by_label(row, stage.output) for candidate, row in zip(candidates, told, strict=True)
    }


def with_classes(
    candidates: list[Candidate], stage: ClassificationStage, told: dict[int, dict[str, float]]
) -> list[Candidate]:
    """Write what a stage said of candidates into them; where it rescores, drop and order them anew."""
    judged = []
    for candidate in candidates:
        classes = told.get(candidate.number)
        if classes is None:
            judged.append(candidate)
            continue
        score = _rescored(candidate.score, classes, stage.rescore)
        if stage.rescore is None or score > stage.rescore.keep_above:
            update = {"classes": {**candidate.classes, stage.name: classes}, "score": score}
            judged.append(candidate.model_copy(update=update))
    return sorted(judged, key=lambda each: -each.score)


def read_probabilities(
    values: FloatImage, stage: ClassificationStage | TileClassificationStage
) -> FloatImage:
    """Turn a model's rows, shape (n, channel), into probabilities, shape (n, label)."""
    output = stage.output
    active = activated(values, output.activation, temperature=output.temperature)
    return probabilities(active[:, list(output.read_channels)], stage)


def by_label(row: FloatImage, output: Probabilities) -> dict[str, float]:
    """Return one row of probabilities by label."""
    return {label: float(value) for label, value in zip(output.labels, row, strict=True)}


def chosen(row: FloatImage, output: Probabilities) -> tuple[str, ...]:
    """Return the labels that a row of probabilities decides for."""
    thresholds = output.thresholds or (-1.0,) * len(output.labels)
    above = [label for label, p, limit in zip(output.labels, row, thresholds, strict=True) if p > limit]
    if output.choose == "several":
        return tuple(above)
    best = output.labels[int(row.argmax())]
    return (best,) if best in above else ()


def _starts(stage: ClassificationStage, view: View) -> Starts:
    if stage.over == "best_window":
        return window_starts(view, stage.input.window, stage.overlap)
    sides = [side.stop - side.start for side in view.box]
    fits = all(n <= size for n, size in zip(sides, stage.input.window, strict=True))
    if not fits and stage.larger_than_window == "refuse":
        raise BadInputError(
            f"The body is larger than the plug-in can take: {tuple(sides)} voxels as prepared for "
            f"stage {stage.name!r}, at most {stage.input.window}."
        )
    return centred_start(view, stage.input.window)


def _rescored(score: float, classes: dict[str, float], rule: Rescore | None) -> float:
    if rule is None:
        return score
    told = classes[rule.label]
    return {"replace": told, "multiply": score * told, "mean": (score + told) / 2}[rule.how]
