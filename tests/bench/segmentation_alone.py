"""Our arm of the section `segmentation`: `python -m tests.bench.segmentation_alone FOLDER [DEVICE]`.

Reads volume.npy and model.onnx, writes labels_ours.npy, prints what it took as JSON.
"""

import hashlib
import json
import resource
import sys
import time
from pathlib import Path

import numpy as np

from allward_engine.local import open_models, run_locally
from allward_engine.requests import SegmentRequest
from allward_engine.residency import Models
from allward_engine.sessions import ModelSpec, Session
from tests.unit.engine.graphs import geometry, manifest, stage

PATCH, CLASSES = (112, 112, 128), 118


class TimedLoading:
    """Hands out models and notes what loading them took."""

    def __init__(self, models: Models) -> None:
        self.models = models
        self.runtime = models.runtime
        self.wall_s = self.cpu_s = 0.0

    def get(self, spec: ModelSpec) -> Session:
        """Return a model; see `Models.get`."""
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        session = self.models.get(spec)
        self.wall_s += time.perf_counter() - wall_s
        self.cpu_s += time.process_time() - cpu_s
        return session

    def rest(self) -> None:
        """Let the model rest; see `Models.rest`."""
        self.models.rest()


def main(folder: Path, device: str) -> None:
    """Segment and tell."""
    path = folder / "model.onnx"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / f"{digest}.onnx").unlink(missing_ok=True)
    (folder / f"{digest}.onnx").hardlink_to(path)
    image = np.load(folder / "volume.npy")
    made = stage(
        "organs",
        window=PATCH,
        labels=[f"label{n}" for n in range(1, CLASSES)],
        threshold=None,
        orientation="SPL",
        layout="nnunet",
        blend="nnunet_gaussian",
        overlap=0.5,
        activate="blended",
        finish_on="series",
    )
    resources = {"device_memory_mib": 0, "memory_mib": 4000, "timeout_s": 3600}
    request = SegmentRequest(
        job_id="bench",
        tenant="bench",
        manifest=manifest([made], {"organs": digest}, resources=resources),
        geometry=geometry(image.shape, spacing=(3.0, 3.0, 3.0)),
    )
    models = TimedLoading(open_models(folder, device=device, threads=2))
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    result = run_locally(request, image, models)
    took = {
        "wall_s": time.perf_counter() - wall_s - models.wall_s,
        "cpu_s": time.process_time() - cpu_s - models.cpu_s,
        "load_s": models.wall_s,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "device": result.device,
    }
    np.save(folder / "labels_ours.npy", result.labels_kji)
    sys.stdout.write(json.dumps(took) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "cpu")
