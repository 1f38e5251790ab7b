"""`plugin.toml`: what a plug-in says about itself. This file is the definition of the contract.

Every triple inside a stage (spacing, shape, margin) is in the order of the model's own array axes,
which `orientation` names: in ``"RAS"`` the first axis grows to the patient's Right, the second to
the Anterior, the third to the Superior. The platform's own arrays are always (k, j, i) in LPS.
"""

import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from allward_sdk.errors import ManifestError
from allward_sdk.operators import CleanOperator, PrepareOperator

CONTRACT = 1
"""Raised by one when an old plug-in would no longer run; see docs/contract/changes.md."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Triple = tuple[float, float, float]
Count3 = tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]]
Margin3 = tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Localised(_Strict):
    """One text in both languages of the platform."""

    en: str = Field(min_length=1)
    zh: str = Field(min_length=1)


class Code(_Strict):
    """A coded concept (PS3.3 8.8): what a result means, in words a PACS understands."""

    scheme: Literal["SCT", "DCM", "UCUM", "LN"]
    value: str = Field(min_length=1, max_length=16)
    meaning: str = Field(min_length=1, max_length=64)


class Identity(_Strict):
    """Who made this, and which one it is."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(\.[a-z0-9-]+)+$", max_length=100)]
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    vendor: str = Field(min_length=1, max_length=100)
    title: Localised


class IntendedUse(_Strict):
    """What it is for, in the vendor's words, what it is not for, and what it is cleared for."""

    statement: Localised
    contraindications: tuple[Localised, ...] = ()
    status: Literal["research", "cleared"] = "research"
    udi: str | None = None


class Licences(_Strict):
    """SPDX identifiers of what the package carries."""

    code: str
    weights: str
    attribution: str = ""


class Model(_Strict):
    """One ONNX file inside the package."""

    file: Annotated[str, Field(pattern=r"^models/[A-Za-z0-9_.-]+\.onnx$")]
    sha256: Sha256


class Wants(_Strict):
    """Which series the plug-in may be given. Routing reads this and nothing else."""

    modality: tuple[Literal["CT", "MR", "DX", "CR", "MG", "PT", "SM"], ...] = Field(min_length=1)
    body_part_examined: tuple[str, ...] = ()
    """Accepted values of (0018,0015); empty means any, and a series without the tag always passes."""
    min_slices: int = Field(default=1, ge=1)
    max_slice_spacing_mm: float | None = Field(default=None, gt=0)
    exclude_image_type: tuple[str, ...] = ("LOCALIZER",)


class Mask(_Strict):
    """Restrict a stage to what an earlier stage of the same plug-in found."""

    stage: Name
    dilate_voxels: int = Field(default=0, ge=0, le=50)
    """Steps of 6-connected dilation on the grid of the stage that uses the mask."""
    outside_value: float
    """What the prepared image is set to outside the dilated mask."""
    crop: bool = True
    """Run only on the bounding box of the dilated mask."""


class StageInput(_Strict):
    """The tensor that the model is given."""

    name: str
    orientation: Annotated[str, Field(pattern=r"^[LR][AP][SI]$|^[SI][AP][LR]$")]
    """Where each spatial axis of the tensor grows to; the tensor is (batch, channel, *these)."""
    prepare: tuple[PrepareOperator, ...]
    """Run in this order on the volume in HU (or stored units), brought to `orientation` first."""
    mask: Mask | None = None
    window: Count3
    """Shape of one window of the model's input."""
    pad_value: float = 0.0
    """What lies outside the prepared image."""
    larger_than_window: Literal["slide", "refuse"] = "slide"
    """What happens where the prepared image does not fit into one window."""


class StageOutput(_Strict):
    """The tensor that the model returns, and how labels are read from it."""

    name: str
    activation: Literal["none", "sigmoid", "softmax"] = "none"
    """Applied by the platform; `none` if the graph ends in probabilities already."""
    margin_low: Margin3 = (0, 0, 0)
    margin_high: Margin3 = (0, 0, 0)
    """Voxels of the window that the output does not cover at either end (valid convolutions)."""
    blend: Literal["none", "gaussian"] = "none"
    overlap: float = Field(default=0.0, ge=0.0, lt=1.0)
    """Share of a window that the next one covers again."""
    threshold: float | None = Field(default=None, gt=0, lt=1)
    """One-channel outputs: probability above which a voxel has the label."""
    labels: tuple[Name, ...] = Field(min_length=1)
    """Label of each output channel, background left out."""
    clean: tuple[CleanOperator, ...] = ()


