"""`detection_3d`: candidates in a volume, window by window, as units to stop between."""

import numpy as np
import numpy.typing as npt

from allward_engine.operations.answers import batches, checked, model_of
from allward_engine.operations.averaging import search_averaged
from allward_engine.operations.decode import Candidates, decode, joined
from allward_engine.operations.lattice import window_starts
from allward_engine.operations.scene import PREPARED, Scene
from allward_engine.operations.suppress import suppress
from allward_engine.operations.view import View, crop, look
from allward_engine.requests import Progress, SegmentRequest
from allward_engine.units import Infer, Units
from allward_sdk.detection import DenseDecode, DetectionStage
from allward_sdk.found import Candidate, Detections

_MOST_HELD = 20_000
"""Candidates held while windows run, the best ones: far more than any case has, and a few MiB."""


def detect(stage: DetectionStage, scene: Scene) -> Units[Detections | None]:
    """Run a detection; returns None if there is nowhere to look.

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
    search = _search if stage.output.windows == "apart" else search_averaged
    found = yield from search(stage, scene.request, view)
    found = found.take(_taken(found, stage, view))
    kept = suppress(found, stage.output.suppress, voxel_mm=view.voxel_mm, most=stage.output.most)
    return Detections(stage=stage.name, candidates=_candidates(kept, stage, view))


def _search(stage: DetectionStage, request: SegmentRequest, view: View) -> Units[Candidates]:
    model, window = model_of(stage, request.manifest), stage.input.window
    starts = window_starts(view, window, stage.output.overlap)
    parts = [joined([], len(stage.output.attributes))]
    for batch in batches(len(starts), stage.input.batch):
        tensor = np.stack([crop(view, start, stage.input) for start in starts[batch]])
        answers = checked((yield Infer(model, tensor)), stage, len(batch))
        parts.append(decode(answers, stage, starts[batch], view.voxel_mm))
        if sum(map(len, parts)) > _MOST_HELD:
            parts = [joined(parts, 0).ranked().take(np.arange(_MOST_HELD))]
        done = int(batch[-1]) + 1
        fraction = PREPARED + (1 - PREPARED) * done / len(starts)
        yield Progress(stage=stage.name, unit=done, units=len(starts), fraction=fraction)
    return joined(parts, 0)


def _taken(found: Candidates, stage: DetectionStage, view: View) -> npt.NDArray[np.bool_]:
    """Tell which candidates lie where the stage may look.

    A window's own middle is as near as a net without offsets can point, so there the mask has spoken when
    the window was chosen.
    """
    way = stage.output.decode
    if isinstance(way, DenseDecode) and way.offset is None:
        return np.ones(len(found), np.bool_)
    return view.holds(found.centre)


def _candidates(kept: Candidates, stage: DetectionStage, view: View) -> tuple[Candidate, ...]:
    centres, sizes = view.to_lps_mm(kept.centre), view.sizes_to_kji(kept.size_mm)
    names = [attribute.name for attribute in stage.output.attributes]
    return tuple(
        Candidate(
            number=number,
            label=stage.output.labels[int(label)],
            score=float(score),
            centre_lps_mm=(float(centre[0]), float(centre[1]), float(centre[2])),
            size_kji_mm=None if np.isnan(size).any() else (float(size[0]), float(size[1]), float(size[2])),
            attributes={name: float(value) for name, value in zip(names, values, strict=True)},
        )
        for number, (label, score, centre, size, values) in enumerate(
            zip(kept.label, kept.score, centres, sizes, kept.attributes, strict=True), 1
        )
    )
