"""Couinaud's segments I to VIII, IV in two parts: numbers, and the planes between them.

The convention, which every plan states: the plane of the right hepatic vein parts the posterior section (VI,
VII) from the anterior one (V, VIII); that of the middle hepatic vein (Cantlie's line) the right from the left
liver; the umbilical fissure IV from II and III; the left hepatic vein II from III; the level of the portal
bifurcation the upper segments (VII, VIII, IVa) from the lower ones (VI, V, IVb). The caudate lobe, I, is
given: no plane tells it.

Source
------
Couinaud 1957, Le foie; Strasberg 2000, HPB 2:333 (Brisbane terminology), for the planes of the sections;
Slicer-Liver, for segments by the nearest labelled vessel.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from allward_measure.components import Mask
from allward_measure.surgery.cutting import Plane
from allward_measure.surgery.organ import Organ
from allward_measure.surgery.planes import Region, regions_by_planes
from allward_sdk.parts import Localised

Labels = npt.NDArray[np.int32]
Method = Literal["planes", "vessels_straight", "vessels_within", "plugin"]

SEGMENTS: dict[int, str] = {
    1: "I",
    2: "II",
    3: "III",
    4: "IVa",
    5: "V",
    6: "VI",
    7: "VII",
    8: "VIII",
    9: "IVb",
}
"""Name by number in a label map; IVb is 9, so that the others bear their own numbers."""

RIGHT_VEIN = "right_hepatic_vein"
MIDDLE_VEIN = "middle_hepatic_vein"
FISSURE = "umbilical_fissure"
LEFT_VEIN = "left_hepatic_vein"
PORTAL_LEVEL = "portal_level"

PLANE_TOWARDS: dict[str, str] = {
    RIGHT_VEIN: "left",
    MIDDLE_VEIN: "left",
    FISSURE: "left",
    LEFT_VEIN: "segment_2",
    PORTAL_LEVEL: "superior",
}
"""Where the normal of each plane points to: the patient's left, upwards, or, for the left hepatic vein, to
the side of segment II."""

REGIONS: tuple[Region, ...] = (
    Region(6, frozenset(), frozenset({RIGHT_VEIN, MIDDLE_VEIN, FISSURE, PORTAL_LEVEL})),
    Region(7, frozenset({PORTAL_LEVEL}), frozenset({RIGHT_VEIN, MIDDLE_VEIN, FISSURE})),
    Region(5, frozenset(), frozenset({MIDDLE_VEIN, FISSURE, PORTAL_LEVEL})),
    Region(8, frozenset({PORTAL_LEVEL}), frozenset({MIDDLE_VEIN, FISSURE})),
    Region(9, frozenset(), frozenset({FISSURE, PORTAL_LEVEL})),
    Region(4, frozenset({PORTAL_LEVEL}), frozenset({FISSURE})),
    Region(2, frozenset({LEFT_VEIN}), frozenset()),
    Region(3, frozenset(), frozenset({LEFT_VEIN})),
)
"""In the order from right to left, so that planes that meet within the liver leave no gap."""

GROUPS: dict[str, frozenset[int]] = {
    "right_posterior_section": frozenset({6, 7}),
    "right_anterior_section": frozenset({5, 8}),
    "left_medial_section": frozenset({4, 9}),
    "left_lateral_section": frozenset({2, 3}),
    "right_liver": frozenset({5, 6, 7, 8}),
    "left_liver": frozenset({2, 3, 4, 9}),
}
"""Sections and halves by their segments; I belongs to neither half."""

CONVENTION: dict[Method, Localised] = {
    "planes": Localised(
        en="Segments by planes through landmarks: right, middle and left hepatic vein, umbilical fissure, "
        "level of the portal bifurcation. IV lies between the middle hepatic vein and the umbilical fissure; "
        "the left hepatic vein parts II from III.",
        zh="按标志点平面分段：肝右、肝中、肝左静脉，脐裂，门静脉分叉水平。Ⅳ段位于肝中静脉与脐裂之间；肝左静脉分隔Ⅱ段与Ⅲ段。",
    ),
    "vessels_straight": Localised(
        en="Segments by the nearest labelled branch of portal and hepatic veins, by straight distance.",
        zh="按距离最近的已标注门静脉和肝静脉分支分段（直线距离）。",
    ),
    "vessels_within": Localised(
        en="Segments by the nearest labelled branch of portal and hepatic veins, on the way within the "
        "liver.",
        zh="按距离最近的已标注门静脉和肝静脉分支分段（肝内路径距离）。",
    ),
    "plugin": Localised(
        en="Segments as a model drew them; its planes may differ from those of landmarks.",
        zh="由模型勾画的肝段；其分界可能与标志点平面不同。",
    ),
}
"""What a plan says of its segments."""


def segments_by_planes(organ: Organ, planes: Mapping[str, Plane], caudate: Mask | None = None) -> Labels:
    """Return the segment of every voxel of a liver, numbers of `SEGMENTS`; 0 outside it.

    Parameters
    ----------
    planes
        By the names of `PLANE_TOWARDS`, with normals as it says.
    caudate : shape (k, j, i) of the liver's box
        Segment I; None: the plan has none, and its volume is in the segments around it.

    Raises
    ------
    BadInputError
        If a plane is missing.
    """
    return regions_by_planes(organ, planes, REGIONS, None if caudate is None else {1: caudate})


def volumes_ml(organ: Organ, segments: Labels) -> dict[str, float | None]:
    """Return the volume of each segment by name; None for one that the map does not have.

    Together they are the liver's volume, if every voxel has a segment.
    """
    counts = np.bincount(segments[organ.mask].ravel(), minlength=max(SEGMENTS) + 1)
    voxel_ml = organ.geometry.voxel_volume_ml
    return {name: int(counts[n]) * voxel_ml if counts[n] else None for n, name in SEGMENTS.items()}


def holding(organ: Organ, segments: Labels, part: Mask) -> Sequence[str]:
    """Return the names of the segments in which a part of the liver lies, the one that holds most first."""
    counts = np.bincount(segments[organ.mask & part].ravel(), minlength=max(SEGMENTS) + 1)
    held = sorted((number for number in SEGMENTS if counts[number]), key=lambda n: (-counts[n], n))
    return [SEGMENTS[number] for number in held]
