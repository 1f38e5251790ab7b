"""`allward plugin import-monai-bundle`: a bundle of MONAI that outlines structures with sliding windows.

Read are `configs/metadata.json`, `configs/inference.json` (or YAML), `models/model.pt` and LICENSE; Python in
the configuration is not run.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from allward_importers.bundle_files import read_configuration, read_metadata, refuse_expressions
from allward_importers.checkpoint import read_checkpoint
from allward_importers.graph_writer import Shape3
from allward_importers.json_files import Table, integers
from allward_importers.known_classes import labels, name_of
from allward_importers.monai_nets import write_net
from allward_importers.monai_transforms import After, Before, read_after, read_before
from allward_importers.parity import Original
from allward_importers.plugin_folder import Imported, Source, licence_beside, resources_for, volumes_of
from allward_importers.refusal import RefusedError
from allward_importers.weights import Weights

_WEIGHTS = ("model.pt", "model.pth")
_INNER = ("model", "state_dict", "net", "network")
_GRID_MIB = 512
"""One class at every voxel of 512 x 512 x 512, in MiB: held where outputs become labels at the end."""


@dataclass(frozen=True, slots=True)
class _Windows:
    """How MONAI slides."""

    window: Shape3
    blend: str
    overlap: float
    pad_value: float


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that was read."""

    imported: Imported
    original: Original
    stage: str


def import_bundle(folder: Path, *, licence: str = "") -> Bundle:
    """Read the folder of a bundle.

    Raises
    ------
    RefusedError
        If it cannot be taken over; what it is that cannot is named.
    """
    metadata, configuration = read_metadata(folder), read_configuration(folder)
    title = str(metadata.data.get("name") or folder.name)
    net = configuration.table("network_def", "net_def", "network", "net")
    refuse_expressions(net.data, net.place)
    inferer = configuration.table("inferer")
    windows = _windows(inferer)
    preprocessing = configuration.table("preprocessing", "pre_transforms", "preprocess")
    postprocessing = configuration.table("postprocessing", "post_transforms", "postprocess")
    before, after = read_before(preprocessing), read_after(postprocessing)
    _refuse_cleaning(before, after, postprocessing.place)
    path = _weights(folder)
    model = write_net(net, Weights(_state(path), place=path.name), window=windows.window, title=title)
    names = _channels(metadata, after)
    wanted = len(names) + (0 if after.threshold is not None else 1)
    if model.graph.output[0].type.tensor_type.shape.dim[1].dim_value != wanted:
        raise RefusedError(f"metadata.json: channel_def names {wanted} channels, the net returns others.")
    found = labels(names)
    stage = _stage(title, windows, before, after, [one["name"] for one in found])
    resources = resources_for(windows.window, wanted, 32)
    resources["memory_mib"] += _GRID_MIB * (wanted + 1)
    imported = Imported(
        title=title,
        tool="a MONAI bundle",
        licence=licence or str(metadata.data.get("license") or ""),
        tables={
            "wants": {"modality": [_modality(metadata)], "min_slices": 8},
            "stages": [stage],
            "labels": found,
            "measurements": volumes_of(found),
            "resources": resources,
        },
        models={stage["model"]: model.SerializeToString(deterministic=True)},
        sources=[Source.of(path, name=f"models/{path.name}")],
        notes=_notes(metadata, windows, before, after),
        licence_text=licence_beside(folder),
    )
    task = {
        "weights": str(path.absolute()),
        "net": dict(net.data),
        "inferer": _plain(inferer.data),
        "before": preprocessing.value("transforms"),
        "after": postprocessing.value("transforms"),
        "orientation": before.orientation,
    }
    return Bundle(imported, Original("monai_original.py", task), stage["name"])


def _refuse_cleaning(before: Before, after: After, place: str) -> None:
    """Refuse labels that are cleaned on the series, but made of probabilities that were interpolated."""
    is_resampled = any(operator["do"] == "resample" for operator in before.operators)
    if after.clean and after.activation == "softmax" and is_resampled:
        raise RefusedError(
            f"{place}: KeepLargestConnectedComponent behind softmax and Spacing cannot be expressed. Leave "
            "out Activations: the largest logit is the largest probability."
        )


