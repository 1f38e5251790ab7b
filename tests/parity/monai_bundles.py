"""Bundles with random weights that PyTorch has written: `python -m tests.parity.monai_bundles DIR`.

Runs in the parity environment only.
"""

import sys
from pathlib import Path

import torch
from monai.networks import nets
from tests.unit.importers.monai_bundle_folder import configs, write

BUNDLES = ("unet", "dynunet", "segresnet", "sigmoid")


def main(folder: Path) -> None:
    """Write every bundle."""
    for number, name in enumerate(BUNDLES):
        metadata, inference = configs(name)
        write(folder / name, metadata, inference)
        options = {key: value for key, value in inference["network_def"].items() if key != "_target_"}
        torch.manual_seed(number)
        net = getattr(nets, inference["network_def"]["_target_"])(**options)
        for parameter_name, parameter in net.named_parameters():
            is_scale = parameter.ndim == 1 and parameter_name.endswith("weight")
            torch.nn.init.normal_(parameter, mean=1.0 if is_scale else 0.0, std=0.2)
        torch.save(net.state_dict(), folder / name / "models" / "model.pt")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
