"""nnU-Net's default way back to the original grid: `python -m tests.parity.back CLASSES`.

Resamples so many classes of 150 x 137 x 137 to 300 x 512 x 512 and prints the processor seconds as JSON.
"""

import json
import sys
import time

import numpy as np
from tests.parity import nnunet


def main(classes: int) -> None:
    """Resample and tell."""
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(classes, 150, 137, 137)).astype(np.float32)
    cpu_s = time.process_time()
    for one in logits:
        nnunet.resampled(one, (300, 512, 512), order=1)
    sys.stdout.write(json.dumps({"cpu_s": time.process_time() - cpu_s}) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
