"""`allward plugin import-totalsegmentator`: a task of TotalSegmentator from weights that the user has.

A task is one model of nnU-Net or several parts, each of which knows some of the structures; parts become
stages, and later ones overwrite earlier ones, as in TotalSegmentator. Names become SNOMED CT codes where they
are known.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from allward_importers.known_classes import known_classes, label, name_of
from allward_importers.nnunet import Choice, NnunetModel, original_of, read_model, wants
from allward_importers.parity import Original
from allward_importers.plugin_folder import Imported, resources_for, volumes_of
from allward_importers.refusal import RefusedError

OPEN = "Apache-2.0"
RESTRICTED = "LicenseRef-TotalSegmentator-non-commercial"
"""Tasks for which TotalSegmentator asks for a licence, free for non-commercial use alone."""


_TOTAL_CLASSES = 117
_INSIDE = "it looks only inside a box around what another task found, which a plug-in of its own cannot see"
_AUXILIARY = "some of its classes served training alone and would have to be dropped, which no stage can"


@dataclass(frozen=True, slots=True)
class Task:
    """What a task consists of.

    Attributes
    ----------
    parts
        Numbers of the data sets of each part; versions of TotalSegmentator have used several.
    refused
        Why it cannot be expressed; None if it can.
    """

    parts: tuple[tuple[int, ...], ...]
    licence: str = OPEN
    refused: str | None = None


TASKS: dict[str, Task] = {
    "total": Task(((291,), (292,), (293,), (294,), (295,))),
    "total_fast": Task(((297,),)),
    "total_fastest": Task(((298,),)),
    "total_mr": Task(((850, 730), (851, 731))),
    "total_fast_mr": Task(((852, 732),)),
    "total_fastest_mr": Task(((853, 733),)),
    "body": Task(((299,),)),
    "body_fast": Task(((300,),)),
    "lung_vessels": Task(((258,),), refused=_INSIDE),
    "cerebral_bleed": Task(((150,),), refused=_INSIDE),
    "hip_implant": Task(((260,),), refused=_INSIDE),
    "pleural_pericard_effusion": Task(((315,),), refused=_INSIDE),
    "liver_vessels": Task(((8,),), refused=_INSIDE),
    "liver_segments": Task(((570,),), refused=_INSIDE),
    "liver_segments_mr": Task(((576,),), refused=_INSIDE),
    "craniofacial_structures": Task(((115,),), refused=_INSIDE),
    "coronary_arteries": Task(((503,),), RESTRICTED, refused=_INSIDE),
    "heartchambers_highres": Task(((301,),), RESTRICTED, refused=_INSIDE),
    "vertebrae_body": Task(((305, 302),), RESTRICTED),
    "appendicular_bones": Task(((304,),), RESTRICTED, refused=_AUXILIARY),
    "tissue_types": Task(((481,),), RESTRICTED),
    "tissue_types_mr": Task(((734,),), RESTRICTED),
    "face": Task(((303,),), RESTRICTED),
    "face_mr": Task(((737,),), RESTRICTED, refused=_AUXILIARY),
}
"""Source: TotalSegmentator 2, `python_api`."""


@dataclass(frozen=True, slots=True)
class ImportedTask:
    """A task that was read, and its parts in nnU-Net's own predictor."""

    imported: Imported
    originals: Mapping[str, Original]


def import_task(name: str, weights: Path) -> ImportedTask:
    """Read the weights of a task.

    Parameters
    ----------
    weights
        Folder with `Dataset291_…` and the like, as TotalSegmentator lays them.

    Raises
    ------
    RefusedError
        If the task is not known or cannot be expressed, or a part is missing.
    """
    if name not in TASKS:
        raise RefusedError(
            f"{name}: no task of TotalSegmentator that is known; these are: {', '.join(TASKS)}."
        )
    task = TASKS[name]
    if task.refused is not None:
        raise RefusedError(f"{name}: this task cannot be expressed: {task.refused}.")
    parts = []
    originals: dict[str, Original] = {}
    for number, datasets in enumerate(task.parts, 1):
        prefix = f"part{number}_" if len(task.parts) > 1 else ""
        choice = Choice(folds=("0",), orientation="SAR", prefix=prefix)
        folder = _folder(weights, datasets, name)
        model = _as_total_segmentator_runs_it(read_model(folder, choice), prefix or name)
        parts.append(model)
        original = original_of(folder, choice, model.stage)
        originals[model.stage["name"]] = replace(original, task={**original.task, "mirror": False})
    return ImportedTask(_imported(name, task, parts), originals)


def _folder(weights: Path, datasets: tuple[int, ...], name: str) -> Path:
    for dataset in datasets:
        found = sorted(weights.glob(f"Dataset{dataset:03d}_*/*__3d_fullres"))
        if len(found) == 1:
            return found[0]
        if found:
            raise RefusedError(
                f"{weights}: several models of data set {dataset}: {', '.join(map(str, found))}."
            )
    numbers = " or ".join(f"Dataset{dataset:03d}_…" for dataset in datasets)
    raise RefusedError(
        f"{weights}: {numbers} is missing, which the task {name} needs; fetch the weights first."
    )


def _as_total_segmentator_runs_it(model: NnunetModel, name: str) -> NnunetModel:
    """Return a model as TotalSegmentator runs it: without mirroring."""
    stage = {**model.stage, "name": name.rstrip("_"), "input": {**model.stage["input"], "mirror": []}}
    return replace(model, stage=stage)


def _imported(name: str, task: Task, parts: list[NnunetModel]) -> Imported:
    found: dict[str, dict[str, Any]] = {}
    is_total = name in ("total", "total_fast", "total_fastest")
    for part in parts:
        for called in part.plan.labels:
            plain = name_of(called)
            if plain not in found:
                value = _value_in_total(called, len(found)) if is_total else len(found) + 1
                found[plain] = label(plain, value, called)
    labels = sorted(found.values(), key=lambda one: int(one["value"]))
    classes = max(part.plan.classes for part in parts)
    restricted = task.licence == RESTRICTED
    first = parts[0].plan
    return Imported(
        title=f"TotalSegmentator {name}",
        tool="TotalSegmentator"
        + (", for non-commercial use only without its makers' licence" if restricted else ""),
        licence=task.licence,
        tables={
            "wants": {**wants(first), "modality": ["MR" if name.endswith("_mr") else "CT"]},
            "stages": [part.stage for part in parts],
            "labels": labels,
            "measurements": volumes_of(labels),
            "resources": resources_for(first.window, classes, first.architecture.features[0]),
        },
        models={model: graph for part in parts for model, graph in part.graphs.items()},
        sources=[
            replace(source, name=f"{part.plan.dataset}/{source.name}")
            for part in parts
            for source in part.sources
        ],
        notes=[
            *(
                f"{part.plan.dataset}: windows of {part.plan.window}, {part.plan.spacing_mm} mm."
                for part in parts
            ),
            "Where parts differ, the later one counts. Without mirroring, as TotalSegmentator runs them.",
            "Images are resampled as nnU-Net does it, and outputs are interpolated before labels are made; "
            "TotalSegmentator resamples with its own spline and brings labels back to the nearest voxel.",
        ],
    )


def _value_in_total(called: str, before: int) -> int:
    """Return a structure's value in `total`; of one that stands nowhere there, a value behind all of them."""
    known = known_classes().get(called.lower())
    return _TOTAL_CLASSES + 1 + before if known is None or known.total is None else known.total
