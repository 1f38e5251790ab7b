"""A model folder of nnU-Net, made without it: the plans as it writes them, weights from numpy's generator."""

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
from tests.unit.importers import checkpoints as made
from tests.unit.importers.random_weights import random_weights

GOLDEN = np.load(Path(__file__).with_name("golden") / "nets.npz")
RESAMPLING = {"is_seg": False, "order_z": 0, "force_separate_z": None}
CONFIGURATION: dict[str, Any] = {
    "patch_size": [8, 16, 8],
    "spacing": [2.0, 1.5, 1.5],
    "normalization_schemes": ["CTNormalization"],
    "use_mask_for_norm": [False],
    "resampling_fn_data": "resample_data_or_seg_to_shape",
    "resampling_fn_data_kwargs": {**RESAMPLING, "order": 3},
    "resampling_fn_probabilities": "resample_data_or_seg_to_shape",
    "resampling_fn_probabilities_kwargs": {**RESAMPLING, "order": 1},
    "architecture": {
        "network_class_name": "dynamic_network_architectures.architectures.unet.PlainConvUNet",
        "arch_kwargs": {
            "n_stages": 3,
            "features_per_stage": [4, 6, 8],
            "conv_op": "torch.nn.modules.conv.Conv3d",
            "kernel_sizes": [[1, 3, 3], [3, 3, 3], [3, 3, 3]],
            "strides": [[1, 1, 1], [1, 2, 2], [2, 2, 2]],
            "n_conv_per_stage": [2, 1, 2],
            "n_conv_per_stage_decoder": [1, 2],
            "norm_op": "torch.nn.modules.instancenorm.InstanceNorm3d",
            "norm_op_kwargs": {"eps": 1e-05, "affine": True},
            "nonlin": "torch.nn.LeakyReLU",
            "nonlin_kwargs": {"inplace": True},
        },
    },
}
PLANS: dict[str, Any] = {
    "dataset_name": "Dataset007_Small",
    "transpose_forward": [0, 1, 2],
    "image_reader_writer": "NibabelIOWithReorient",
    "foreground_intensity_properties_per_channel": {
        "0": {"percentile_00_5": -100.0, "percentile_99_5": 300.0, "mean": 50.0, "std": 0.0}
    },
    "configurations": {"3d_fullres": CONFIGURATION},
}
DATASET: dict[str, Any] = {
    "channel_names": {"0": "CT"},
    "labels": {"background": 0, "spleen": 1, "blob": 2},
}


def changed(data: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return a copy where each dotted path has another value."""
    whole = copy.deepcopy(data)
    for path, value in changes.items():
        *outer, last = path.split("/")
        part = whole
        for key in outer:
            part = part[key]
        part[last] = value
    return whole


def write(
    folder: Path, *, plans=None, dataset=None, folds=("0",), mirror=(), configuration="3d_fullres"
) -> Path:
    folder.mkdir(parents=True)
    (folder / "plans.json").write_text(json.dumps(changed(PLANS, plans or {})))
    (folder / "dataset.json").write_text(json.dumps(changed(DATASET, dataset or {})))
    arrays = random_weights(json.loads(str(GOLDEN["shapes_plain"])))
    storages = {str(n): values.tobytes() for n, values in enumerate(arrays.values())}
    weights = {name: made.array(str(n), values) for n, (name, values) in enumerate(arrays.items())}
    value = made.mapping(
        {
            "network_weights": made.mapping(weights),
            "init_args": made.mapping({"configuration": made.text(configuration)}),
            "trainer_name": made.text("nnUNetTrainer"),
            "inference_allowed_mirroring_axes": made.numbers(mirror) if mirror else b"N",
        }
    )
    for fold in folds:
        (folder / f"fold_{fold}").mkdir()
        made.write_zip(folder / f"fold_{fold}" / "checkpoint_final.pth", made.whole(value), storages)
    return folder
