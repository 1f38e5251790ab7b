"""nnU-Net's own predictor on one image; run as a program by an interpreter that has nnunetv2.

Its argument is a folder with `task.json` (`model`, `folds`, `checkpoint`, `mirror`, `spacing_mm`),
`image.npy`, float32 in the axes (z, y, x) of nnU-Net's readers, and `window.npy`, one window alike. It writes
`labels.npy`, `logits.npy` (each fold's answer to the window) and `versions.json`. Checkpoints are loaded with
weights only. Logits are summed in float32, not in 16 bit as is nnU-Net's default, since the rounding of the
latter is larger than any difference that could be found.
"""

import json
import sys
from pathlib import Path
from typing import Any

import nnunetv2
import nnunetv2.inference.predict_from_raw_data as predicting
import numpy as np
import torch
from nnunetv2.utilities.get_network_from_plans import get_network_from_plans
from nnunetv2.utilities.label_handling.label_handling import determine_num_input_channels
from nnunetv2.utilities.plans_handling.plans_handler import PlansManager

NUMPY_NAMES = (
    np.dtype,
    np.float64,
    np.float32,
    *(type(np.dtype(t)) for t in (np.float64, np.float32, np.int64)),
)
"""What checkpoints of nnU-Net hold besides tensors."""


class Float32Sums:
    """`torch` as nnU-Net's predictor sees it, but with float32 where it sums logits in 16 bit."""

    def __getattr__(self, name: str) -> Any:
        return torch.float32 if name == "half" else getattr(torch, name)


def load(path: Path) -> Any:
    """Load a checkpoint with weights only."""
    multiarray = sys.modules.get("numpy._core.multiarray") or sys.modules["numpy.core.multiarray"]
    scalar = multiarray.scalar
    names = [*NUMPY_NAMES, scalar, (scalar, "numpy.core.multiarray.scalar")]
    with torch.serialization.safe_globals(names):
        return torch.load(path, map_location="cpu", weights_only=True)


def predictor_of(task: dict[str, Any]) -> Any:
    """Return nnU-Net's predictor with the model of a task."""
    folder = Path(task["model"])
    dataset = json.loads((folder / "dataset.json").read_text())
    plans = PlansManager(json.loads((folder / "plans.json").read_text()))
    checkpoints = [load(folder / f"fold_{fold}" / task["checkpoint"]) for fold in task["folds"]]
    first = checkpoints[0]
    configuration = plans.get_configuration(first["init_args"]["configuration"])
    network = get_network_from_plans(
        configuration.network_arch_class_name,
        configuration.network_arch_init_kwargs,
        configuration.network_arch_init_kwargs_req_import,
        determine_num_input_channels(plans, configuration, dataset),
        plans.get_label_manager(dataset).num_segmentation_heads,
        allow_init=False,
        deep_supervision=False,
    )
    predictor = predicting.nnUNetPredictor(
        perform_everything_on_device=False, device=torch.device("cpu"), allow_tqdm=False
    )
    weights = [checkpoint["network_weights"] for checkpoint in checkpoints]
    mirror = first.get("inference_allowed_mirroring_axes") if task.get("mirror", True) else None
    predictor.manual_initialization(
        network, plans, configuration, weights, dataset, first["trainer_name"], mirror
    )
    return predictor


def main(folder: Path) -> None:
    """Predict and write."""
    task = json.loads((folder / "task.json").read_text())
    predicting.torch = Float32Sums()
    predictor = predictor_of(task)
    image = np.load(folder / "image.npy")
    labels = predictor.predict_single_npy_array(image[None], {"spacing": task["spacing_mm"]})
    np.save(folder / "labels.npy", np.asarray(labels).astype(np.uint8))
    forward, backward = predictor.plans_manager.transpose_forward, predictor.plans_manager.transpose_backward
    window = np.load(folder / "window.npy").transpose(0, 1, *(2 + axis for axis in forward))
    logits = []
    with torch.inference_mode():
        for weights in predictor.list_of_parameters:
            predictor.network.load_state_dict(weights)
            predictor.network.eval()
            answer = predictor.network(torch.from_numpy(np.ascontiguousarray(window))).numpy()
            logits.append(answer.transpose(0, 1, *(2 + axis for axis in backward)))
    np.save(folder / "logits.npy", np.stack(logits))
    (folder / "versions.json").write_text(json.dumps(versions()))


def versions() -> dict[str, str]:
    """Return what computed this."""
    from importlib.metadata import version

    assert nnunetv2
    return {"nnunetv2": version("nnunetv2"), "torch": str(torch.__version__)}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
