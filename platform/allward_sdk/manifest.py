"""`plugin.toml`: what a plug-in says about itself. This file is the definition of the contract.

Every triple inside a stage (spacing, shape, margin) is in the order of the model's own array axes,
which `orientation` names: in ``"RAS"`` the first axis grows to the patient's Right, the second to
the Anterior, the third to the Superior. The platform's own arrays are always (k, j, i) in LPS.
"""

from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from allward_sdk.contracts import CONTRACT as CONTRACT
from allward_sdk.contracts import to_current
from allward_sdk.errors import ManifestError
from allward_sdk.faults import faults_in_words, not_utf8, toml_tables
from allward_sdk.intended_use import IntendedUse
from allward_sdk.parameters import Parameter
from allward_sdk.parts import Code, Localised, Name, Sha256, Strict, in_ascii
from allward_sdk.references import faults_of_references
from allward_sdk.settings import faults_of_parameters
from allward_sdk.stages import Stage


class Identity(Strict):
    """Who made this, and which one it is."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(\.[a-z0-9-]+)+$", max_length=100)]
    """Reverse domain name; the last part names the package file."""
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$"), AfterValidator(in_ascii)]
    """Semantic version; another model or another threshold is another version."""
    vendor: str = Field(min_length=1, max_length=100)
    """Who answers for it."""
    title: Localised
    """Name on the screen."""


class Licences(Strict):
    """SPDX identifiers of what the package carries, and whether a hospital needs a token to run it."""

    code: str
    """Licence of manifest, recipe and graphs, an SPDX expression."""
    weights: str
    """Licence of the trained weights, an SPDX expression."""
    attribution: str = ""
    """What the licence of the weights asks to be said."""
    entitlement: bool = False
    """Whether runs begin only under an entitlement of the publisher (`allward entitlement issue`)."""


class Model(Strict):
    """One ONNX file inside the package."""

    file: Annotated[str, Field(pattern=r"^models/[A-Za-z0-9_.-]+\.onnx$")]
    """Its path inside the package."""
    sha256: Sha256
    """Digest of the file, in hexadecimal; checked at install and at every load."""


class Wants(Strict):
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


class Label(Strict):
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
    kind: Literal["organ", "lesion", "class"] = "organ"
    """An organ is one finding, every lesion is one of its own; a class is said of a whole, without voxels."""


class Measurement(Strict):
    """One number of the result, as it will stand in the DICOM SR."""

    name: Name
    """Unique in the plug-in."""
    of: Name
    """The label that is measured."""
    method: Literal["volume", "largest_axial_diameter", "box_diameter", "predicted"]
    """How it is computed; a volume is in mL, a diameter in mm.

    The first two are measured on voxels. A `box_diameter` is the geometric mean of the three edges of a
    candidate's box; what is `predicted` is the attribute that the model tells.
    """
    attribute: Name | None = None
    """With `predicted`: which attribute of the detection."""
    concept: Code
    """What is measured."""
    unit: Code
    """UCUM unit that fits the method."""
    title: Localised
    """Name on the screen and in the report."""


class Resources(Strict):
    """What one run may use; above it, the run is ended."""

    device_memory_mib: int = Field(ge=0)
    """Memory of the GPU, if there is one."""
    memory_mib: int = Field(gt=0)
    """Memory of the host."""
    timeout_s: int = Field(gt=0, le=3600)
    """Time of one run, waiting left out."""


class Manifest(Strict):
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
    parameters: tuple[Parameter, ...] = ()
    """What a user may set before a run."""
    resources: Resources
    """What one run may use."""

    @model_validator(mode="before")
    @classmethod
    def _reads_the_previous_contract_too(cls, tables: Any) -> Any:
        if not isinstance(tables, Mapping):
            return tables
        try:
            return to_current(tables)
        except ValueError as error:
            raise PydanticCustomError("contract", "{words}", {"words": str(error)}) from error

    @model_validator(mode="after")
    def _references_resolve(self) -> "Manifest":
        faults = list(dict.fromkeys(chain(faults_of_references(self), faults_of_parameters(self))))
        if faults:
            raise ValueError("\n".join(faults))
        return self


def parse_manifest(text: str, *, source: str = "plugin.toml") -> Manifest:
    """Read and check the text of a `plugin.toml`.

    Raises
    ------
    ManifestError
        With every fault found, one a line, each with its place in the file.
    """
    tables = toml_tables(text, source=source)
    try:
        return Manifest.model_validate(tables)
    except ValidationError as error:
        raise ManifestError(f"{source}:\n" + "\n".join(faults_in_words(error, tables))) from error


def read_manifest(path: Path) -> Manifest:
    """Read and check the `plugin.toml` at `path`; raises as `parse_manifest`."""
    try:
        return parse_manifest(path.read_text(encoding="utf-8"), source=str(path))
    except UnicodeDecodeError as error:
        raise ManifestError(f"{path}: {not_utf8(error)}") from error
    except OSError as error:
        raise ManifestError(f"{path}: cannot be read: {error.strerror or error}") from error
