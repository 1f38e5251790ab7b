"""The app `lung_nodule` on a chest of 300 x 512 x 512 with twenty nodules: alone, and with our detector.

The processor time of this process is told beside the wall time: on a machine that does something else too,
the wall time says little. A click into the chest is told as well.
"""

import tempfile
import time
from pathlib import Path

import numpy as np

from allward_engine.local import open_models, run_locally
from allward_engine.requests import SegmentRequest
from allward_runner.case import Case, SlotOutput
from allward_runner.run import slot_output
from allward_sdk.found import Candidate, Detections
from allward_sdk.manifest import read_manifest
from lung_nodule.logic.app import APP, DETECTOR
from tests.bench.nodule_detectors import OURS, laid_out
from tests.bench.table import Row, row
from tests.phantoms.chest import ChestScan, Nodule, chest_scan
from tests.unit.engine import nets
from tests.unit.engine.test_nodule_evaluation import detector

SPACING_KJI_MM = (0.75, 0.47, 0.587)
"""On it the phantom has 301 x 511 x 512 voxels."""

ASSESS_GOAL, WHOLE_GOAL, CLICK_GOAL = "<= 15 s on two idle cores", "<= 60 s on two idle cores", "<= 1 s"
NODULES, CLICKS = 20, 10


def nodules() -> list[Nodule]:
    """Return nodules of 4 to 22 mm at places of their own in both lungs."""
    places = [
        (side * 65.0 + x, y, z)
        for side in (-1, 1)
        for z in (-45.0, 0.0, 45.0)
        for x in (-18.0, 18.0)
        for y in (-25.0, 25.0)
    ]
    return [
        Nodule(place, 4.0 + 18.0 * n / NODULES, 30.0 if n % 3 else -600.0)
        for n, place in enumerate(places[:NODULES])
    ]


def _case(made: ChestScan) -> Case:
    context = {"SliceThickness": "0.75", "ConvolutionKernel": "Br40d"}
    return Case(made.volume_hu, made.geometry, "1.2", "1.2.3", "CT", context)


def _output(marked: list[Nodule]) -> SlotOutput:
    candidates = tuple(
        Candidate(
            number=n,
            label="nodule",
            score=1.0 - n / 100.0,
            centre_lps_mm=each.centre_lps_mm,
            size_kji_mm=(each.diameter_mm,) * 3,
        )
        for n, each in enumerate(marked, 1)
    )
    manifest = nets.manifest([detector(batch=1)], {"nodules": "0" * 64}, ["nodule"])
    return SlotOutput(
        manifest, "d" * 64, None, ("nodules",), {}, (Detections(stage="nodules", candidates=candidates),)
    )


def _with_detector(case: Case) -> tuple[float, float, int]:
    """Return seconds of wall and of processor from the voxels to the findings, and the number of marks."""
    manifest = read_manifest(OURS / "plugin.toml")
    (model,) = manifest.models.values()
    with tempfile.TemporaryDirectory(prefix="allward-lung-") as folder:
        models = open_models(laid_out(Path(folder) / "m", [OURS / model.file]), device="auto", threads=2)
        begin, cpu = time.perf_counter(), time.process_time()
        request = SegmentRequest(job_id="1", tenant="bench", manifest=manifest, geometry=case.geometry)
        read = slot_output(manifest, "d" * 64, run_locally(request, case.volume_hu, models))
        APP.assess(case, {DETECTOR: read})
        took = time.perf_counter() - begin, time.process_time() - cpu
    return *took, sum(len(each.candidates) for each in read.found if isinstance(each, Detections))


def measure() -> list[Row]:
    """Measure the app's part of a case, and clicks."""
    drawn = nodules()
    case, outputs = _case(chest_scan(drawn, SPACING_KJI_MM)), {DETECTOR: _output(drawn)}
    wall, processor, found = [], [], 0
    for _ in range(3):
        begin, cpu = time.perf_counter(), time.process_time()
        result = APP.assess(case, outputs)
        wall.append(time.perf_counter() - begin)
        processor.append(time.process_time() - cpu)
        found = sum(finding.segment_value is not None for finding in result.findings)
    whole, whole_processor, marks = _with_detector(case)
    clicks = []
    for nodule in drawn[:CLICKS]:
        begin = time.perf_counter()
        outline = APP.outline_at(case, nodule.centre_lps_mm)
        clicks.append(time.perf_counter() - begin)
        assert outline is not None
        assert np.any(outline.mask)
    shape = " x ".join(str(n) for n in case.geometry.shape_kji)
    return [
        row(f"app without model, {shape}, {found} nodules: wall", wall, unit="s", goal=ASSESS_GOAL),
        row("the same: processor time", processor, unit="s", goal=""),
        row(f"detector that ships ({marks} marks) and app: wall", [whole], unit="s", goal=WHOLE_GOAL),
        row("the same: processor time", [whole_processor], unit="s", goal=""),
        row("click to outline", clicks, unit="s", goal=CLICK_GOAL),
    ]
