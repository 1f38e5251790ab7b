"""Write tests/unit/importers/golden/nets.npz: what PyTorch's nets return, for weights that numpy makes.

Run by `make parity` in the parity environment; needs the repository's root as working directory. Of each net
the file holds the shapes of its weights and some of the logits of one window; weights and window come from
`random_weights`.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from monai.networks import nets as monai_nets
from nnunetv2.utilities.get_network_from_plans import get_network_from_plans
from tests.parity.nnunet_folders import NETS, STAGES
from tests.unit.importers.monai_options import OPTIONS
from tests.unit.importers.monai_options import WINDOW as OPTIONS_WINDOW
from tests.unit.importers.random_weights import random_weights, random_window, some

GOLDEN = Path("tests/unit/importers/golden/nets.npz")
WINDOW = (8, 16, 8)
CLASSES = 3
SMALL: dict[str, Any] = {
    **STAGES,
    "n_stages": 3,
    "features_per_stage": [4, 6, 8],
    "kernel_sizes": STAGES["kernel_sizes"][:3],
    "strides": STAGES["strides"][:3],
    "n_conv_per_stage_decoder": [1, 2],
}
NNUNET: dict[str, tuple[str, dict[str, Any]]] = {
    "plain": ("PlainConvUNet", {"n_conv_per_stage": [2, 1, 2]}),
    "plain_batch": (
        "PlainConvUNet",
        {
            "n_conv_per_stage": [2, 1, 2],
            "norm_op": "torch.nn.modules.batchnorm.BatchNorm3d",
            "nonlin": "torch.nn.ReLU",
            "conv_bias": False,
        },
    ),
    "residual": ("ResidualEncoderUNet", {"n_blocks_per_stage": [1, 2, 2]}),
}


def nets() -> dict[str, torch.nn.Module]:
    """Return every net."""
    found: dict[str, torch.nn.Module] = {}
    for name, (kind, more) in NNUNET.items():
        found[name] = get_network_from_plans(
            f"{NETS}.{kind}", {**SMALL, **more}, ["conv_op", "norm_op", "nonlin"], 1, CLASSES, False, False
        )
    for name, options in OPTIONS.items():
        arguments = {key: value for key, value in options.items() if key != "_target_"}
        found[name] = getattr(monai_nets, options["_target_"])(**arguments)
    return found


def main() -> None:
    """Compute and write everything."""
    found: dict[str, np.ndarray] = {}
    for name, net in nets().items():
        state = {key: value for key, value in net.state_dict().items() if not key.startswith("skip_layers.")}
        shapes = {key: list(value.shape) for key, value in state.items()}
        weights = {key: torch.from_numpy(value) for key, value in random_weights(shapes).items()}
        net.load_state_dict(weights, strict=not name.startswith("dynunet"))  # its layers stand there twice
        with torch.inference_mode():
            window = random_window(OPTIONS_WINDOW if name in OPTIONS else WINDOW)
            logits = net.eval()(torch.from_numpy(window))
        found[f"shapes_{name}"] = np.asarray(json.dumps(shapes))
        found[f"logits_{name}"] = some(logits.numpy())
    GOLDEN.parent.mkdir(exist_ok=True)
    np.savez_compressed(GOLDEN, **found)


if __name__ == "__main__":
    main()
