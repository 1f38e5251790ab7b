"""Our arm of the section `labels_back`: `python -m tests.bench.labels_back_alone FOLDER`.

Reads features.npy (slice, row, column, feature), head.npz; writes labels.npy on 300 x 512 x 512; prints JSON.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

from allward_engine.grids import Grid
from allward_engine.memory import peak_resident_mib
from allward_engine.operations.labels import Decision, LabelWriter
from allward_engine.sessions import Head

SERIES = (300, 512, 512)


def main(folder: Path) -> None:
    """Write labels and tell."""
    stored = np.load(folder / "features.npy", mmap_mode="r")
    saved = np.load(folder / "head.npz")
    head = Head(saved["weights"], saved["bias"])
    a, b, c, features = stored.shape
    grid = Grid(shape=SERIES).resampled((a, b, c), "half_pixel")
    labels = np.zeros(SERIES, np.uint8)
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    decision = Decision(None, tuple(range(1, len(head.bias))), head)
    writer = LabelWriter(labels, grid, decision, None)
    for n in range(a):
        writer.write(n, np.array(stored[n]).reshape(-1, features))
    took: dict[str, float | None] = {
        "wall_s": time.perf_counter() - wall_s,
        "cpu_s": time.process_time() - cpu_s,
    }
    took["peak_mib"] = peak_resident_mib()
    np.save(folder / "labels.npy", labels)
    sys.stdout.write(json.dumps(took) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
