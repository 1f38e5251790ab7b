"""nnU-Net's own predictor and resampling, as the reference. Runs in the parity environment only."""

from types import SimpleNamespace
from typing import Any

import nnunetv2.inference.predict_from_raw_data as nnunet
import numpy as np
import torch
from dynamic_network_architectures.architectures.unet import PlainConvUNet
from nnunetv2.inference.sliding_window_prediction import compute_gaussian, compute_steps_for_sliding_window
from nnunetv2.preprocessing.resampling import default_resampling

PATCH = (112, 112, 128)
"""Of TotalSegmentator's 3 mm model."""

CLASSES = 118


class _Float32Sums:
    """`torch` as nnU-Net's predictor sees it, but with float32 where it sums logits in 16 bit."""

    def __getattr__(self, name: str) -> Any:
        return torch.float32 if name == "half" else getattr(torch, name)


def total_segmentator_shape() -> torch.nn.Module:
    """Return a network of the shape of TotalSegmentator's 3 mm model, with weights from one seed."""
    torch.manual_seed(7)
    network = PlainConvUNet(
        input_channels=1,
        n_stages=6,
        features_per_stage=(32, 64, 128, 256, 320, 320),
        conv_op=torch.nn.Conv3d,
        kernel_sizes=3,
        strides=(1, 2, 2, 2, 2, (1, 1, 2)),
        n_conv_per_stage=2,
        num_classes=CLASSES,
        n_conv_per_stage_decoder=2,
        conv_bias=True,
        norm_op=torch.nn.InstanceNorm3d,
        norm_op_kwargs={"eps": 1e-5, "affine": True},
        nonlin=torch.nn.LeakyReLU,
        nonlin_kwargs={"inplace": True},
        deep_supervision=False,
    )
    return network.eval()


def predict(
    network: torch.nn.Module,
    volume: np.ndarray,
    *,
    patch: tuple[int, int, int],
    classes: int,
    mirror: tuple[int, ...] = (),
    float32_sums: bool,
) -> torch.Tensor:
    """Run nnU-Net's predictor on a prepared volume; returns logits, shape (class, a, b, c)."""
    nnunet.torch = _Float32Sums() if float32_sums else torch
    predictor = nnunet.nnUNetPredictor(
        tile_step_size=0.5,
        use_gaussian=True,
        use_mirroring=bool(mirror),
        perform_everything_on_device=False,
        device=torch.device("cpu"),
        allow_tqdm=False,
    )
    predictor.network = network
    predictor.configuration_manager = SimpleNamespace(patch_size=list(patch))
    predictor.label_manager = SimpleNamespace(num_segmentation_heads=classes)
    predictor.allowed_mirroring_axes = mirror or None
    with torch.inference_mode():
        logits: torch.Tensor = predictor.predict_sliding_window_return_logits(torch.from_numpy(volume[None]))
    return logits


def resampled(
    image: np.ndarray, shape: tuple[int, ...], *, order: int, apart: int | None = None, order_z: int = 0
) -> np.ndarray:
    """Resample as nnU-Net's default does; `apart` is the axis that it treats on its own."""
    done = default_resampling.resample_data_or_seg(
        image[None].astype(np.float64),
        shape,
        axis=apart,
        order=order,
        do_separate_z=apart is not None,
        order_z=order_z,
    )
    return np.asarray(done[0])


def weight(shape: tuple[int, int, int]) -> np.ndarray:
    """Return the weights of a window."""
    gaussian = compute_gaussian(shape, value_scaling_factor=10, device=torch.device("cpu"))
    return np.asarray(gaussian.float().numpy())


def steps(image: tuple[int, ...], patch: tuple[int, ...], step: float) -> list[list[int]]:
    """Return where windows begin, per axis."""
    found: list[list[int]] = compute_steps_for_sliding_window(image, patch, step)
    return found


def new_shape(shape: tuple[int, ...], old_mm: tuple[float, ...], new_mm: tuple[float, ...]) -> list[int]:
    """Return the size of a resampled image."""
    return [int(n) for n in default_resampling.compute_new_shape(shape, old_mm, new_mm)]
