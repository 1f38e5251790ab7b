"""A published nodule net, used for evaluation only, finds the mass of a real chest CT through the contract.

The net's licence is not stated: it is read where it lies, and never part of anything that is given out.
"""

import hashlib

import numpy as np
import pytest
from tests.samples import unpack, weights
from tests.unit.engine import nets

from allward_dicom.volume import read_volume
from allward_engine.local import open_models, run_locally
from allward_engine.requests import SegmentRequest
from allward_sdk.geometry import Geometry

MASS_LPS_MM = (-82.3, -191.8, -192.0)
"""Where the visible mass lies, read off the slices; no radiologist's mark."""

HALF_MM = 55.0
"""Half of the cube that is searched, so that the test takes seconds."""


@pytest.fixture(scope="module")
def region(tmp_path_factory):
    """The cube about the mass, moved so that the mass is not in its middle."""
    folder = unpack("chest-ct/CPTAC-LSCC_C3N-00247_CT.tar.xz", tmp_path_factory.mktemp("chest"))
    series = read_volume(sorted(folder.rglob("*.dcm")), min_slices=10)
    grid = series.geometry
    middle = np.asarray(MASS_LPS_MM) + [9.0, -7.0, 11.0]
    corners = grid.to_index_kji([middle - HALF_MM, middle + HALF_MM])
    low = np.clip(np.floor(corners.min(axis=0)), 0, grid.shape_kji).astype(int)
    high = np.clip(np.ceil(corners.max(axis=0)) + 1, 0, grid.shape_kji).astype(int)
    voxels = series.voxels_kji[tuple(slice(a, b) for a, b in zip(low, high, strict=True))].copy()
    affine = grid.index_to_lps_mm.copy()
    affine[:3, 3] = grid.to_lps_mm([low])[0]
    return voxels, Geometry(voxels.shape, affine, grid.frame_of_reference_uid)


def detector(batch: int):
    prepare = [
        {"do": "resample", "spacing_mm": [1.0, 1.0, 1.0], "order": 1},
        {"do": "clip", "low": -1000.0, "high": 400.0},
        {"do": "scale", "factor": 1 / 1400, "offset": 1000 / 1400},
    ]
    outputs = {"spiculation": "spiculation", "risk": "malignancy"}
    return {
        "name": "nodules",
        "operation": "detection_3d",
        "input": {
            "name": "input", "orientation": "SPL", "prepare": prepare, "window": [64, 64, 64], "batch": batch,
        },
        "output": {
            "labels": ["nodule"],
            "decode": {"kind": "dense", "scores": "p_nodule_cadfp_random", "size": "diameter_mm"},
            "overlap": 0.75,
            "threshold": 0.5,
            "suppress": {"by": "distance", "within_mm": 40.0, "join": "mean"},
            "attributes": [{"name": name, "output": output} for name, output in outputs.items()],
        },
    }  # fmt: skip


@pytest.mark.real_data
def test_the_visible_mass_is_ranked_first_near_its_place_and_of_its_size(tmp_path, region):
    graph = weights("lung_nodule_evaluation/model_LUNA_64_v29_14.onnx").read_bytes()
    digest = hashlib.sha256(graph).hexdigest()
    (tmp_path / f"{digest}.onnx").write_bytes(graph)
    models = open_models(tmp_path, device="auto", threads=2)
    voxels, grid = region
    spec = nets.manifest([detector(batch=4)], {"nodules": digest}, ["nodule"])
    request = SegmentRequest(job_id="1", tenant="t", manifest=spec, geometry=grid)
    (found,) = run_locally(request, voxels, models).found
    best = found.candidates[0]
    assert np.linalg.norm(np.asarray(best.centre_lps_mm) - MASS_LPS_MM) < 10
    assert best.score > 0.95
    assert 15 < best.diameter_mm < 30
    assert best.attributes.keys() == {"spiculation", "risk"}
