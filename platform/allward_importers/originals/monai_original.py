"""MONAI's own transforms, net and windows on one image; run as a program by an interpreter that has monai.

Its argument is a folder with `task.json` (`weights`, `net`, `inferer`, `before`, `after`, `orientation`,
`spacing_mm`), `image.npy` and `window.npy`, both float32 in the axes of the net. It writes `labels.npy`,
`logits.npy` and `versions.json`. Weights are loaded with weights only; nothing of a configuration is run.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import monai.inferers
import monai.networks.nets
import monai.transforms
import numpy as np
import torch
from monai.data import MetaTensor

BEFORE = ("Orientationd", "Spacingd", "ScaleIntensityRanged", "NormalizeIntensityd", "CropForegroundd")
AFTER = ("Activationsd", "AsDiscreted", "KeepLargestConnectedComponentd")
INNER = ("model", "state_dict", "net", "network")
SIGNS = {"R": (0, 1), "L": (0, -1), "A": (1, 1), "P": (1, -1), "S": (2, 1), "I": (2, -1)}


def affine_of(orientation: str, spacing_mm: list[float]) -> torch.Tensor:
    """Return the affine, in RAS, of an image whose axes grow to `orientation`."""
    affine = torch.eye(4, dtype=torch.float64)
    affine[:3, :3] = 0
    for axis, (letter, mm) in enumerate(zip(orientation, spacing_mm, strict=True)):
        row, sign = SIGNS[letter]
        affine[row, axis] = sign * mm
    return affine


def transforms(steps: list[dict[str, Any]], known: tuple[str, ...], key: str) -> list[Any]:
    """Return MONAI's dictionary transforms of those steps that are known, on one key."""
    found = []
    for step in steps:
        name = step["_target_"].rpartition(".")[2]
        name = name if name in known else f"{name}d"
        if name in known and step.get("_disabled_") not in (True, "true"):
            options = {k: v for k, v in step.items() if not k.startswith("_") and k not in ("keys", "name")}
            if "source_key" in options:
                options["source_key"] = key
            found.append(getattr(monai.transforms, name)(keys=key, **options))
    return found


def network(task: dict[str, Any]) -> torch.nn.Module:
    """Return the net with its weights."""
    options = {key: value for key, value in task["net"].items() if not key.startswith("_")}
    net: torch.nn.Module = getattr(monai.networks.nets, task["net"]["_target_"].rpartition(".")[2])(**options)
    weights = torch.load(task["weights"], map_location="cpu", weights_only=True)
    for key in INNER:
        if isinstance(weights.get(key), dict):
            weights = weights[key]
    net.load_state_dict(weights)
    return net.eval()


def main(folder: Path) -> None:
    """Predict and write."""
    task = json.loads((folder / "task.json").read_text())
    net = network(task)
    image = torch.from_numpy(np.load(folder / "image.npy"))[None]
    before = monai.transforms.Compose(transforms(task["before"], BEFORE, "image"))
    data = before({"image": MetaTensor(image, affine=affine_of(task["orientation"], task["spacing_mm"]))})
    options = {key: value for key, value in task["inferer"].items() if not key.startswith("_")}
    inferer = monai.inferers.SlidingWindowInferer(**{**options, "sw_batch_size": 1})
    steps = transforms(task["after"], AFTER, "pred")
    invert = monai.transforms.Invertd(
        keys="pred", transform=before, orig_keys="image", nearest_interp=False, to_tensor=True
    )
    activated = [step for step in steps if isinstance(step, monai.transforms.Activationsd)]
    rest = [step for step in steps if step not in activated]
    with torch.inference_mode():
        data["pred"] = inferer(data["image"][None], net)[0]
        data = monai.transforms.Compose([*activated, invert, *rest])(data)
        logits = net(torch.from_numpy(np.load(folder / "window.npy"))).numpy()
    np.save(folder / "labels.npy", data["pred"].numpy()[0].astype(np.uint8))
    np.save(folder / "logits.npy", logits[None])
    versions = {"monai": version("monai"), "torch": str(torch.__version__)}
    (folder / "versions.json").write_text(json.dumps(versions))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
