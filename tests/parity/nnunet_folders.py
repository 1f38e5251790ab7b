"""Folders of models as nnU-Net trains them, with random weights: `python -m tests.parity.nnunet_folders DIR`.

Runs in the parity environment only; nnU-Net's own classes and `torch.save` write what an importer reads.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from nnunetv2.utilities.get_network_from_plans import get_network_from_plans

STAGES: dict[str, Any] = {
    "n_stages": 4,
    "features_per_stage": [8, 16, 24, 24],
    "conv_op": "torch.nn.modules.conv.Conv3d",
    "kernel_sizes": [[1, 3, 3], [3, 3, 3], [3, 3, 3], [3, 3, 3]],
    "strides": [[1, 1, 1], [1, 2, 2], [2, 2, 2], [2, 2, 1]],
    "n_conv_per_stage_decoder": [1, 1, 2],
    "conv_bias": True,
    "norm_op": "torch.nn.modules.instancenorm.InstanceNorm3d",
    "norm_op_kwargs": {"eps": 1e-05, "affine": True},
    "dropout_op": None,
    "dropout_op_kwargs": None,
    "nonlin": "torch.nn.LeakyReLU",
    "nonlin_kwargs": {"inplace": True},
}
NETS = "dynamic_network_architectures.architectures.unet"
RESAMPLING = {"is_seg": False, "order_z": 0, "force_separate_z": None}
CT = {"percentile_00_5": -800.0, "percentile_99_5": 900.0, "mean": -120.5, "std": 310.25}

FOLDERS: dict[str, dict[str, Any]] = {
    "plain": {"net": "PlainConvUNet", "folds": (0, 1), "mirror": (0, 1, 2)},
    "turned": {"net": "PlainConvUNet", "transpose": [2, 0, 1], "spacing": [1.0, 2.5, 1.5], "mirror": (0,)},
    "residual": {"net": "ResidualEncoderUNet", "norm": "ZScoreNormalization", "spacing": [4.0, 0.8, 0.9]},
    "older": {"net": "PlainConvUNet", "older": True, "norm": "ZScoreNormalization", "masked": True},
}
"""Name -> what differs from the others."""

LABELS = ("liver", "spleen", "liver tumour", "something else")
TASK = {"net": "PlainConvUNet", "reader": "NibabelIOWithReorient", "spacing": [1.5] * 3, "mirror": (0, 1, 2)}
PARTS: dict[str, dict[str, Any]] = {
    "Dataset850_part1/nnUNetTrainer__nnUNetPlans__3d_fullres": {**TASK, "norm": "ZScoreNormalization"},
    "Dataset851_part2/nnUNetTrainer__nnUNetPlans__3d_fullres": {
        **TASK,
        "norm": "ZScoreNormalization",
        "labels": ("aorta", "spleen", "heart", "colon"),
        "seed": 9,
    },
}
"""Folders as TotalSegmentator lays them, of a task with two parts."""


def architecture(kind: str) -> dict[str, Any]:
    """Return a net as plans describe it."""
    blocks = {"PlainConvUNet": "n_conv_per_stage", "ResidualEncoderUNet": "n_blocks_per_stage"}[kind]
    return {
        "network_class_name": f"{NETS}.{kind}",
        "arch_kwargs": {**STAGES, blocks: [2, 2, 2, 1]},
        "_kw_requires_import": ["conv_op", "norm_op", "dropout_op", "nonlin"],
    }


def older_architecture() -> dict[str, Any]:
    """Return the same kind of net as plans of nnU-Net 2.0 to 2.3 describe it."""
    return {
        "UNet_class_name": "PlainConvUNet",
        "UNet_base_num_features": 8,
        "unet_max_num_features": 24,
        "n_conv_per_stage_encoder": [2, 2, 2, 1],
        "n_conv_per_stage_decoder": [1, 1, 2],
        "num_pool_per_axis": [2, 3, 2],
        "pool_op_kernel_sizes": STAGES["strides"],
        "conv_kernel_sizes": STAGES["kernel_sizes"],
    }


def plans_of(which: dict[str, Any]) -> dict[str, Any]:
    """Return plans.json."""
    net = older_architecture() if which.get("older") else {"architecture": architecture(which["net"])}
    forward = which.get("transpose", [0, 1, 2])
    return {
        "dataset_name": "Dataset001_Random",
        "plans_name": "nnUNetPlans",
        "transpose_forward": forward,
        "transpose_backward": [int(n) for n in np.argsort(forward)],
        "image_reader_writer": which.get("reader", "SimpleITKIO"),
        "label_manager": "LabelManager",
        "foreground_intensity_properties_per_channel": {"0": CT},
        "configurations": {
            "3d_fullres": {
                "data_identifier": "nnUNetPlans_3d_fullres",
                "preprocessor_name": "DefaultPreprocessor",
                "batch_size": 2,
                "patch_size": [16, 32, 24],
                "spacing": which.get("spacing", [2.0, 1.5, 1.5]),
                "normalization_schemes": [which.get("norm", "CTNormalization")],
                "use_mask_for_norm": [which.get("masked", False)],
                "resampling_fn_data": "resample_data_or_seg_to_shape",
                "resampling_fn_seg": "resample_data_or_seg_to_shape",
                "resampling_fn_data_kwargs": {**RESAMPLING, "order": 3},
                "resampling_fn_seg_kwargs": {**RESAMPLING, "is_seg": True, "order": 1},
                "resampling_fn_probabilities": "resample_data_or_seg_to_shape",
                "resampling_fn_probabilities_kwargs": {**RESAMPLING, "order": 1},
                **net,
            }
        },
    }


def write(folder: Path, which: dict[str, Any]) -> None:
    """Write one model folder."""
    folder.mkdir(parents=True)
    plans = plans_of(which)
    dataset = {
        "channel_names": {"0": "CT" if which.get("norm") is None else "T2"},
        "labels": {"background": 0, **{name: n for n, name in enumerate(which.get("labels", LABELS), 1)}},
        "file_ending": ".nii.gz",
        "licence": "CC-BY-4.0",
    }
    (folder / "plans.json").write_text(json.dumps(plans))
    (folder / "dataset.json").write_text(json.dumps(dataset))
    net = architecture(which["net"])
    for fold in which.get("folds", (0,)):
        torch.manual_seed(fold + which.get("seed", 3))
        network = get_network_from_plans(
            net["network_class_name"], net["arch_kwargs"], net["_kw_requires_import"], 1, 5, True, True
        )
        for name, parameter in network.named_parameters():
            centre = 1.0 if "norm.weight" in name or "all_modules.1.weight" in name else 0.0
            torch.nn.init.normal_(parameter, mean=centre, std=0.1)
        torch.nn.init.normal_(network.decoder.seg_layers[-1].weight)
        torch.nn.init.zeros_(network.decoder.seg_layers[-1].bias)
        optimizer = torch.optim.SGD(network.parameters(), 0.01, momentum=0.99, nesterov=True)
        checkpoint = {
            "network_weights": network.state_dict(),
            "optimizer_state": optimizer.state_dict(),
            "grad_scaler_state": None,
            "logging": {"mean_fg_dice": [np.float64(0.5)], "lrs": [np.float32(0.01), 0.009]},
            "_best_ema": np.float64(0.75),
            "current_epoch": 1000,
            "init_args": {
                "plans": plans, "configuration": "3d_fullres", "fold": fold, "dataset_json": dataset,
                "device": torch.device("cuda"),
            },
            "trainer_name": "nnUNetTrainer",
            "inference_allowed_mirroring_axes": which.get("mirror"),
        }  # fmt: skip
        (folder / f"fold_{fold}").mkdir()
        torch.save(checkpoint, folder / f"fold_{fold}" / "checkpoint_final.pth")


def main(folder: Path) -> None:
    """Write every folder."""
    for name, which in {**FOLDERS, **PARTS}.items():
        write(folder / name, which)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
