"""Our arm of the section `segmentation`: `python -m tests.bench.segmentation_alone FOLDER [DEVICE]`.

Reads volume.npy and model.onnx, writes labels_ours.npy, prints what it took as JSON.
"""

import hashlib
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from allward_engine.device import choose_runtime
from allward_engine.grids import FloatImage
from allward_engine.local import run_locally
from allward_engine.memory import peak_resident_mib
from allward_engine.requests import SegmentRequest
from allward_engine.residency import Models
from allward_engine.sessions import ModelSpec, Output, Runtime, Session
from tests.unit.engine.graphs import geometry, manifest, stage

PATCH, CLASSES = (112, 112, 128), 118


@dataclass
class Clock:
    """Wall and processor seconds that something took in all."""

    wall_s: float = 0.0
    cpu_s: float = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count what happens inside."""
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        yield
        self.wall_s += time.perf_counter() - wall_s
        self.cpu_s += time.process_time() - cpu_s


class TimedModels(Models):
    """Models that note what loading and running them took."""

    def __init__(self, folder: Path, runtime: Runtime, *, budget_mib: float) -> None:
        super().__init__(folder, runtime, budget_mib=budget_mib)
        self.loading, self.running = Clock(), Clock()

    def get(self, spec: ModelSpec) -> Session:
        """Return a model; see `Models.get`."""
        with self.loading.running():
            session = super().get(spec)
        return _TimedSession(session, self.running)


class _TimedSession:
    def __init__(self, session: Session, clock: Clock) -> None:
        self._session, self._clock = session, clock
        self.device = session.device

    def run(self, tensor: FloatImage) -> Output:
        with self._clock.running():
            return self._session.run(tensor)

    def release(self) -> None:
        self._session.release()


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
    models = TimedModels(folder, choose_runtime(device, threads=2), budget_mib=4000)
    whole = Clock()
    with whole.running():
        result = run_locally(request, image, models)
    took = {
        "wall_s": whole.wall_s - models.loading.wall_s,
        "cpu_s": whole.cpu_s - models.loading.cpu_s,
        "model_cpu_s": models.running.cpu_s,
        "load_s": models.loading.wall_s,
        "peak_mib": peak_resident_mib(),
        "device": result.device,
    }
    np.save(folder / "labels_ours.npy", result.labels_kji)
    sys.stdout.write(json.dumps(took) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "cpu")
