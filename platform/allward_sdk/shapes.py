"""Results that are drawn but are no voxels: surfaces in the patient, and many small marks on a slide."""

from typing import Literal

from pydantic import Field

from allward_sdk.parts import Code, Localised, Name, Strict

Graphic = Literal["point", "rectangle", "ellipse", "polygon", "polyline"]

POINTS_OF_GRAPHIC: dict[Graphic, int | None] = {
    "point": 1,
    "rectangle": 4,
    "ellipse": 4,
    "polygon": None,
    "polyline": None,
}
"""Points of each mark; None where every mark has its own number. Source: PS3.3 C.37.1.2 (Graphic Type)."""


class Mesh(Strict):
    """A closed surface in the patient."""

    kind: Literal["mesh"] = "mesh"
    """Which kind of result this is."""
    stage: Name
    """Name of the stage, or of the app's own step; unique among the result's meshes."""
    label: Code
    """What it is the surface of."""
    title: Localised
    """Name for people."""
    vertices: str
    """Name of the array (n, 3) float32: (x, y, z) in mm, LPS."""
    triangles: str
    """Name of the array (m, 3) int32: rows of `vertices`, counter-clockwise as seen from outside."""


class MarkMeasurement(Strict):
    """One number of each mark of a group."""

    concept: Code
    """What was measured."""
    unit: Code
    """UCUM unit."""
    values: str
    """Name of the array (mark,) float32; NaN where it was not measured."""


class MarkGroup(Strict):
    """Marks of one meaning."""

    label: Code
    """Annotated Property Type."""
    category: Code
    """Annotated Property Category."""
    title: Localised
    """Name for people."""
    graphic: Graphic
    """What each mark is; a rectangle has its corners in order, an ellipse the ends of its two axes."""
    points: str
    """Name of the array (n, 2) float32: column and row on the whole slide, in pixels of the source image."""
    starts: str | None = None
    """Name of the array (mark,) int32: first point of each polygon or polyline; None for the others."""
    measurements: tuple[MarkMeasurement, ...] = ()
    """Numbers of each mark."""


class BulkAnnotations(Strict):
    """Many small marks on a slide."""

    kind: Literal["bulk_annotations"] = "bulk_annotations"
    """Which kind of result this is."""
    stage: Name
    """Name of the stage, or of the app's own step."""
    title: Localised
    """Name for people."""
    groups: tuple[MarkGroup, ...] = Field(min_length=1)
    """The marks by meaning."""