def _plain(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options without what says where to compute."""
    return {key: value for key, value in options.items() if key not in ("device", "sw_device")}


def _windows(inferer: Table) -> _Windows:
    name = inferer.text("_target_").rpartition(".")[2]
    if name != "SlidingWindowInferer":
        raise RefusedError(f"{inferer.place}: {name} cannot be expressed; SlidingWindowInferer can.")
    refuse_expressions(_plain(inferer.data), inferer.place)
    roi = inferer.value("roi_size")
    a, b, c = integers([roi] * 3 if isinstance(roi, int) else roi, f"{inferer.place}: roi_size", 3)
    if min(a, b, c) < 1:
        raise RefusedError(
            f"{inferer.place}: roi_size is {roi}; a window has a size of its own along each axis."
        )
    mode = str(inferer.data.get("mode", "constant")).lower()
    sigma, padding = inferer.data.get("sigma_scale", 0.125), inferer.data.get("padding_mode", "constant")
    if mode not in ("constant", "gaussian") or sigma != 0.125 or padding != "constant":
        raise RefusedError(
            f"{inferer.place}: mode {mode}, sigma_scale {sigma}, padding_mode {padding} cannot be expressed; "
            "constant or gaussian, 0.125, constant can."
        )
    overlap = inferer.data.get("overlap", 0.25)
    several = overlap if isinstance(overlap, list) else [overlap]
    if len(set(several)) != 1 or not isinstance(several[0], int | float) or not 0 <= several[0] < 1:
        raise RefusedError(f"{inferer.place}: overlap is {overlap}; one share for all axes can be expressed.")
    blend = "monai_gaussian" if mode == "gaussian" else "none"
    return _Windows((a, b, c), blend, float(several[0]), float(inferer.data.get("cval", 0.0)))


def _weights(folder: Path) -> Path:
    for name in _WEIGHTS:
        if (folder / "models" / name).is_file():
            return folder / "models" / name
    raise RefusedError(
        f"{folder}: no models/model.pt is there; a TorchScript file (model.ts) holds code and is not taken "
        "over."
    )


def _state(path: Path) -> dict[str, Any]:
    """Return the state_dict of a checkpoint, wherever in it that is."""
    value = read_checkpoint(path).value
    for key in _INNER:
        if isinstance(value, dict) and isinstance(value.get(key), dict):
            value = value[key]
    if not isinstance(value, dict) or not any(isinstance(each, np.ndarray) for each in value.values()):
        raise RefusedError(f"{path.name}: no table of weights is in it.")
    return value


def _channels(metadata: Table, after: After) -> tuple[str, ...]:
    """Return the names of the channels that are labels."""
    outputs = metadata.table("network_data_format").table("outputs")
    output = outputs.table("pred" if "pred" in outputs.data else next(iter(outputs.data), "pred"))
    names = output.table("channel_def").data
    ordered = [str(names[key]) for key in sorted(names, key=int)]
    if after.threshold is None:
        ordered = ordered[1:]
    elif len(ordered) != 1 or after.activation != "sigmoid":
        raise RefusedError(
            f"{output.place}: a threshold of {len(ordered)} channels gives labels that overlap, which cannot "
            "be expressed."
        )
    return tuple(ordered)


def _modality(metadata: Table) -> str:
    inputs = metadata.table("network_data_format").table("inputs")
    image = inputs.table("image" if "image" in inputs.data else next(iter(inputs.data), "image"))
    if image.data.get("num_channels", 1) != 1:
        raise RefusedError(
            f"{image.place}: the net reads {image.data['num_channels']} images; a stage has one."
        )
    modality = str(image.data.get("modality", "")).upper()
    known = {"CT": "CT", "MR": "MR", "MRI": "MR", "PT": "PT", "PET": "PT"}
    if modality not in known:
        raise RefusedError(f"{image.place}: modality is {modality!r}; CT, MR and PT are taken over.")
    return known[modality]


def _stage(title: str, windows: _Windows, before: Before, after: After, names: list[str]) -> dict[str, Any]:
    return {
        "name": name_of(title),
        "model": name_of(title),
        "input": {
            "name": "image",
            "orientation": before.orientation,
            "prepare": before.operators,
            "window": list(windows.window),
            "pad_value": windows.pad_value,
            "layout": "monai",
        },
        "output": {
            "name": "logits",
            "activation": after.activation if after.activation == "sigmoid" or not after.clean else "none",
            "activate": "blended",
            "blend": windows.blend,
            "overlap": windows.overlap,
            "threshold": after.threshold,
            "labels": names,
            "finish_on": "series" if after.clean else "stage",
            "clean": after.clean,
        },
    }


def _notes(metadata: Table, windows: _Windows, before: Before, after: After) -> list[str]:
    operators = ", ".join(operator["do"] for operator in before.operators) or "none"
    said = [
        f"Bundle version {metadata.data.get('version', 'not stated')}, MONAI "
        f"{metadata.data.get('monai_version', 'not stated')}.",
        f"Images are brought to {before.orientation} and prepared by: {operators}.",
        f"Windows of {windows.window} voxels as MONAI lays them, overlap {windows.overlap}, {windows.blend}.",
    ]
    if not after.is_back:
        said.append("The bundle leaves its result on the net's grid; here it is brought back to the series.")
    return said
