"""Every kind of result: its typed record, the DICOM object that it becomes, and where people see it."""

from typing import Literal, NamedTuple

from allward_sdk.classes import ClassificationStage, HeatMapStage, TileClassificationStage
from allward_sdk.detection import DetectionStage
from allward_sdk.found import (
    Classified,
    Detections,
    Found,
    SlideMap,
    TileClasses,
    Vectors,
    VolumeMap,
)
from allward_sdk.manifest import Manifest
from allward_sdk.parts import Localised
from allward_sdk.results import Finding, MeasuredValue
from allward_sdk.shapes import BulkAnnotations, Mesh
from allward_sdk.stages import SegmentationStage, Stage
from allward_sdk.writings import Table, Text

DicomObject = Literal["SEG", "SR", "Parametric Map", "Encapsulated STL", "ANN", "Enhanced SR"]

_ON_IMAGES = Localised(en="on the images and in the list of findings", zh="图像及发现列表")
_IN_LIST = Localised(en="in the list of findings", zh="发现列表")
_NOWHERE = Localised(en="nowhere: kept for programs", zh="不显示：仅供程序使用")


class ResultKind(NamedTuple):
    """One kind of result."""

    kind: str
    """Name of the kind."""
    record: type
    """Its typed record; of outlines and numbers, the finding or the value that speaks of them."""
    dicom: DicomObject | None
    """The object that it becomes; None if there is none."""
    shown: Localised
    """Where people see it."""


RESULT_KINDS = (
    ResultKind("segmentation", Finding, "SEG", _ON_IMAGES),
    ResultKind("boxes and points", Detections, "SR", _ON_IMAGES),
    ResultKind("measurement", MeasuredValue, "SR", _IN_LIST),
    ResultKind("classification", Classified, "SR", _IN_LIST),
    ResultKind("heat map of a volume", VolumeMap, "Parametric Map", _IN_LIST),
    ResultKind("heat map of a slide", SlideMap, "Parametric Map", _IN_LIST),
    ResultKind("mesh", Mesh, "Encapsulated STL", _IN_LIST),
    ResultKind("bulk annotations", BulkAnnotations, "ANN", _IN_LIST),
    ResultKind("classes of tiles", TileClasses, "ANN", _IN_LIST),
    ResultKind("table", Table, "Enhanced SR", _IN_LIST),
    ResultKind("text", Text, "Enhanced SR", _IN_LIST),
    ResultKind("vectors", Vectors, None, _NOWHERE),
)
"""The registry: a kind that is not here does not exist, one without an object is refused by the check."""

OBJECT_OF: dict[type, DicomObject | None] = {each.record: each.dicom for each in RESULT_KINDS}
"""Typed record -> DICOM object."""

_RECORD_OF_STAGE: dict[type, type] = {
    SegmentationStage: Finding,
    DetectionStage: Detections,
    ClassificationStage: Classified,
    TileClassificationStage: TileClasses,
    HeatMapStage: VolumeMap,
}
"""Operation -> what it finds; an embedding's vectors mean nothing to a person, and are not here."""


def object_of(record: Found) -> DicomObject | None:
    """Return the DICOM object that a record becomes; None if it becomes none."""
    return OBJECT_OF[type(record)]


def dicom_place(stage: Stage) -> DicomObject | None:
    """Return the DICOM object that a stage's results become; None if they become none."""
    return OBJECT_OF[_RECORD_OF_STAGE.get(type(stage), Vectors)]


def without_dicom(manifest: Manifest) -> list[str]:
    """Return, in words, the stages whose results become no DICOM object."""
    return [
        f"stages.{stage.name}: what {stage.operation} finds becomes no DICOM object, so that no archive can "
        "keep it; give the plug-in a stage that makes something of it, or publish it as a model alone"
        for stage in manifest.stages
        if dicom_place(stage) is None
    ]
