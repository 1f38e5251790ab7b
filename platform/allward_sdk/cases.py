"""`acceptance/<case>/case.toml`: images that a plug-in is run on, and what it has to find there.

A case takes its images from its own folder, or from one of the built-in phantoms, so that a package needs no
patient's data. `allward plugin accept` runs the cases.
"""

from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator

from allward_sdk.errors import ManifestError
from allward_sdk.faults import faults_in_words, toml_tables
from allward_sdk.parts import Localised, Name, Strict, Triple

FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$")]
"""A path below the folder of the case."""

PhantomName = Literal["spheres", "boxes", "tubes", "abdomen", "colours"]
"""The built-in phantoms; `colours` are pictures for plug-ins of tiles, the others are series."""


class CaseInput(Strict):
    """The images of a case."""

    files: FileName | None = None
    """Folder or file with the images, below the folder of the case; this or `phantom`."""
    phantom: PhantomName | None = None
    """One of the built-in phantoms; this or `files`."""
    mpp: float | None = Field(default=None, gt=0, le=100)
    """Of pictures: micrometres of tissue per pixel."""

    @model_validator(mode="after")
    def _one_source(self) -> "CaseInput":
        if (self.files is None) == (self.phantom is None):
            raise ValueError("give one of files and phantom")
        return self


class ExpectedLabels(Strict):
    """A label map to compare with."""

    file: FileName
    """NIfTI file on the grid of the series, with the manifest's label values."""
    min_dice: float = Field(default=0.99, ge=0, le=1)
    """Least Dice overlap of every label that either map has."""


class ExpectedMeasurement(Strict):
    """A number of a finding."""

    finding: str = Field(min_length=1)
    """Id of the finding, as `findings.json` has it."""
    name: Name
    """Name of the measurement."""
    value: float
    """What is expected, in the unit of the measurement."""
    within: float = Field(ge=0)
    """How far it may be off, in the same unit."""


class ExpectedCandidate(Strict):
    """Something that a detection has to find."""

    label: Name
    """Label of the candidate."""
    centre_lps_mm: Triple
    """Where it is, (x, y, z) in mm, LPS."""
    within_mm: float = Field(gt=0)
    """How far the centre may be off."""


class ExpectedClass(Strict):
    """A probability of a class, of the whole image or the mean over the tiles of all pictures."""

    stage: Name
    """The stage that tells it."""
    label: Name
    """The class."""
    probability: float = Field(ge=0, le=1)
    """What is expected."""
    within: float = Field(ge=0, le=1)
    """How far it may be off."""


class ExpectedArray(Strict):
    """An array to compare with: vectors, maps, probabilities of tiles."""

    name: str = Field(min_length=1)
    """Name of the array, as `found.json` gives it."""
    file: FileName
    """NumPy file (.npy) of the same shape; NaN equals NaN."""
    within: float = Field(default=1e-3, ge=0)
    """Largest difference of any number."""


class Expected(Strict):
    """What has to be found; what is not mentioned is not compared."""

    evaluable: bool = True
    """Whether the images can be evaluated at all."""
    labels: ExpectedLabels | None = None
    """The label map."""
    measurements: tuple[ExpectedMeasurement, ...] = ()
    """Numbers of findings."""
    candidates: tuple[ExpectedCandidate, ...] = ()
    """What a detection finds."""
    most_other_candidates: int | None = Field(default=None, ge=0)
    """How many further candidates there may be; any number if absent."""
    classes: tuple[ExpectedClass, ...] = ()
    """Probabilities."""
    arrays: tuple[ExpectedArray, ...] = ()
    """Arrays."""


class AcceptanceCase(Strict):
    """The whole of `case.toml`."""

    title: Localised
    """What the case shows."""
    input: CaseInput
    """Its images."""
    expect: Expected
    """What has to be found in them."""


def parse_case(text: str, *, source: str) -> AcceptanceCase:
    """Read and check the text of a `case.toml`.

    Raises
    ------
    ManifestError
        With every fault found, one a line, each with its place in the file.
    """
    tables = toml_tables(text, source=source)
    try:
        return AcceptanceCase.model_validate(tables)
    except ValidationError as error:
        raise ManifestError(f"{source}:\n" + "\n".join(faults_in_words(error, tables))) from error
