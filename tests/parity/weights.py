"""Write the tensors of a checkpoint as PyTorch reads them: `python -m tests.parity.weights CHECKPOINT NPZ`.

Runs in the parity environment only, on checkpoints that this project has written itself.
"""

import sys

import numpy as np
import torch


def main(checkpoint: str, target: str) -> None:
    """Read and write."""
    weights = torch.load(checkpoint, map_location="cpu", weights_only=False)["network_weights"]
    np.savez(target, **{name: value.numpy() for name, value in weights.items()})


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
