"""Bundles as MONAI's model zoo has them: metadata and inference configuration, without weights."""

import copy
import json
from pathlib import Path
from typing import Any

from tests.unit.importers.monai_options import OPTIONS

METADATA: dict[str, Any] = {
    "version": "0.5.0",
    "monai_version": "1.6.1",
    "name": "Spleen CT segmentation",
    "network_data_format": {
        "inputs": {"image": {"modality": "CT", "num_channels": 1, "spatial_shape": [16, 16, 32]}},
        "outputs": {"pred": {"channel_def": {"0": "background", "1": "spleen", "2": "blob"}}},
    },
}
INFERENCE: dict[str, Any] = {
    "imports": ["$import glob", "$import os"],
    "bundle_root": ".",
    "dataset_dir": "$glob.glob('/data/*')",
    "patch_size": [16, 16, 32],
    "device": "$torch.device('cuda:0' if torch.cuda.is_available() else 'cpu')",
    "network_def": OPTIONS["unet"],
    "network": "$@network_def.to(@device)",
    "preprocessing": {
        "_target_": "Compose",
        "transforms": [
            {"_target_": "LoadImaged", "keys": "image"},
            {"_target_": "EnsureChannelFirstd", "keys": "image"},
            {"_target_": "Orientationd", "keys": "image", "axcodes": "RAS"},
            {"_target_": "Spacingd", "keys": "image", "pixdim": [1.5, 1.5, 2.0], "mode": "bilinear"},
            {
                "_target_": "ScaleIntensityRanged",
                "keys": "image",
                "a_min": -800,
                "a_max": 900,
                "b_min": 0,
                "b_max": 1,
                "clip": True,
            },
            {"_target_": "CropForegroundd", "keys": "image", "source_key": "image"},
            {"_target_": "EnsureTyped", "keys": "image"},
        ],
    },
    "inferer": {
        "_target_": "SlidingWindowInferer",
        "roi_size": "@patch_size",
        "sw_batch_size": 4,
        "overlap": 0.5,
        "mode": "gaussian",
        "device": "@device",
    },
    "postprocessing": {
        "_target_": "Compose",
        "transforms": [
            {"_target_": "Activationsd", "keys": "pred", "softmax": True},
            {
                "_target_": "Invertd",
                "keys": "pred",
                "transform": "@preprocessing",
                "orig_keys": "image",
                "nearest_interp": False,
                "to_tensor": True,
            },
            {"_target_": "AsDiscreted", "keys": "pred", "argmax": True},
            {"_target_": "SaveImaged", "keys": "pred", "output_dir": "@bundle_root"},
        ],
    },
}


def configs(which: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return metadata and inference configuration of one of several bundles."""
    metadata, inference = copy.deepcopy(METADATA), copy.deepcopy(INFERENCE)
    before, after = inference["preprocessing"]["transforms"], inference["postprocessing"]["transforms"]
    inference["network_def"] = OPTIONS[which if which in OPTIONS else "segresnet_deconv"]
    if which == "dynunet":
        inference["inferer"].update({"mode": "constant", "overlap": 0.25})
        before[2]["axcodes"] = "LPS"
        del before[5]
    if which == "segresnet":
        metadata["network_data_format"]["inputs"]["image"]["modality"] = "MR"
        before[3]["pixdim"] = [1.0, 1.0, 1.0]
        before[4:6] = [{"_target_": "NormalizeIntensityd", "keys": "image"}]
        after[:] = [*after[1:3], {"_target_": "KeepLargestConnectedComponentd", "keys": "pred"}]
    if which == "sigmoid":
        metadata["network_data_format"]["outputs"]["pred"]["channel_def"] = {"0": "liver tumor"}
        inference["network_def"] = {**OPTIONS["segresnet_deconv"], "out_channels": 1}
        after[0] = {"_target_": "Activationsd", "keys": "pred", "sigmoid": True}
        after[2] = {"_target_": "AsDiscreted", "keys": "pred", "threshold": 0.5}
    return metadata, inference


def write(folder: Path, metadata: dict[str, Any], inference: dict[str, Any]) -> Path:
    (folder / "configs").mkdir(parents=True)
    (folder / "models").mkdir()
    (folder / "configs" / "metadata.json").write_text(json.dumps(metadata))
    (folder / "configs" / "inference.json").write_text(json.dumps(inference))
    (folder / "LICENSE").write_text("Apache License, Version 2.0\n")
    return folder
