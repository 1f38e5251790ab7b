"""Names and codes of what is told of a nodule, in both languages; the one list that the app writes from."""

from collections.abc import Mapping
from dataclasses import dataclass

from allward_measure.nodules.place import Lobe
from allward_measure.thorax.sides import Side
from allward_sdk.parts import Code, Localised
from allward_sdk.results import Property

NODULE = Code(scheme="SCT", value="427359005", meaning="Solitary nodule of lung")
NODULE_TITLE = Localised(en="Lung nodule", zh="肺结节")
SEGMENT_CATEGORY = Code(scheme="SCT", value="49755003", meaning="Morphologically Abnormal Structure")
SEGMENT_TYPE = Code(scheme="SCT", value="27925004", meaning="Nodule")

_MM = Code(scheme="UCUM", value="mm", meaning="millimeter")
_MM3 = Code(scheme="UCUM", value="mm3", meaning="cubic millimeter")
_HU = Code(scheme="UCUM", value="[hnsf'U]", meaning="Hounsfield unit")
_MG = Code(scheme="UCUM", value="mg", meaning="milligram")

_DIAMETER = Code(scheme="SCT", value="81827009", meaning="Diameter")
_LONG_AXIS = Code(scheme="SCT", value="103339001", meaning="Long axis")
_VOLUME = Code(scheme="SCT", value="118565006", meaning="Volume")


@dataclass(frozen=True, slots=True)
class Told:
    """What a measurement is called, how it is coded, and how it was taken."""

    title: Localised
    concept: Code
    unit: Code
    method: str


_BEST_PLANE = "in the plane where it is longest, outer edge to outer edge, between voxels"
_FRACTIONS = "fractions of voxels between the density of the lung and of the nodule"

MEASURED: Mapping[str, Told] = {
    "long_axis_mm": Told(Localised(en="Long axis", zh="长径"), _LONG_AXIS, _MM, _BEST_PLANE),
    "short_axis_mm": Told(
        Localised(en="Short axis", zh="短径"),
        Code(scheme="SCT", value="103340004", meaning="Short axis"),
        _MM,
        "at a right angle to the long axis, in the same plane",
    ),
    "mean_diameter_mm": Told(
        Localised(en="Mean diameter", zh="平均直径"), _DIAMETER, _MM, "mean of long and short axis"
    ),
    "largest_3d_mm": Told(
        Localised(en="Largest diameter in space", zh="三维最大径"),
        _DIAMETER,
        _MM,
        "longest line between two points of the surface",
    ),
    "volume_mm3": Told(Localised(en="Volume", zh="体积"), _VOLUME, _MM3, _FRACTIONS),
    "equivalent_diameter_mm": Told(
        Localised(en="Diameter of the sphere of this volume", zh="等体积球直径"),
        _DIAMETER,
        _MM,
        "of the sphere of the same volume",
    ),
    "solid_long_axis_mm": Told(
        Localised(en="Solid part, long axis", zh="实性成分长径"), _LONG_AXIS, _MM, _BEST_PLANE
    ),
    "solid_mean_diameter_mm": Told(
        Localised(en="Solid part, mean diameter", zh="实性成分平均直径"),
        _DIAMETER,
        _MM,
        "mean of long and short axis of the largest solid part",
    ),
    "solid_volume_mm3": Told(
        Localised(en="Solid part, volume", zh="实性成分体积"), _VOLUME, _MM3, _FRACTIONS
    ),
    "longest_axial_mm": Told(
        Localised(en="Longest axial diameter", zh="轴位最长径"), _LONG_AXIS, _MM, "in the axial plane"
    ),
    "mean_hu": Told(
        Localised(en="Mean density", zh="平均CT值"),
        Code(scheme="DCM", value="112181", meaning="Mean Attenuation Coefficient"),
        _HU,
        "of the voxels of the outline",
    ),
    "sd_hu": Told(
        Localised(en="Standard deviation of density", zh="CT值标准差"),
        Code(scheme="DCM", value="112183", meaning="Standard Deviation of Attenuation Coefficient"),
        _HU,
        "of the voxels of the outline",
    ),
    "min_hu": Told(
        Localised(en="Lowest density", zh="最低CT值"),
        Code(scheme="DCM", value="112179", meaning="Minimum Attenuation Coefficient"),
        _HU,
        "of the voxels of the outline",
    ),
    "max_hu": Told(
        Localised(en="Highest density", zh="最高CT值"),
        Code(scheme="DCM", value="112180", meaning="Maximum Attenuation Coefficient"),
        _HU,
        "of the voxels of the outline",
    ),
    "mass_mg": Told(
        Localised(en="Mass", zh="质量"),
        Code(scheme="SCT", value="118538004", meaning="Mass"),
        _MG,
        "volume times (mean density + 1000 HU)",
    ),
    "distance_to_pleura_mm": Told(
        Localised(en="Distance to the pleura", zh="距胸膜距离"),
        Code(scheme="DCM", value="121206", meaning="Distance"),
        _MM,
        "gap between the surfaces of the nodule and of the lung; fissures do not count",
    ),
}
"""Every measurement by its name, in the order in which they are told."""

