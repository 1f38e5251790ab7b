"""`allward plugin import-nnunet`: the folder of a model that nnU-Net v2 has trained.

The folder holds `plans.json`, `dataset.json` and `fold_*/checkpoint_final.pth`. Every fold becomes one ONNX
file; the manifest says what nnU-Net's predictor does around them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from allward_importers.checkpoint import read_checkpoint
from allward_importers.json_files import integers, read_table
from allward_importers.known_classes import labels, name_of
from allward_importers.nnunet_nets import write_net
from allward_importers.nnunet_plans import Plan, read_plan
from allward_importers.parity import Original
from allward_importers.plugin_folder import Imported, Source, licence_beside, resources_for, volumes_of
from allward_importers.refusal import RefusedError
from allward_importers.weights import Weights

_KEPT = ("network_weights", "init_args", "trainer_name", "inference_allowed_mirroring_axes")
_MODALITIES = {"CT": "CT", "PT": "PT", "PET": "PT"}
"""Channel name -> modality; anything else that nnU-Net is given in 3D is taken for MR."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What the caller decides about a model folder.

    Attributes
    ----------
    folds
        Names such as "0" or "all"; every numbered fold that is there if empty, as nnU-Net takes them.
    checkpoint
        File name of the weights in each fold.
    orientation
        Where the axes of the training images' arrays (z, y, x) grow to, if the plans do not tell.
    prefix
        Put before the names of models and stage, where several folders become one plug-in.
    """

    folds: tuple[str, ...] = ()
    checkpoint: str = "checkpoint_final.pth"
    orientation: str | None = None
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class NnunetModel:
    """A model folder that was read: its plan, its stage of the manifest, its graphs."""

    plan: Plan
    stage: dict[str, Any]
    graphs: dict[str, bytes]
    sources: tuple[Source, ...]
    folds: tuple[str, ...]


def import_nnunet(folder: Path, choice: Choice, *, licence: str = "") -> Imported:
    """Read a model folder.

    Raises
    ------
    RefusedError
        If it cannot be taken over; what it is that cannot is named.
    """
    model = read_model(folder, choice)
    found = labels(model.plan.labels)
    stated = licence or _licence(folder)
    return Imported(
        title=model.plan.dataset,
        tool="nnU-Net v2",
        licence=stated,
        tables={
            "wants": wants(model.plan),
            "stages": [model.stage],
            "labels": found,
            "measurements": volumes_of(found),
            "resources": resources_for(
                model.plan.window, model.plan.classes, model.plan.architecture.features[0]
            ),
        },
        models=model.graphs,
        sources=model.sources,
        notes=notes(model),
        licence_text=licence_beside(folder),
    )


def read_model(folder: Path, choice: Choice) -> NnunetModel:
    """Read plans and weights of a model folder and write its graphs; raises RefusedError."""
    plans, dataset = read_table(folder / "plans.json"), read_table(folder / "dataset.json")
    folds = choice.folds or _folds(folder, choice.checkpoint)
    plan: Plan | None = None
    mirror: tuple[int, ...] = ()
    graphs, sources = {}, [Source.of(folder / name, name=name) for name in ("plans.json", "dataset.json")]
    for fold in folds:
        path = folder / f"fold_{fold}" / choice.checkpoint
        if not path.is_file():
            raise RefusedError(f"{path}: missing; a fold of nnU-Net keeps its weights there.")
        value = _checkpoint(path)
        if plan is None:
            plan = read_plan(plans, dataset, str(value["init_args"]["configuration"]))
            mirror = _mirror(value, plan, path)
        weights = Weights(value["network_weights"], place=str(path), order=plan.order)
        name = f"{choice.prefix}fold_{fold}"
        model = write_net(
            plan.architecture, weights, window=plan.window, classes=plan.classes, title=plan.dataset
        )
        graphs[name] = model.SerializeToString(deterministic=True)
        sources.append(Source.of(path, name=f"fold_{fold}/{choice.checkpoint}"))
    assert plan is not None
    orientation = choice.orientation or plan.orientation
    if orientation is None:
        raise RefusedError(
            f"{folder / 'plans.json'}: nnU-Net took the training images as they lay, so nobody but their "
            "owner knows where right and left are. Say it with --orientation: SPL if they lay as DICOM does, "
            "SAR if they were RAS files."
        )
    stage = _stage(plan, tuple(graphs), mirror, orientation)
    return NnunetModel(plan, stage, graphs, tuple(sources), tuple(folds))


def _folds(folder: Path, checkpoint: str) -> tuple[str, ...]:
    there = sorted(path.parent.name for path in folder.glob(f"fold_*/{checkpoint}"))
    numbered = tuple(name.removeprefix("fold_") for name in there if name != "fold_all")
    if numbered or there:
        return numbered or ("all",)
    raise RefusedError(
        f"{folder}: no fold_*/{checkpoint} is there; name a folder that nnU-Net has trained into."
    )


def _checkpoint(path: Path) -> dict[str, Any]:
    value = read_checkpoint(path, keep=_KEPT).value
    try:
        configuration, weights = value["init_args"]["configuration"], value["network_weights"]
    except (KeyError, TypeError) as error:
        raise RefusedError(f"{path}: no checkpoint of nnU-Net v2: {error} is missing.") from error
    if not isinstance(configuration, str) or not isinstance(weights, dict):
        raise RefusedError(f"{path}: no checkpoint of nnU-Net v2: its weights are no table.")
    return dict(value)


def _mirror(value: dict[str, Any], plan: Plan, path: Path) -> tuple[int, ...]:
    axes = value.get("inference_allowed_mirroring_axes")
    if axes is None:
        return ()
    found = integers(axes, f"{path}: inference_allowed_mirroring_axes")
    if any(axis not in (0, 1, 2) for axis in found):
        raise RefusedError(
            f"{path}: inference_allowed_mirroring_axes is {found}; a volume has the axes 0 to 2."
        )
    return tuple(sorted(plan.order.index(axis) for axis in found))


def _stage(plan: Plan, models: Sequence[str], mirror: tuple[int, ...], orientation: str) -> dict[str, Any]:
    resample = {
        "do": "resample",
        "spacing_mm": list(plan.spacing_mm),
        "order": plan.resampling.order,
        "convention": "half_pixel",
        "through_plane_order": plan.resampling.through_plane_order,
    }
    return {
        "name": name_of(plan.dataset),
        "model": models[0],
        "also": list(models[1:]),
        "input": {
            "name": "image",
            "orientation": orientation,
            "prepare": [{"do": "crop_to_nonzero"}, *plan.normalisation, resample],
            "window": list(plan.window),
            "layout": "nnunet",
            "mirror": list(mirror),
        },
        "output": {
            "name": "logits",
            "activation": "none",
            "activate": "blended",
            "blend": "nnunet_gaussian",
            "overlap": 0.5,
            "labels": [label["name"] for label in labels(plan.labels)],
            "finish_on": "series",
        },
    }


def wants(plan: Plan) -> dict[str, Any]:
    """Return which series a model may be given."""
    return {"modality": [_MODALITIES.get(plan.channel.upper(), "MR")], "min_slices": 8}


def notes(model: NnunetModel) -> list[str]:
    """Return what was taken over, for the model card."""
    plan, read = model.plan, model.stage["input"]
    return [
        f"Configuration {plan.configuration} of {plan.dataset}, mean of the folds {', '.join(model.folds)}.",
        f"{plan.architecture.kind}, windows of {plan.window} voxels of {plan.spacing_mm} mm, axes "
        f"{read['orientation']}, mirrored along {read['mirror'] or 'no axis'}.",
        "Cropping, normalisation, resampling, windows, weights and the way back are those of nnU-Net's "
        "predictor with sums in float32; its default rounds sums to 16 bit.",
        "Steps that nnU-Net may have found after training (`postprocessing.pkl`) are not part of the folder.",
    ]


def _licence(folder: Path) -> str:
    data = read_table(folder / "dataset.json").data
    return str(data.get("licence") or data.get("license") or "").strip()


def original_of(folder: Path, choice: Choice, stage: dict[str, Any]) -> Original:
    """Return the same model in nnU-Net's own predictor."""
    names = [stage["model"], *stage["also"]]
    folds = [name.removeprefix(f"{choice.prefix}fold_") for name in names]
    task = {"model": str(folder.absolute()), "folds": folds, "checkpoint": choice.checkpoint}
    return Original("nnunet_original.py", task)