class Stage(_Strict):
    """One model run; later stages may use what earlier ones found."""

    name: Name
    operation: Literal["sliding_window_segmentation"] = "sliding_window_segmentation"
    model: Name
    input: StageInput
    output: StageOutput


class Label(_Strict):
    """One segment of the result, as it will stand in the DICOM SEG and on the screen."""

    name: Name
    value: int = Field(ge=1, le=255)
    title: Localised
    category: Code
    type: Code
    colour: Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$")]
    inside: Name | None = None
    """Label that this one is a part of: its voxels count for that label's volume too."""
    kind: Literal["organ", "lesion"] = "organ"
    """An organ is one finding; every connected lesion is a finding of its own."""


class Measurement(_Strict):
    """One number of the result, as it will stand in the DICOM SR."""

    name: Name
    of: Name
    """The label that is measured."""
    method: Literal["volume", "largest_axial_diameter"]
    concept: Code
    unit: Code
    title: Localised


class Resources(_Strict):
    """What one run may use; above it, the run is ended."""

    device_memory_mib: int = Field(ge=0)
    memory_mib: int = Field(gt=0)
    timeout_s: int = Field(gt=0, le=3600)


class Manifest(_Strict):
    """The whole of `plugin.toml`."""

    contract: Literal[1]
    plugin: Identity
    intended_use: IntendedUse
    licences: Licences
    fills: tuple[Annotated[str, Field(pattern=r"^[a-z_]+\.[a-z_]+$")], ...] = Field(min_length=1)
    """Slots of clinical apps, as app.slot."""
    wants: Wants
    models: dict[Name, Model] = Field(min_length=1)
    stages: tuple[Stage, ...] = Field(min_length=1)
    labels: tuple[Label, ...] = Field(min_length=1)
    measurements: tuple[Measurement, ...] = ()
    resources: Resources

    @model_validator(mode="after")
    def _references_resolve(self) -> "Manifest":
        fault = next(chain(_faults_of_stages(self), _faults_of_labels(self)), None)
        if fault is not None:
            raise ValueError(fault)
        return self


def _faults_of_stages(manifest: Manifest) -> Iterator[str]:
    labels = {label.name for label in manifest.labels}
    seen: set[str] = set()
    for stage in manifest.stages:
        if stage.model not in manifest.models:
            yield f"stages.{stage.name}.model: no model is named {stage.model!r}"
        mask = stage.input.mask
        if mask is not None and mask.stage not in seen:
            yield f"stages.{stage.name}.input.mask.stage: {mask.stage!r} is no earlier stage"
        for label in stage.output.labels:
            if label not in labels:
                yield f"stages.{stage.name}.output.labels: no label is named {label!r}"
        if stage.name in seen:
            yield f"stages: two stages are named {stage.name!r}"
        seen.add(stage.name)


def _faults_of_labels(manifest: Manifest) -> Iterator[str]:
    labels = {label.name for label in manifest.labels}
    for label in manifest.labels:
        if label.inside is not None and label.inside not in labels:
            yield f"labels.{label.name}.inside: no label is named {label.inside!r}"
    for measurement in manifest.measurements:
        if measurement.of not in labels:
            yield f"measurements.{measurement.name}.of: no label is named {measurement.of!r}"
    if len(labels) != len(manifest.labels):
        yield "labels: two labels have the same name"
    if len({label.value for label in manifest.labels}) != len(manifest.labels):
        yield "labels: two labels have the same value"


def parse_manifest(text: str, *, source: str = "plugin.toml") -> Manifest:
    """Read and check the text of a `plugin.toml`.

    Raises
    ------
    ManifestError
        With every fault found, one a line, each with its place in the file.
    """
    try:
        return Manifest.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ManifestError(f"{source}: not valid TOML: {error}") from error
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, e['loc'])) or 'manifest'}: {e['msg']}" for e in error.errors())
        raise ManifestError(f"{source}:\n" + "\n".join(faults)) from error


def read_manifest(path: Path) -> Manifest:
    """Read and check the `plugin.toml` at `path`; raises as `parse_manifest`."""
    try:
        return parse_manifest(path.read_text(encoding="utf-8"), source=str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise ManifestError(f"{path}: cannot be read: {error}") from error
