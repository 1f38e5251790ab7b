"""What a plug-in found in one case beside what is known of it. Pure.

Masks are (k, j, i) of the series, points (x, y, z) in mm, LPS.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from allward.acceptance.orders import ReaderMark
from allward_dicom.seg import values_of
from allward_measure.components import find_components
from allward_measure.evaluation.froc import Mark, Scan, Target, Verdict, judge
from allward_measure.evaluation.judged import Judged, Outline
from allward_measure.evaluation.overlap import dice
from allward_sdk.detection import DetectionStage
from allward_sdk.found import Candidate, Classified, Detections, Found
from allward_sdk.geometry import Geometry
from allward_sdk.manifest import Label, Manifest
from allward_sdk.stages import SegmentationStage

Mask = npt.NDArray[np.bool_]

SCORE_OF_OUTLINES = 1.0
"""Of a mark that stands for an outlined part: outlines bear no score, so the curve has one point."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a job left.

    Attributes
    ----------
    labels_kji
        None where nothing was outlined.
    """

    manifest: Manifest
    geometry: Geometry
    labels_kji: npt.NDArray[np.uint8] | None
    found: tuple[Found, ...]
    took_s: float | None


@dataclass(frozen=True, slots=True)
class Known:
    """What is there.

    Attributes
    ----------
    masks
        Label -> voxels.
    marks
        None where no reader looked; empty where one found nothing.
    """

    masks: Mapping[str, Mask] = field(default_factory=dict)
    marks: tuple[ReaderMark, ...] | None = None
    present: bool | None = None

    @property
    def is_present(self) -> bool | None:
        """Whether the condition is there: as somebody said, else as marks tell; None if all are disputed."""
        if self.present is not None or self.marks is None:
            return self.present
        if any(mark.counts for mark in self.marks):
            return True
        return None if self.marks else False


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of every case of a set."""

    label: str
    """What marks and presence are about; empty: nothing was chosen."""
    least_score: float | None = None


def compare(answer: Answer, known: Known, question: Question, *, case: str) -> Judged:
    """Judge one case that ran; of what the plug-in cannot say by its stages, nothing is told."""
    label = _label(answer.manifest, question.label)
    outlined = {name for name in known.masks if _can_outline(answer.manifest, name)}
    return Judged(
        case=case,
        present=known.is_present,
        reported=None if label is None else _is_reported(answer, label, question.least_score),
        outlines={
            name: _outline(answer, name, mask)
            for name, mask in sorted(known.masks.items())
            if name in outlined
        },
        marks=None if label is None or known.marks is None else _verdict(answer, label, known.marks),
        took_s=answer.took_s,
    )


def _label(manifest: Manifest, name: str) -> Label | None:
    return next((label for label in manifest.labels if label.name == name), None)


def _can_outline(manifest: Manifest, name: str) -> bool:
    label = _label(manifest, name)
    return label is not None and _is_outlined(manifest, label)


def _outline(answer: Answer, name: str, reference: Mask) -> Outline:
    label = _label(answer.manifest, name)
    found = np.zeros_like(reference) if label is None else _mask(answer, label)
    ml = answer.geometry.voxel_volume_ml
    return Outline(
        dice=dice(found, reference),
        volume_ml=round(int(np.count_nonzero(found)) * ml, 4),
        reference_ml=round(int(np.count_nonzero(reference)) * ml, 4),
    )


def _mask(answer: Answer, label: Label) -> Mask:
    if answer.labels_kji is None:
        return np.zeros(answer.geometry.shape_kji, np.bool_)
    table = np.zeros(256, np.bool_)
    table[values_of(label, answer.manifest.labels)] = True
    return np.asarray(table[answer.labels_kji], np.bool_)


def _is_reported(answer: Answer, label: Label, least_score: float | None) -> bool | None:
    """Tell whether the plug-in says that the label is there; None if it cannot say such a thing."""
    least = 0.0 if least_score is None else least_score
    said: list[bool] = []
    if _is_outlined(answer.manifest, label):
        said.append(bool(_mask(answer, label).any()))
    if _is_detected(answer.manifest, label):
        said.append(any(each.score >= least for each in _candidates(answer, label)))
    for record in answer.found:
        if isinstance(record, Classified) and label.name in record.probabilities:
            chosen = label.name in record.chosen
            said.append(chosen if least_score is None else record.probabilities[label.name] >= least_score)
    return any(said) if said else None


def _is_outlined(manifest: Manifest, label: Label) -> bool:
    return any(
        isinstance(stage, SegmentationStage) and label.name in stage.finds for stage in manifest.stages
    )


def _is_detected(manifest: Manifest, label: Label) -> bool:
    return any(isinstance(stage, DetectionStage) and label.name in stage.finds for stage in manifest.stages)


def _candidates(answer: Answer, label: Label) -> list[Candidate]:
    return [
        each
        for record in answer.found
        if isinstance(record, Detections)
        for each in record.candidates
        if each.label == label.name
    ]


def _verdict(answer: Answer, label: Label, marks: Sequence[ReaderMark]) -> Verdict | None:
    if not _is_detected(answer.manifest, label) and not _is_outlined(answer.manifest, label):
        return None
    targets = tuple(
        Target((mark.x_mm, mark.y_mm, mark.z_mm), mark.diameter_mm, counts=mark.counts) for mark in marks
    )
    return judge(Scan(tuple(_marks(answer, label)), targets))


def _marks(answer: Answer, label: Label) -> list[Mark]:
    """Return where the plug-in points: its candidates, or the middle of each part that it outlines."""
    if _is_detected(answer.manifest, label):
        return [Mark(each.centre_lps_mm, each.score) for each in _candidates(answer, label)]
    marks = []
    for part in find_components(_mask(answer, label)):
        middle_kji = np.argwhere(part.mask).mean(axis=0) + np.asarray(part.box_kji[0])
        x, y, z = (float(mm) for mm in answer.geometry.to_lps_mm([middle_kji])[0])
        marks.append(Mark((x, y, z), SCORE_OF_OUTLINES))
    return marks


def judged_to_json(judged: Judged) -> dict[str, Any]:
    """Return what is kept of a case that ran, and what the report says of it."""
    marks = judged.marks
    return {
        "present": judged.present,
        "reported": judged.reported,
        "outlines": {
            label: {"dice": one.dice, "volume_ml": one.volume_ml, "reference_ml": one.reference_ml}
            for label, one in judged.outlines.items()
        },
        "marks": None
        if marks is None
        else {"hits": list(marks.hits), "missed": marks.missed, "wrong": list(marks.wrong)},
        "took_s": judged.took_s,
    }


def judged_from_json(
    case: str, told: Mapping[str, Any] | None, *, groups: Mapping[str, str], fault: str
) -> Judged:
    """Read what `judged_to_json` gave; a case that failed has a fault and nothing else."""
    if told is None:
        return Judged(case=case, groups=dict(groups), fault=fault)
    marks = told["marks"]
    return Judged(
        case=case,
        groups=dict(groups),
        present=told["present"],
        reported=told["reported"],
        outlines={label: Outline(**one) for label, one in told["outlines"].items()},
        marks=None
        if marks is None
        else Verdict(tuple(marks["hits"]), marks["missed"], tuple(marks["wrong"])),
        took_s=told["took_s"],
        fault=fault,
    )
