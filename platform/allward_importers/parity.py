"""Does an import compute what the original computes? Both run on one image, and what differs is written down.

The report is `acceptance/parity.json` of the plug-in, so it travels in the package. The original runs in a
process of its own, with an interpreter that has it.
"""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from allward_engine.local import open_models, run_locally
from allward_engine.requests import LabelMap, SegmentRequest
from allward_engine.residency import Models
from allward_engine.sessions import ModelSpec
from allward_importers.made_up_image import made_up_image
from allward_importers.refusal import RefusedError
from allward_sdk.geometry import Geometry, axis_map
from allward_sdk.manifest import Manifest, read_manifest
from allward_sdk.stages import SegmentationStage

REPORT = "acceptance/parity.json"
LEAST_AGREEMENT = 0.999
"""Share of voxels that must have the same label. Source: the goal of the importers."""
TIMEOUT_S = 6 * 3600

FloatImage = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Original:
    """The model of one stage in its own tool.

    Attributes
    ----------
    program
        File in `originals`.
    task
        What the program is told besides the image.
    """

    program: str
    task: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Answer:
    """What an original found: labels on the image's grid, logits of one window, and who computed it."""

    labels_kji: LabelMap
    logits: FloatImage
    versions: dict[str, str]


def write_report(
    folder: Path, originals: Mapping[str, Original], python: Path, *, device: str = "auto"
) -> dict[str, Any]:
    """Run an import and its originals on a made-up image and write the report into the plug-in's folder.

    Parameters
    ----------
    originals
        Stage -> the same in its own tool.
    python
        An interpreter that has the tool.

    Raises
    ------
    RefusedError
        If the original cannot be run.
    """
    manifest = read_manifest(folder / "plugin.toml")
    stages = [stage for stage in manifest.stages if isinstance(stage, SegmentationStage)]
    geometry, volume = made_up_image(stages[0])
    theirs = np.zeros(volume.shape, np.uint8)
    differences, versions = [], {}
    with tempfile.TemporaryDirectory() as temporary:
        models = _models(folder, manifest, Path(temporary), device)
        for stage in stages:
            work = Path(temporary) / stage.name
            answer = _run_original(originals[stage.name], stage, (geometry, volume), (work, python))
            found = _values(manifest, stage)[answer.labels_kji]
            np.copyto(theirs, found, where=found > 0)
            differences.append(_difference(manifest, stage, models, answer.logits))
            versions = answer.versions
        request = SegmentRequest(job_id="parity", tenant="local", manifest=manifest, geometry=geometry)
        result = run_locally(request, volume, models)
    assert result.labels_kji is not None
    report = {
        "report": 1,
        "input": {
            "what": "made-up grey values from one seed; nobody was scanned",
            "sha256": hashlib.sha256(volume.tobytes()).hexdigest(),
            "shape_kji": list(volume.shape),
            "spacing_kji_mm": list(geometry.spacing_kji_mm),
        },
        "original": {"versions": versions, "sums": "float32"},
        "here": {"device": result.device, "models": result.models},
        **_agreement(manifest, result.labels_kji, theirs),
        "greatest_logit_difference": max(difference for difference, _ in differences),
        "greatest_logit": max(greatest for _, greatest in differences),
    }
    path = folder / REPORT
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return report


def sentence(report: Mapping[str, Any]) -> str:
    """Say a report in one sentence."""
    versions = ", ".join(f"{name} {version}" for name, version in report["original"]["versions"].items())
    verdict = "agrees" if report["label_agreement"] >= LEAST_AGREEMENT else "DOES NOT AGREE"
    return (
        f"{verdict} with {versions}: {report['label_agreement']:.6f} of the voxels have the same label, "
        f"logits differ by {report['greatest_logit_difference']:.2g} at most; see {REPORT}"
    )


def _agreement(manifest: Manifest, ours: LabelMap, theirs: LabelMap) -> dict[str, Any]:
    """Return the share of equal voxels and the Dice of every label; None for one that neither found."""
    dice: dict[str, float | None] = {}
    for label in manifest.labels:
        here, there = ours == label.value, theirs == label.value
        both = int(here.sum()) + int(there.sum())
        dice[label.name] = 2 * int((here & there).sum()) / both if both else None
    return {"label_agreement": float((ours == theirs).mean()), "dice": dice}


def _values(manifest: Manifest, stage: SegmentationStage) -> npt.NDArray[np.uint8]:
    """Return the label value of each of a stage's channels, background first."""
    value_of = {label.name: label.value for label in manifest.labels}
    return np.asarray([0, *(value_of[name] for name in stage.output.labels)], np.uint8)


def _models(folder: Path, manifest: Manifest, scratch: Path, device: str) -> Models:
    laid_out = scratch / "models"
    laid_out.mkdir()
    for model in manifest.models.values():
        shutil.copyfile(folder / model.file, laid_out / f"{model.sha256}.onnx")
    return open_models(laid_out, device=device)


def _window(stage: SegmentationStage) -> FloatImage:
    shape = (1, 1, *stage.input.window)
    return np.asarray(np.random.default_rng(7).normal(size=shape), np.float32)


def _difference(
    manifest: Manifest, stage: SegmentationStage, models: Models, reference: FloatImage
) -> tuple[float, float]:
    """Return by how much one window's logits differ at most, over all models of a stage, and the greatest."""
    differences = []
    for name, theirs in zip(stage.members, reference, strict=True):
        spec = ModelSpec(
            sha256=manifest.models[name].sha256,
            input_name=stage.input.name,
            outputs=(stage.output.name,),
            input_shape=(1, *stage.input.window),
        )
        ours = models.get(spec).run(_window(stage)).tensors[0]
        differences.append(float(np.abs(ours - theirs).max()))
    return max(differences), float(np.abs(reference).max())


def _run_original(
    original: Original,
    stage: SegmentationStage,
    image: tuple[Geometry, npt.NDArray[np.int16]],
    place: tuple[Path, Path],
) -> _Answer:
    (geometry, volume), (work, python) = image, place
    work.mkdir()
    axes = axis_map(geometry, stage.input.orientation)
    spacing = axes.triple_to_model(geometry.spacing_kji_mm)
    np.save(work / "image.npy", np.asarray(axes.to_model(volume), np.float32, order="C"))
    np.save(work / "window.npy", _window(stage))
    (work / "task.json").write_text(json.dumps({**original.task, "spacing_mm": spacing}), encoding="utf-8")
    _run(python, original.program, work)
    labels = np.load(work / "labels.npy", allow_pickle=False)
    return _Answer(
        labels_kji=np.array(axes.to_volume(labels), np.uint8, order="C"),
        logits=np.load(work / "logits.npy", allow_pickle=False),
        versions=json.loads((work / "versions.json").read_text(encoding="utf-8")),
    )


def _run(python: Path, name: str, work: Path) -> None:
    """Run a program of `originals`, without this process's environment."""
    program = Path(__file__).with_name("originals") / name
    environment = {"PATH": os.defpath, "HOME": str(work), "OMP_NUM_THREADS": str(os.cpu_count() or 1)}
    try:
        ran = subprocess.run(
            [str(python.absolute()), "-I", str(program), str(work)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=environment,
            timeout=TIMEOUT_S,
            check=False,
        )
    except OSError as error:
        raise RefusedError(f"{python}: cannot be run: {error.strerror}.") from error
    except subprocess.TimeoutExpired as error:
        raise RefusedError(f"{python}: took longer than {TIMEOUT_S} s for the original.") from error
    if ran.returncode != 0:
        last = ran.stderr.strip().rpartition("\n")[2]
        raise RefusedError(f"{python}: the original could not be run: {last}")
