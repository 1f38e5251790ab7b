"""`plugin.toml`: what a plug-in says about itself. This file is the definition of the contract.

Every triple inside a stage (spacing, shape, margin) is in the order of the model's own array axes,
which `orientation` names: in ``"RAS"`` the first axis grows to the patient's Right, the second to
the Anterior, the third to the Superior. The platform's own arrays are always (k, j, i) in LPS.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from allward_sdk.errors import ManifestError
from allward_sdk.operators import CleanOperator, PrepareOperator
from allward_sdk.references import faults_of_references

CONTRACT = 1
"""Raised by one when an old plug-in would no longer run; see docs/contract/changes.md."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Triple = tuple[float, float, float]
Count3 = tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]]
Margin3 = tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Localised(_Strict):
    """One text in both languages of the platform."""

    en: str = Field(min_length=1)
    """English."""
    zh: str = Field(min_length=1)
    """Simplified Chinese."""


class Code(_Strict):
    """A coded concept (PS3.3 8.8): what a result means, in words a PACS understands."""

    scheme: Literal["SCT", "DCM", "UCUM", "LN"]
    """SNOMED CT, DICOM, UCUM or LOINC, by its designator in PS3.16 8."""
    value: str = Field(min_length=1, max_length=16)
    """The code itself."""
    meaning: str = Field(min_length=1, max_length=64)
    """Its meaning as the scheme words it, in English."""


class Identity(_Strict):
    """Who made this, and which one it is."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(\.[a-z0-9-]+)+$", max_length=100)]
    """Reverse domain name; the last part names the package file."""
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    """Semantic version; another model or another threshold is another version."""
    vendor: str = Field(min_length=1, max_length=100)
    """Who answers for it."""
    title: Localised
    """Name on the screen."""


class IntendedUse(_Strict):
    """What it is for, in the vendor's words, what it is not for, and what it is cleared for."""

    statement: Localised
    """What it does, on which images, for whom."""
    contraindications: tuple[Localised, ...] = ()
    """Where it must not be used, one statement each."""
    status: Literal["research", "cleared"] = "research"
    """`research` shows only in research departments, marked on every screen and object."""
    udi: str | None = None
    """Unique device identifier, if the product is cleared."""


class Licences(_Strict):
    """SPDX identifiers of what the package carries."""

    code: str
    """Licence of manifest, recipe and graphs, an SPDX expression."""
    weights: str
    """Licence of the trained weights, an SPDX expression."""
    attribution: str = ""
    """What the licence of the weights asks to be said."""


class Model(_Strict):
    """One ONNX file inside the package."""

    file: Annotated[str, Field(pattern=r"^models/[A-Za-z0-9_.-]+\.onnx$")]
    """Its path inside the package."""
    sha256: Sha256
    """Digest of the file, in hexadecimal; checked at install and at every load."""


class Wants(_Strict):
    """Which series the plug-in may be given. Routing reads this and nothing else."""

    modality: tuple[Literal["CT", "MR", "DX", "CR", "MG", "PT", "SM"], ...] = Field(min_length=1)
    """Accepted values of (0008,0060)."""
    body_part_examined: tuple[str, ...] = ()
    """Accepted values of (0018,0015); empty means any, and a series without the tag always passes."""
    min_slices: int = Field(default=1, ge=1)
    """Fewest slices of the series."""
    max_slice_spacing_mm: float | None = Field(default=None, gt=0)
    """Largest distance between slices."""
    exclude_image_type: tuple[str, ...] = ("LOCALIZER",)
    """A series with one of these values in (0008,0008) is not taken."""


class Mask(_Strict):
    """Restrict a stage to what an earlier stage of the same plug-in found."""

    stage: Name
    """The earlier stage."""
    dilate_voxels: int = Field(default=0, ge=0, le=50)
    """Steps of 6-connected dilation on the grid of the stage that uses the mask."""
    outside_value: float
    """What the prepared image is set to outside the dilated mask."""
    crop: bool = True
    """Run only on the bounding box of the dilated mask."""


class StageInput(_Strict):
    """The tensor that the model is given."""

    name: str
    """Name of the input in the graph."""
    orientation: Annotated[str, Field(pattern=r"^[LR][AP][SI]$|^[SI][AP][LR]$")]
    """Where each spatial axis of the tensor grows to; the tensor is (batch, channel, *these)."""
    prepare: tuple[PrepareOperator, ...]
    """Run in this order on the volume in HU (or stored units), brought to `orientation` first."""
    mask: Mask | None = None
    """Where an earlier stage allows this one to look; everywhere if absent."""
    window: Count3
    """Shape of one window of the model's input."""
    pad_value: float = 0.0
    """What lies outside the prepared image."""
    larger_than_window: Literal["slide", "refuse"] = "slide"
    """What happens where the prepared image does not fit into one window."""


