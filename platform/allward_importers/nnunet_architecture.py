"""Which net `plans.json` describes, in the axes of the images; in both forms that nnU-Net v2 has written.

Source: nnU-Net 2.8, `ConfigurationManager`, and dynamic-network-architectures 0.4.4.
"""

from typing import Any, TypeVar

from allward_importers.graph_writer import Activation, Shape3
from allward_importers.json_files import Table, integers
from allward_importers.nnunet_nets import Architecture
from allward_importers.refusal import RefusedError

Order = tuple[int, int, int]
Item = TypeVar("Item")

_NORMS = {"InstanceNorm3d": "instance", "BatchNorm3d": "batch"}


def turned(triple: tuple[Item, ...], order: Order) -> tuple[Item, Item, Item]:
    """Return a triple of nnU-Net's axes in the order of the images' axes."""
    a, b, c = (triple[axis] for axis in order)
    return a, b, c


def read_architecture(settings: Table, order: Order) -> Architecture:
    """Read the net of a configuration; raises RefusedError with the name of what is not known."""
    if "architecture" in settings.data:
        net = settings.table("architecture")
        return _written_out(net.text("network_class_name"), net.table("arch_kwargs"), order)
    return _written_out(settings.text("UNet_class_name"), Table(_older(settings), settings.place), order)


def _older(settings: Table) -> dict[str, Any]:
    """Return what plans before nnU-Net 2.4 leave to be computed."""
    blocks = settings.integers("n_conv_per_stage_encoder")
    first, most = settings.value("UNet_base_num_features"), settings.value("unet_max_num_features")
    return {
        "features_per_stage": [min(first * 2**stage, most) for stage in range(len(blocks))],
        "conv_op": "Conv3d",
        "kernel_sizes": settings.value("conv_kernel_sizes"),
        "strides": settings.value("pool_op_kernel_sizes"),
        "n_conv_per_stage": blocks,
        "n_blocks_per_stage": blocks,
        "n_conv_per_stage_decoder": settings.integers("n_conv_per_stage_decoder"),
        "norm_op": "InstanceNorm3d",
        "norm_op_kwargs": {"eps": 1e-5, "affine": True},
        "nonlin": "LeakyReLU",
    }


def _written_out(name: str, net: Table, order: Order) -> Architecture:
    kind = name.rpartition(".")[2]
    if kind not in ("PlainConvUNet", "ResidualEncoderUNet"):
        raise RefusedError(
            f"{net.place}: the net {name} is not known; PlainConvUNet and ResidualEncoderUNet are."
        )
    _refuse_options(net)
    features = net.integers("features_per_stage")
    stages = len(features)
    norm = str(net.data.get("norm_op") or "").rpartition(".")[2]
    if norm and norm not in _NORMS:
        raise RefusedError(f"{net.place}: the normalisation layer {norm} is not known.")
    options = Table(net.data.get("norm_op_kwargs") or {}, net.place).data
    plain = kind == "PlainConvUNet"
    return Architecture(
        kind="PlainConvUNet" if plain else "ResidualEncoderUNet",
        features=features,
        kernels=_triples(net, "kernel_sizes", stages, order),
        strides=_triples(net, "strides", stages, order),
        blocks=_counts(net, "n_conv_per_stage" if plain else "n_blocks_per_stage", stages),
        decoder_blocks=_counts(net, "n_conv_per_stage_decoder", stages - 1),
        norm="none" if not norm else "instance" if _NORMS[norm] == "instance" else "batch",
        epsilon=float(options.get("eps", 1e-5)),
        activation=_activation(net),
    )


def _refuse_options(net: Table) -> None:
    if str(net.data.get("conv_op", "")).rpartition(".")[2] != "Conv3d":
        raise RefusedError(
            f"{net.place}: conv_op is {net.data.get('conv_op')}, only Conv3d can be expressed."
        )
    for option in ("nonlin_first", "bottleneck_channels", "stem_channels"):
        if net.data.get(option):
            raise RefusedError(f"{net.place}: {option} is not known.")
    if "BasicBlockD" not in str(net.data.get("block", "BasicBlockD")):
        raise RefusedError(f"{net.place}: block is {net.data['block']}, only BasicBlockD is known.")


def _activation(net: Table) -> Activation:
    name = str(net.data.get("nonlin") or "").rpartition(".")[2]
    options = Table(net.data.get("nonlin_kwargs") or {}, net.place).data
    if name == "LeakyReLU":
        return Activation("leaky_relu", slope=float(options.get("negative_slope", 0.01)))
    if name == "ReLU":
        return Activation("relu")
    raise RefusedError(f"{net.place}: the activation {name or 'none'} is not known; LeakyReLU and ReLU are.")


def _counts(net: Table, key: str, count: int) -> tuple[int, ...]:
    value = net.value(key)
    return (value,) * count if isinstance(value, int) else net.integers(key, count)


def _triples(net: Table, key: str, count: int, order: Order) -> tuple[Shape3, ...]:
    value = net.value(key)
    rows = [value] * count if isinstance(value, int) else value
    if not isinstance(rows, list | tuple) or len(rows) != count:
        raise RefusedError(f"{net.place}: {key} is {value!r}, not one entry for each of {count} stages.")
    place = f"{net.place}: {key}"
    triples = [integers([row] * 3 if isinstance(row, int) else row, place, 3) for row in rows]
    if any(n < 1 or (key == "kernel_sizes" and n % 2 == 0) for triple in triples for n in triple):
        raise RefusedError(f"{place} is {value!r}; sizes have to be positive, those of kernels odd.")
    return tuple(turned(triple, order) for triple in triples)
