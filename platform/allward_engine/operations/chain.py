"""From a request to its operations: stage after stage, each using what earlier ones found.

A plug-in of outlines alone goes to `segmentation` as a whole. In any other, each stage has what the earlier
ones found as `Places`: a mask on any grid, or candidates to look around.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy.typing as npt

from allward_engine.grids import Outline
from allward_engine.operations.classification import classify, classify_candidates, with_classes
from allward_engine.operations.detection import detect
from allward_engine.operations.embedding import embed
from allward_engine.operations.heat_map import draw_map
from allward_engine.operations.places import Detected, Outlined, Places
from allward_engine.operations.scene import PreparedImages, Scene
from allward_engine.operations.segmentation import SharedImages, check_volume, label_map, run_stage, segment
from allward_engine.operations.tiles import read_tiles
from allward_engine.requests import LabelMap, Progress, SegmentRequest
from allward_engine.sessions import Output
from allward_engine.tile_requests import AnyRequest, TileRequest
from allward_engine.units import Units
from allward_sdk.classes import ClassificationStage, EmbeddingStage, HeatMapStage
from allward_sdk.detection import DetectionStage
from allward_sdk.errors import BadInputError
from allward_sdk.found import Detections, Found, Vectors
from allward_sdk.references import input_of, tiles_of
from allward_sdk.stages import SegmentationStage, Stage
from allward_sdk.volumes import VolumeInput


@dataclass(slots=True)
class Everything:
    """What a plug-in found.

    Attributes
    ----------
    labels_kji
        None if no stage of the plug-in draws outlines.
    arrays
        By the names that the records in `found` give.
    """

    labels_kji: LabelMap | None
    stages_run: tuple[str, ...]
    found: tuple[Found, ...] = ()
    arrays: dict[str, npt.NDArray[Any]] = field(default_factory=dict)


def operate(request: AnyRequest, images: npt.NDArray[Any]) -> Units[Everything]:
    """Run all stages of a request's manifest.

    Parameters
    ----------
    images
        A volume, shape (k, j, i), or a stack of tiles, shape (n, rows, columns, 3), as the request says.

    Raises
    ------
    BadInputError
        If the images do not meet the plug-in's needs.
    PluginFaultError
        If a model fails, or returns what the manifest does not say.
    """
    wants_tiles = tiles_of(request.manifest.stages[0]) is not None
    if isinstance(request, TileRequest):
        if not wants_tiles:
            raise BadInputError("The plug-in reads a volume, and was given tiles of a slide.")
        tiles = yield from read_tiles(request, images)
        return Everything(None, tuple(tiles.stages_run), tuple(tiles.found), tiles.arrays)
    if wants_tiles:
        raise BadInputError("The plug-in reads tiles of a slide, and was given a volume.")
    if all(isinstance(stage, SegmentationStage) for stage in request.manifest.stages):
        outlined = yield from segment(request, images)
        return Everything(outlined.labels_kji, outlined.stages_run)
    return (yield from _Chain(request, images).run())


class _Chain:
    """The stages of one request on one volume, and what they found so far."""

    def __init__(self, request: SegmentRequest, volume_kji: npt.NDArray[Any]) -> None:
        stages = request.manifest.stages
        reads = [read for stage in stages if isinstance(read := input_of(stage), VolumeInput)]
        self._scene = Scene(request, volume_kji, images=PreparedImages(reads))
        self._images = SharedImages([stage for stage in stages if isinstance(stage, SegmentationStage)])
        self._run: list[str] = []
        self._found: dict[str, Found] = {}
        self._arrays: dict[str, npt.NDArray[Any]] = {}

    def run(self) -> Units[Everything]:
        check_volume(self._scene.request, self._scene.volume_kji)
        stages = self._scene.request.manifest.stages
        yield Progress(stage=stages[0].name, unit=0, units=None, fraction=0.0)
        for number, stage in enumerate(stages):
            share = 1 / (len(stages) + 1)
            ran = yield from _scaled(self._stage(stage), number * share, share)
            if ran:
                self._run.append(stage.name)
        labels = self._labels()
        yield Progress(stage="labels", unit=1, units=1, fraction=1.0)
        return Everything(labels, tuple(self._run), tuple(self._found.values()), self._arrays)

    def _stage(self, stage: Stage) -> Units[bool]:
        """Run one stage; returns whether it had anything to look at."""
        if isinstance(stage, SegmentationStage):
            return (yield from self._outline(stage))
        if isinstance(stage, DetectionStage):
            return (yield from self._detect(stage))
        if isinstance(stage, ClassificationStage):
            judge = self._classify if stage.input.around is None else self._classify_candidates
            return (yield from judge(stage))
        if isinstance(stage, EmbeddingStage):
            return (yield from self._embed(stage))
        assert isinstance(stage, HeatMapStage)
        return (yield from self._draw_map(stage))

    def _outline(self, stage: SegmentationStage) -> Units[bool]:
        named = {name: _outline(places) for name, places in self._scene.places.items()}
        drawn = {name: outline for name, outline in named.items() if outline is not None}
        outline = yield from run_stage(
            stage, self._scene.request, self._scene.volume_kji, drawn, self._images
        )
        if outline is None:
            return False
        self._scene.places[stage.name] = Outlined(outline)
        return True

    def _detect(self, stage: DetectionStage) -> Units[bool]:
        found = yield from detect(stage, self._scene)
        if found is None:
            return False
        self._found[stage.name] = found
        self._scene.places[stage.name] = Detected(found.candidates, self._scene.request.geometry)
        return True

    def _classify(self, stage: ClassificationStage) -> Units[bool]:
        found = yield from classify(stage, self._scene)
        if found is None:
            return False
        self._found[stage.name] = found
        return True

    def _classify_candidates(self, stage: ClassificationStage) -> Units[bool]:
        told = yield from classify_candidates(stage, self._scene)
        around = stage.input.around
        if told is None or around is None:
            return False
        detected = self._scene.places[around.stage]
        assert isinstance(detected, Detected)
        detected.candidates = with_classes(detected.candidates, stage, told)
        self._found[around.stage] = Detections(stage=around.stage, candidates=tuple(detected.candidates))
        return True

    def _embed(self, stage: EmbeddingStage) -> Units[bool]:
        embedded = yield from embed(stage, self._scene)
        if embedded is None:
            return False
        index, vectors = f"{stage.name}.index", f"{stage.name}.vectors"
        self._arrays |= {index: embedded.index, vectors: embedded.vectors}
        of = "volume" if stage.input is None or stage.input.around is None else "candidates"
        self._found[stage.name] = Vectors(stage=stage.name, of=of, index=index, vectors=vectors)
        return True

    def _draw_map(self, stage: HeatMapStage) -> Units[bool]:
        drawn = yield from draw_map(stage, self._scene)
        if drawn is None:
            return False
        self._arrays[drawn.record.values] = drawn.values
        self._found[stage.name] = drawn.record
        return True

    def _labels(self) -> LabelMap | None:
        if not any(isinstance(stage, SegmentationStage) for stage in self._scene.request.manifest.stages):
            return None
        outlined = [places.outline for places in self._scene.places.values() if isinstance(places, Outlined)]
        return label_map(self._scene.request.geometry.shape_kji, outlined)


def _outline(places: Places) -> Outline | None:
    """Return what a stage found as an outline, since outlines look inside outlines; None if empty."""
    if isinstance(places, Outlined):
        return places.outline
    assert isinstance(places, Detected)
    return places.as_layer()


def _scaled(units: Units[bool], done: float, share: float) -> Units[bool]:
    """Run units, their progress counted as a part of the whole job's."""
    answer: Output | None = None
    while True:
        try:
            said = units.send(answer)
        except StopIteration as stop:
            return bool(stop.value)
        if isinstance(said, Progress):
            said = replace(said, fraction=done + share * said.fraction)
        answer = yield said