class StageOutput(_Strict):
    """The tensor that the model returns, and how labels are read from it."""

    name: str
    """Name of the output in the graph."""
    activation: Literal["none", "sigmoid", "softmax"] = "none"
    """Applied by the platform; `none` if the graph ends in probabilities already."""
    margin_low: Margin3 = (0, 0, 0)
    """Voxels at the lower end of the window that the output does not cover (valid convolutions)."""
    margin_high: Margin3 = (0, 0, 0)
    """The same at the upper end; what is left of the window is the shape of the output."""
    blend: Literal["none", "gaussian"] = "none"
    """How overlapping windows are joined: the mean, or weighted towards the centre of each."""
    overlap: float = Field(default=0.0, ge=0.0, lt=1.0)
    """Share of a window that the next one covers again."""
    threshold: float | None = Field(default=None, gt=0, lt=1)
    """Probability above which a voxel has the label; without it the largest channel wins, 0 is background."""
    labels: tuple[Name, ...] = Field(min_length=1)
    """Label of each output channel, background left out."""
    clean: tuple[CleanOperator, ...] = ()
    """Run in this order on the labels of this stage."""


class Stage(_Strict):
    """One model run; later stages may use what earlier ones found."""

    name: Name
    """Unique in the plug-in; masks refer to it."""
    operation: Literal["sliding_window_segmentation"] = "sliding_window_segmentation"
    """What the engine does with the model."""
    model: Name
    """Which of `models` it runs."""
    input: StageInput
    """What the model is given."""
    output: StageOutput
    """What it returns."""


class Label(_Strict):
    """One segment of the result, as it will stand in the DICOM SEG and on the screen."""

    name: Name
    """Unique in the plug-in; stages and measurements refer to it."""
    value: int = Field(ge=1, le=255)
    """Its voxel value in the label map."""
    title: Localised
    """Name on the screen and in the report."""
    category: Code
    """Segmented Property Category, PS3.16 CID 7150."""
    type: Code
    """Segmented Property Type."""
    colour: Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$")]
    """Recommended display colour, `#RRGGBB`."""
    inside: Name | None = None
    """Label that this one is a part of: its voxels count for that label's volume too."""
    kind: Literal["organ", "lesion"] = "organ"
    """An organ is one finding; every connected lesion is a finding of its own."""


class Measurement(_Strict):
    """One number of the result, as it will stand in the DICOM SR."""

    name: Name
    """Unique in the plug-in."""
    of: Name
    """The label that is measured."""
    method: Literal["volume", "largest_axial_diameter"]
    """How it is computed; a volume is in mL, a diameter in mm."""
    concept: Code
    """What is measured."""
    unit: Code
    """UCUM unit that fits the method."""
    title: Localised
    """Name on the screen and in the report."""


class Resources(_Strict):
    """What one run may use; above it, the run is ended."""

    device_memory_mib: int = Field(ge=0)
    """Memory of the GPU, if there is one."""
    memory_mib: int = Field(gt=0)
    """Memory of the host."""
    timeout_s: int = Field(gt=0, le=3600)
    """Time of one run, waiting left out."""


class Manifest(_Strict):
    """The whole of `plugin.toml`."""

    contract: Literal[1]
    """Version of this contract."""
    plugin: Identity
    """Its maker, name and version."""
    intended_use: IntendedUse
    """What it is for."""
    licences: Licences
    """What its parts may be used for."""
    fills: tuple[Annotated[str, Field(pattern=r"^[a-z_]+\.[a-z_]+$")], ...] = Field(min_length=1)
    """Slots of clinical apps, as app.slot."""
    wants: Wants
    """Which series it may be given."""
    models: dict[Name, Model] = Field(min_length=1)
    """The models, by name."""
    stages: tuple[Stage, ...] = Field(min_length=1)
    """What is run, in this order."""
    labels: tuple[Label, ...] = Field(min_length=1)
    """What is found."""
    measurements: tuple[Measurement, ...] = ()
    """What is measured."""
    resources: Resources
    """What one run may use."""

    @model_validator(mode="after")
    def _references_resolve(self) -> "Manifest":
        fault = next(faults_of_references(self), None)
        if fault is not None:
            raise ValueError(fault)
        return self


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
