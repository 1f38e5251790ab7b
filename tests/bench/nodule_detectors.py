"""The detectors that `lung.py` compares: ours, and a published one that is read for evaluation only."""

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from allward_sdk.manifest import Manifest, read_manifest
from tests.samples import ROOT, weights
from tests.unit.engine import nets

OURS = ROOT / "plugins" / "lung_nodule_ct"
LEAST_SCORE = 0.02
PUBLISHED = "lung_nodule_evaluation/model_LUNA_64_v29_14.onnx"


def detectors(folder: Path) -> Iterator[tuple[str, Manifest, Path]]:
    """Return name, manifest and folder of models of each detector, a model by its digest."""
    ours = _with_all_marks(read_manifest(OURS / "plugin.toml"))
    yield "lung_nodule_ct", ours, laid_out(folder / "ours", [OURS / m.file for m in ours.models.values()])
    graph = weights(PUBLISHED)
    digest = hashlib.sha256(graph.read_bytes()).hexdigest()
    resources = {"device_memory_mib": 0, "memory_mib": 4000, "timeout_s": 3600}
    manifest = nets.manifest([published_stage()], {"nodules": digest}, ["nodule"], resources=resources)
    yield "published net (evaluation only)", manifest, laid_out(folder / "published", [graph])


def published_stage() -> dict[str, Any]:
    """Return how the published net is asked; its preparation is that of the notes beside its weights."""
    prepare = [
        {"do": "crop_to_body", "threshold_hu": -300.0, "opening_voxels": 2},
        {"do": "resample", "spacing_mm": [1.0, 1.0, 1.0], "order": 1},
        {"do": "clip", "low": -1000.0, "high": 400.0},
        {"do": "scale", "factor": 1 / 1400, "offset": 1000 / 1400},
    ]
    return {
        "name": "nodules",
        "operation": "detection_3d",
        "input": {
            "name": "input", "orientation": "SPL", "prepare": prepare, "window": [64, 64, 64], "batch": 4,
        },
        "output": {
            "labels": ["nodule"],
            "decode": {"kind": "dense", "scores": "p_nodule_cadfp_random", "size": "diameter_mm"},
            "overlap": 0.5,
            "threshold": LEAST_SCORE,
            "suppress": {"by": "distance", "within_mm": 24.0, "join": "mean"},
        },
    }  # fmt: skip


def _with_all_marks(manifest: Manifest) -> Manifest:
    """Return the manifest as a curve needs it: also with the marks that a reader is not shown."""
    told = manifest.model_dump(mode="json")
    told["stages"][0]["output"] |= {"threshold": LEAST_SCORE, "most": 400}
    told["parameters"] = []
    return Manifest.model_validate(told)


def laid_out(folder: Path, graphs: list[Path]) -> Path:
    """Lay models into a folder as the engine has them: each under its digest."""
    folder.mkdir(parents=True)
    for graph in graphs:
        shutil.copy(graph, folder / f"{hashlib.sha256(graph.read_bytes()).hexdigest()}.onnx")
    return folder
