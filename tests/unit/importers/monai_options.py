"""Small nets of MONAI, as a bundle's inference.json describes them."""

from typing import Any

WINDOW = (16, 16, 32)
_COMMON = {"spatial_dims": 3, "in_channels": 1, "out_channels": 3}
_DYN = {
    "kernel_size": [[3, 3, 1], 3, 3, 3],
    "strides": [1, [2, 2, 1], 2, 2],
    "upsample_kernel_size": [[2, 2, 1], 2, 2],
    "filters": [4, 6, 8, 8],
}

OPTIONS: dict[str, dict[str, Any]] = {
    "unet": {
        "_target_": "UNet", **_COMMON, "channels": [4, 6, 8], "strides": [2, 2], "num_res_units": 2,
        "norm": "batch",
    },
    "unet_plain": {
        "_target_": "UNet", **_COMMON, "channels": [4, 6, 8, 8], "strides": [2, [2, 2, 1], 2],
        "act": "LEAKYRELU",
        "norm": ["INSTANCE", {"affine": True}],
    },
    "unet_instance": {
        "_target_": "UNet", **_COMMON, "channels": [4, 6], "strides": [1], "num_res_units": 1,
    },
    "dynunet": {"_target_": "DynUNet", **_COMMON, **_DYN, "deep_supervision": True, "deep_supr_num": 2},
    "dynunet_residual": {
        "_target_": "DynUNet", **_COMMON, **_DYN, "filters": [4, 4, 8, 8], "res_block": True,
        "trans_bias": True,
    },
    "segresnet": {
        "_target_": "SegResNet", **_COMMON, "init_filters": 8, "blocks_down": [1, 2, 1], "blocks_up": [1, 1],
    },
    "segresnet_deconv": {
        "_target_": "SegResNet", **_COMMON, "init_filters": 4, "blocks_down": [1, 1, 1], "blocks_up": [1, 2],
        "upsample_mode": "deconv", "norm": "INSTANCE", "dropout_prob": 0.2,
    },
    "basicunet": {"_target_": "BasicUNet", **_COMMON, "features": [4, 4, 6, 6, 8, 4]},
}  # fmt: skip
"""Name -> options; every branch of the writers is taken by one of them."""
