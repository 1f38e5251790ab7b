"""nnU-Net's predictor on a prepared volume: `python -m tests.parity.predict FOLDER half|float32`.

Reads volume.npy, writes labels_nnunet.npy, prints what it took as JSON. Making the network does not count.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from tests.parity import nnunet


def main(folder: Path, sums: str) -> None:
    """Predict and tell."""
    torch.set_num_threads(2)
    network = nnunet.total_segmentator_shape()
    volume = np.load(folder / "volume.npy")
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    logits = nnunet.predict(
        network, volume, patch=nnunet.PATCH, classes=nnunet.CLASSES, float32_sums=sums == "float32"
    )
    labels = logits.argmax(0).to(torch.uint8).numpy()
    took = {"wall_s": time.perf_counter() - wall_s, "cpu_s": time.process_time() - cpu_s}
    took["peak_mib"] = _peak_mib()
    np.save(folder / "labels_nnunet.npy", labels)
    sys.stdout.write(json.dumps(took) + "\n")


def _peak_mib() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
