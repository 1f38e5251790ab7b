"""Write tests/unit/engine/golden/monai.npz: what MONAI computes around a net, small enough to be kept.

Run by `make parity` in the parity environment; needs the repository's root as working directory.
"""

import json
from pathlib import Path

import numpy as np
import torch
from monai.data import MetaTensor
from monai.data.utils import compute_importance_map, dense_patch_slices
from monai.inferers.utils import _get_scan_interval
from monai.transforms import Spacing

GOLDEN = Path("tests/unit/engine/golden/monai.npz")
SPACINGS = {"down": (1.5, 2.0, 1.25), "up": (0.6, 0.7, 0.9), "mixed": (0.75, 1.5, 1.3)}
OLD_MM = (1.0, 0.8, 1.3)


def main() -> None:
    """Compute and write everything."""
    cases = [
        (image, patch, overlap)
        for image in (14, 15, 33, 100, 137, 201)
        for patch in (8, 13, 14)
        for overlap in (0.0, 0.25, 0.5, 0.625)
    ]
    starts = [(*case, starts_of(*case)) for case in cases]
    shapes = {"12x10x14": (12, 10, 14), "7x8x9": (7, 8, 9), "40x16x5": (40, 16, 5)}
    found = {
        "starts": np.asarray(json.dumps(starts)),
        **{f"weight_{name}": compute_importance_map(s, "gaussian").numpy() for name, s in shapes.items()},
    }
    image = np.random.default_rng(11).normal(scale=400, size=(9, 11, 8)).astype(np.float32)
    found["image"] = image
    for name, spacing in SPACINGS.items():
        volume = MetaTensor(torch.from_numpy(image[None]), affine=torch.diag(torch.tensor([*OLD_MM, 1.0])))
        transform = Spacing(spacing, mode="bilinear")
        done = transform(volume)
        found[f"spaced_{name}"] = done.numpy()[0]
        found[f"back_{name}"] = transform.inverse(done).numpy()[0]
    np.savez_compressed(GOLDEN, **found)


def starts_of(image: int, patch: int, overlap: float) -> list[int]:
    """Return where MONAI's windows begin along one axis."""
    interval = _get_scan_interval((image,), (patch,), 1, (overlap,))
    return [int(one[0].start) for one in dense_patch_slices((image,), (patch,), interval)]


if __name__ == "__main__":
    main()
