"""Write tests/unit/engine/golden/nnunet.npz: what nnU-Net computes, small enough to be kept with the tests.

Run by `make parity` in the parity environment; needs the repository's root as working directory.
"""

import json
from pathlib import Path

import numpy as np
import torch
from tests.parity import nnunet

GOLDEN = Path("tests/unit/engine/golden/nnunet.npz")
PATCH = (12, 10, 14)
FEATURES, CLASSES = 3, 9


def main() -> None:
    """Compute and write everything."""
    found: dict[str, np.ndarray] = {}
    found.update(_windows())
    found.update(_resampling())
    found.update(_predictions())
    found.update(_labels_back())
    GOLDEN.parent.mkdir(exist_ok=True)
    np.savez_compressed(GOLDEN, **found)


def _windows() -> dict[str, np.ndarray]:
    cases = [
        (image, patch, step)
        for image in (14, 15, 33, 100, 137, 201, 333, 512)
        for patch in (8, 13, 14)
        for step in (0.5, 0.8, 0.75, 0.3)
        if image >= patch
    ]
    starts = [(*case, nnunet.steps((case[0],), (case[1],), case[2])[0]) for case in cases]
    shapes = {"12x10x14": (12, 10, 14), "7x8x9": (7, 8, 9), "20x16x5": (20, 16, 5)}
    sizes = [
        (shape, old, new, nnunet.new_shape(shape, old, new))
        for shape in ((300, 512, 512), (41, 511, 333), (5, 6, 7))
        for old in ((1.25, 0.78125, 0.78125), (5.0, 0.7, 0.9))
        for new in ((1.5, 1.5, 1.5), (3.0, 3.0, 3.0), (0.8, 1.0, 0.55))
    ]
    return {
        "starts": np.asarray(json.dumps(starts)),
        "sizes": np.asarray(json.dumps(sizes)),
        **{f"weight_{name}": nnunet.weight(shape).astype(np.float16) for name, shape in shapes.items()},
    }


def _resampling() -> dict[str, np.ndarray]:
    image = np.random.default_rng(11).normal(scale=400, size=(7, 9, 8)).astype(np.float32)
    found = {"image": image}
    for name, shape in (
        ("down", (5, 6, 7)),
        ("up", (10, 13, 9)),
        ("mixed", (7, 14, 4)),
        ("flat", (1, 9, 15)),
    ):
        for order in (0, 1, 3):
            found[f"whole_{order}_{name}"] = nnunet.resampled(image, shape, order=order).astype(np.float32)
        for axis in range(3):
            for order_z in (0, 1, 3):
                done = nnunet.resampled(image, shape, order=3, apart=axis, order_z=order_z)
                found[f"apart{axis}_{order_z}_{name}"] = done.astype(np.float32)
    return found


def _predictions() -> dict[str, np.ndarray]:
    """Run a small network with the weights of `folds` in tests/unit/engine/graphs.py."""
    rng = np.random.default_rng(0)
    w = rng.normal(scale=0.4, size=(FEATURES, 1, 3, 3, 3)).astype(np.float32)
    b = rng.normal(size=FEATURES).astype(np.float32)
    head = rng.normal(size=(CLASSES, FEATURES, 1, 1, 1)).astype(np.float32)
    bias = rng.normal(scale=0.3, size=CLASSES).astype(np.float32)

    network = torch.nn.Sequential(
        torch.nn.Conv3d(1, FEATURES, 3, padding=1), torch.nn.ReLU(), torch.nn.Conv3d(FEATURES, CLASSES, 1)
    )
    weights = {"0.weight": w, "0.bias": b, "2.weight": head, "2.bias": bias}
    network.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()})
    found = {}
    for name, shape in (("large", (23, 21, 30)), ("small", (9, 21, 13)), ("slice", (1, 5, 6))):
        volume = np.random.default_rng(5).normal(size=shape).astype(np.float32)
        for mirror in ((), (0, 1, 2)):
            logits = nnunet.predict(
                network, volume, patch=PATCH, classes=CLASSES, mirror=mirror, float32_sums=True
            )
            labels = logits.argmax(0).to(torch.uint8).numpy()
            found[f"labels_{name}_{''.join(map(str, mirror))}"] = labels
        found[f"volume_{name}"] = volume
    return found


def _labels_back() -> dict[str, np.ndarray]:
    """Resample logits and take the largest, as nnU-Net exports; an axis apart is read at the nearest."""
    logits = np.random.default_rng(21).normal(size=(5, 6, 7, 8)).astype(np.float32)
    found = {"logits": logits}
    for name, apart in (("whole", None), ("apart0", 0), ("apart2", 2)):
        done = [nnunet.resampled(one, (15, 16, 21), order=1, apart=apart) for one in logits]
        found[f"back_{name}"] = np.stack(done).argmax(axis=0).astype(np.uint8)
    return found


if __name__ == "__main__":
    main()
