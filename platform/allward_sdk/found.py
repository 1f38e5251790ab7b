"""What the stages of a plug-in found, typed by kind: the small part as records, arrays beside them by name.

Points are (x, y, z) in mm, LPS; sizes are in mm along the axes (k, j, i) of the series, so that a box is told
by both whatever the orientation of the model was.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from allward_sdk.parts import Localised
from allward_sdk.shapes import BulkAnnotations, MarkGroup, Mesh
from allward_sdk.writings import Table, Text

Point = tuple[FiniteFloat, FiniteFloat, FiniteFloat]
Probability = Annotated[float, Field(ge=0, le=1)]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Candidate(_Record):
    """Something that a detection found."""

    number: int = Field(ge=1)
    """Unique in its stage and kept when others are dropped; vectors of candidates refer to it."""
    label: str
    """Name of the manifest's label."""
    score: Probability
    """How sure; after a rescoring stage, its new score."""
    centre_lps_mm: Point
    """Centre."""
    size_kji_mm: Point | None = None
    """Edges of its box; None if it is a point."""
    attributes: dict[str, FiniteFloat] = Field(default_factory=dict)
    """Attribute of the manifest -> what the model told."""
    classes: dict[str, dict[str, Probability]] = Field(default_factory=dict)
    """Stage that judged it -> label -> probability."""

    @property
    def diameter_mm(self) -> float | None:
        """Geometric mean of the box's edges; None for a point."""
        if self.size_kji_mm is None:
            return None
        k, j, i = self.size_kji_mm
        return float((k * j * i) ** (1.0 / 3.0))


class Detections(_Record):
    """The candidates of one stage, the highest scores first."""

    kind: Literal["detections"] = "detections"
    """Which kind of result this is."""
    stage: str
    """Name of the stage."""
    candidates: tuple[Candidate, ...]
    """Boxes and points."""


class Classified(_Record):
    """What one stage says of the whole image."""

    kind: Literal["classification"] = "classification"
    """Which kind of result this is."""
    stage: str
    """Name of the stage."""
    probabilities: dict[str, Probability]
    """Label -> probability."""
    chosen: tuple[str, ...]
    """Labels that it decides for; empty if none reached its threshold."""
    centre_lps_mm: Point
    """Centre of the window that was judged."""


class TileClasses(_Record):
    """Class probabilities of the tiles of a slide."""

    kind: Literal["tile_classes"] = "tile_classes"
    """Which kind of result this is."""
    stage: str
    """Name of the stage."""
    labels: tuple[str, ...]
    """Label of each column."""
    index: str
    """Name of the array (n,) int32: which of the given tiles were read; the others have no result."""
    probabilities: str
    """Name of the array (n, label) float32."""


class Vectors(_Record):
    """Vectors of an embedding."""

    kind: Literal["vectors"] = "vectors"
    """Which kind of result this is."""
    stage: str
    """Name of the stage."""
    of: Literal["tiles", "candidates", "volume"]
    """What each vector stands for."""
    index: str
    """Name of the array (n,) int32: tile in the given order, number of the candidate, or 0."""
    vectors: str
    """Name of the array (n, length) float32."""


class VolumeMap(_Record):
    """A coarse map over a volume; NaN where the stage did not look."""

    kind: Literal["volume_map"] = "volume_map"
    """Which kind of result this is."""
    stage: str
    """Name of the stage."""
    labels: tuple[str, ...]
    """Label of each map."""
    meaning: Localised
    """What a value means."""
    values: str
    """Name of the array (label, k, j, i) float32."""
    index_to_lps_mm: tuple[tuple[FiniteFloat, ...], ...]
    """(4, 4): maps (k, j, i, 1) of the array to (x, y, z, 1)."""


class SlideMap(_Record):
    """A map over a slide, one value for each place of the tiles' grid; NaN where no tile was read."""

    kind: Literal["slide_map"] = "slide_map"
    """Which kind of result this is."""
    stage: str
    """Name of the stage."""
    labels: tuple[str, ...]
    """Label of each map."""
    meaning: Localised
    """What a value means."""
    values: str
    """Name of the array (label, row, column) float32."""
    corner_px: tuple[int, int]
    """Row and column of the first place's corner on the slide, in pixels of the tiles' resolution."""
    stride_px: tuple[int, int]
    """Rows and columns from one place to the next."""
    mpp: float = Field(gt=0)
    """Micrometres of tissue per such pixel."""


Found = Annotated[
    Detections
    | Classified
    | TileClasses
    | Vectors
    | VolumeMap
    | SlideMap
    | Mesh
    | BulkAnnotations
    | Table
    | Text,
    Field(discriminator="kind"),
]
"""What one stage or an app found, outlines left out: those are in the label map."""


def record_id(record: Found) -> str:
    """Return the name by which a finding refers to a record; unique in a result."""
    return f"{record.kind}/{record.stage}"


def channel_id(record: Found, label: str) -> str:
    """Return the name by which a finding refers to what a map says of one label."""
    return f"{record_id(record)}/{label}"


def array_names(record: Found) -> tuple[str, ...]:
    """Return the names of the arrays that a record needs."""
    match record:
        case TileClasses():
            return (record.index, record.probabilities)
        case Vectors():
            return (record.index, record.vectors)
        case VolumeMap() | SlideMap():
            return (record.values,)
        case Mesh():
            return (record.vertices, record.triangles)
        case BulkAnnotations():
            return tuple(name for group in record.groups for name in _arrays_of_group(group))
        case _:
            return ()


def _arrays_of_group(group: MarkGroup) -> tuple[str, ...]:
    starts = () if group.starts is None else (group.starts,)
    return (group.points, *starts, *(measured.values for measured in group.measurements))
