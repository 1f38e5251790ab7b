"""Which of a plug-in's results a PACS can keep, and as what; the rest stays beside it in files of its own."""

from allward_sdk.classes import ClassificationStage
from allward_sdk.detection import DetectionStage
from allward_sdk.manifest import Manifest
from allward_sdk.stages import SegmentationStage, Stage


def dicom_place(stage: Stage) -> str | None:
    """Return the DICOM object that a stage's results become; None if they become none."""
    if isinstance(stage, SegmentationStage):
        return "SEG"
    if isinstance(stage, DetectionStage | ClassificationStage):
        return "SR"
    return None


def without_dicom(manifest: Manifest) -> list[str]:
    """Return, in words, the stages whose results become no DICOM object."""
    return [
        f"what stage {stage.name!r} ({stage.operation}) finds is written beside the DICOM objects"
        for stage in manifest.stages
        if dicom_place(stage) is None
    ]
