"""The app on a real chest CT: the visible mass is outlined, measured and told, whoever marks it.

The place of the mass was read off the slices; no radiologist has marked it. The published net is used for
evaluation only and lies outside of the project.
"""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from tests.bench.nodule_detectors import OURS, published_stage
from tests.samples import unpack, weights
from tests.unit.engine import nets
from tests.unit.lung_nodule.chests import lesions, marked, output, said, value

from allward_dicom.volume import SeriesVolume, read_volume
from allward_engine.local import open_models, run_locally
from allward_engine.requests import SegmentRequest
from allward_runner.case import Case, SlotOutput
from allward_runner.run import case_of, slot_output
from allward_sdk.manifest import Manifest, read_manifest
from lung_nodule.logic.app import APP, DETECTOR

MASS_LPS_MM = (-82.3, -191.8, -192.0)


@pytest.fixture(scope="module")
def series(tmp_path_factory):
    folder = unpack("chest-ct/CPTAC-LSCC_C3N-00247_CT.tar.xz", tmp_path_factory.mktemp("chest"))
    return read_volume(sorted(folder.rglob("*.dcm")), min_slices=10)


@pytest.fixture(scope="module")
def case(series) -> Case:
    return case_of(series)


def is_the_mass(finding) -> bool:
    apart_mm = np.linalg.norm(np.subtract(finding.centre_lps_mm, MASS_LPS_MM))
    return bool(apart_mm < 10.0 and 18.0 <= value(finding, "mean_diameter_mm") <= 27.0)


@pytest.mark.real_data
@pytest.mark.parametrize("beside_mm", [(0.0, 0.0, 0.0), (5.0, -3.0, 3.0), (-4.0, 4.0, -3.0)])
@pytest.mark.parametrize("size_mm", [None, 16.0, 22.0, 30.0])
def test_a_mark_in_the_mass_is_measured_as_the_mass(case, beside_mm, size_mm):
    at = np.add(MASS_LPS_MM, beside_mm)
    result = APP.assess(case, {DETECTOR: output([marked(at, size_mm=size_mm)])})
    (finding,) = lesions(result)
    assert is_the_mass(finding)
    assert said(finding, "kind") == "solid"
    assert said(finding, "side") == "right"


@pytest.mark.real_data
def test_a_click_into_the_mass_outlines_it(case):
    outline = APP.outline_at(case, MASS_LPS_MM)
    finding, _ = APP.finding_of(case, outline, value=1, like=None)
    assert is_the_mass(finding)
    assert said(finding, "side") == "right"


@pytest.mark.real_data
def test_the_series_is_described_as_it_is(case):
    result = APP.assess(case, {DETECTOR: output()})
    words = " ".join(result.reasons)
    assert "Slices of 3 mm" in words
    assert "Sharp kernel (B70f)" in words
    assert "With contrast medium" in words
    assert "cut off" not in words


@pytest.mark.real_data
def test_among_all_that_the_shipped_detector_marks_the_mass_is_ranked_first(tmp_path, series, case):
    manifest = read_manifest(OURS / "plugin.toml")
    (model,) = manifest.models.values()
    result = APP.assess(
        case, {DETECTOR: _marks(tmp_path, series, manifest, (OURS / model.file).read_bytes())}
    )
    assert is_the_mass(lesions(result)[0])


@pytest.mark.real_data
def test_among_all_that_a_published_net_marks_the_mass_is_ranked_first(tmp_path, series, case):
    graph = weights("lung_nodule_evaluation/model_LUNA_64_v29_14.onnx").read_bytes()
    stage = published_stage()
    stage["output"] = {**stage["output"], "threshold": 0.1}
    resources = {"device_memory_mib": 0, "memory_mib": 4000, "timeout_s": 3600}
    digest = hashlib.sha256(graph).hexdigest()
    manifest = nets.manifest([stage], {"nodules": digest}, ["nodule"], resources=resources)
    assert is_the_mass(lesions(APP.assess(case, {DETECTOR: _marks(tmp_path, series, manifest, graph)}))[0])


def _marks(folder: Path, series: SeriesVolume, manifest: Manifest, graph: bytes) -> SlotOutput:
    digest = hashlib.sha256(graph).hexdigest()
    (folder / f"{digest}.onnx").write_bytes(graph)
    models = open_models(folder, device="cpu", threads=2)
    request = SegmentRequest(job_id="1", tenant="t", manifest=manifest, geometry=series.geometry)
    return slot_output(manifest, digest, run_locally(request, series.voxels_kji, models))
