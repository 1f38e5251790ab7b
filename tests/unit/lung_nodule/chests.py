"""What the tests of the app ask it about: chests, and what detectors mark in them."""

from collections.abc import Sequence

import numpy as np
from tests.phantoms.chest import ChestScan, Nodule, chest_scan
from tests.unit.engine import nets
from tests.unit.engine.test_nodule_evaluation import detector

from allward_runner.case import Case, SlotOutput
from allward_sdk.found import Candidate, Detections
from allward_sdk.results import CaseResult, Finding
from lung_nodule.logic.app import APP, DETECTOR

CONTEXT = {"SliceThickness": "1.0", "ConvolutionKernel": "Br40d"}

SOLID = Nodule((-70.0, 10.0, 20.0), 12.0)
GLASS = Nodule((70.0, -20.0, -30.0), 16.0, -600.0)
SMALL = Nodule((60.0, 20.0, 40.0), 8.0)
NODULES = (SOLID, GLASS, SMALL)

MANIFEST = nets.manifest([detector(batch=1)], {"nodules": "0" * 64}, ["nodule"])


def case_of(made: ChestScan, context=None, *, modality: str = "CT", series: str = "1.2.3") -> Case:
    return Case(
        made.volume_hu, made.geometry, "1.2", series, modality, CONTEXT if context is None else context
    )


def marked(
    at_lps_mm, *, score: float = 0.9, size_mm: float | None = 12.0, number: int = 1, classes=None
) -> Candidate:
    size = None if size_mm is None else (size_mm,) * 3
    return Candidate(
        number=number,
        label="nodule",
        score=score,
        centre_lps_mm=tuple(float(mm) for mm in at_lps_mm),
        size_kji_mm=size,
        classes=classes or {},
    )


def marks_of(nodules: Sequence[Nodule] = NODULES) -> list[Candidate]:
    return [
        marked(each.centre_lps_mm, score=0.9 - 0.1 * n, size_mm=each.diameter_mm, number=n + 1)
        for n, each in enumerate(nodules)
    ]


def output(candidates: Sequence[Candidate] = (), *, manifest=MANIFEST, labels_kji=None) -> SlotOutput:
    found = Detections.model_construct(kind="detections", stage="nodules", candidates=tuple(candidates))
    return SlotOutput(manifest, "d" * 64, labels_kji, ("nodules",), {"nodules": 1.5}, (found,))


def assess(made: ChestScan, candidates: Sequence[Candidate] = (), *, context=None, **slots) -> CaseResult:
    outputs = {DETECTOR: output(candidates), **slots}
    return APP.assess(case_of(made, context), outputs)


def value(finding: Finding, name: str) -> float | None:
    return next(each.value for each in finding.measurements if each.name == name)


def said(finding: Finding, name: str) -> str | None:
    return next((each.said.en for each in finding.properties if each.name == name), None)


def lesions(result: CaseResult) -> list[Finding]:
    return [each for each in result.findings if each.kind == "lesion"]


def apart_mm(finding: Finding, nodule: Nodule) -> float:
    return float(np.linalg.norm(np.subtract(finding.centre_lps_mm, nodule.centre_lps_mm)))


def coarse_chest(nodules: Sequence[Nodule] = (), **more) -> ChestScan:
    """A chest on a grid that is quick to look at; slices are thick on it."""
    return chest_scan(nodules, (3.0, 2.0, 2.0), **more)