CALIPERS = "drawn by the reader"
"""Method of a diameter that a person drew."""

ANSWERED = "given by the reader"
"""Method of a size that a person answered when asked for it."""

KINDS: Mapping[str, tuple[Localised, Code | None]] = {
    "solid": (
        Localised(en="solid", zh="实性"),
        Code(scheme="SCT", value="35702001", meaning="Solid"),
    ),
    "part_solid": (Localised(en="part-solid", zh="部分实性"), None),
    "ground_glass": (
        Localised(en="ground-glass", zh="磨玻璃"),
        Code(scheme="DCM", value="112120", meaning="Ground glass opacity"),
    ),
    "calcified": (
        Localised(en="calcified", zh="钙化"),
        Code(scheme="SCT", value="237897009", meaning="Calcified"),
    ),
    "fat_containing": (
        Localised(en="fat", zh="含脂肪"),
        Code(scheme="SCT", value="256674009", meaning="Fat"),
    ),
}
"""Kind as it is measured -> how it is said, code."""

LOBES: Mapping[Lobe, tuple[Localised, Code]] = {
    "RUL": (
        Localised(en="right upper lobe", zh="右肺上叶"),
        Code(scheme="SCT", value="42400003", meaning="Upper lobe of right lung"),
    ),
    "RML": (
        Localised(en="right middle lobe", zh="右肺中叶"),
        Code(scheme="SCT", value="72481006", meaning="Middle lobe of right lung"),
    ),
    "RLL": (
        Localised(en="right lower lobe", zh="右肺下叶"),
        Code(scheme="SCT", value="266005", meaning="Lower lobe of right lung"),
    ),
    "LUL": (
        Localised(en="left upper lobe", zh="左肺上叶"),
        Code(scheme="SCT", value="44714003", meaning="Upper lobe of left lung"),
    ),
    "LLL": (
        Localised(en="left lower lobe", zh="左肺下叶"),
        Code(scheme="SCT", value="41224006", meaning="Lower lobe of left lung"),
    ),
}

SIDES: Mapping[Side, tuple[Localised, Code]] = {
    "right": (Localised(en="right", zh="右"), Code(scheme="SCT", value="24028007", meaning="Right")),
    "left": (Localised(en="left", zh="左"), Code(scheme="SCT", value="7771000", meaning="Left")),
}

_TITLES: Mapping[str, tuple[Localised, Code]] = {
    "kind": (
        Localised(en="Type", zh="类型"),
        Code(scheme="DCM", value="112118", meaning="Density"),
    ),
    "lobe": (
        Localised(en="Lobe", zh="肺叶"),
        Code(scheme="SCT", value="363698007", meaning="Finding Site"),
    ),
    "side": (
        Localised(en="Side", zh="侧别"),
        Code(scheme="SCT", value="272741003", meaning="Laterality"),
    ),
    "pleura": (
        Localised(en="Relation to the pleura", zh="与胸膜关系"),
        Code(scheme="DCM", value="112013", meaning="Location in Chest"),
    ),
    "measured": (
        Localised(en="Measured by", zh="测量者"),
        Code(scheme="SCT", value="370129005", meaning="Measurement Method"),
    ),
    "coarse": (
        Localised(en="Exactness", zh="精度"),
        Code(scheme="DCM", value="111101", meaning="Image Quality"),
    ),
}


def property_of(name: str, said: Localised, value: Code | None = None) -> Property:
    """Return a property by its name."""
    title, concept = _TITLES[name]
    return Property(name=name, title=title, concept=concept, value=value, said=said)
