"""Why a series cannot be evaluated: one code and one clear sentence in each language."""

from dataclasses import dataclass

_SENTENCES: dict[str, tuple[str, str]] = {
    "no_images": (
        "The series holds no images.",
        "该序列不含图像。",
    ),
    "localizer": (
        "The series holds localizer images only.",
        "该序列仅含定位像。",
    ),
    "secondary_capture": (
        "The series holds secondary captures (screen shots), which carry no geometry.",
        "该序列为二次截图，没有空间几何信息。",
    ),
    "multi_frame": (
        "The series holds multi-frame objects, which cannot be read as a volume here.",
        "该序列为多帧对象，此处无法作为体数据读取。",
    ),
    "mixed_series": (
        "The images belong to {detail} different series.",
        "图像来自 {detail} 个不同的序列。",
    ),
    "mixed_modality": (
        "The series mixes modalities: {detail}.",
        "该序列混有多种成像方式：{detail}。",
    ),
    "not_hu": (
        "The voxel values are not in Hounsfield units: {detail}.",
        "体素值不是 HU 值：{detail}。",
    ),
    "no_geometry": (
        "{detail} image(s) lack a valid Image Position or Image Orientation.",
        "{detail} 幅图像缺少有效的图像位置或方向。",
    ),
    "no_pixel_spacing": (
        "{detail} image(s) lack Pixel Spacing, so nothing can be measured in mm.",
        "{detail} 幅图像缺少像素间距，无法进行毫米测量。",
    ),
    "mixed_frames_of_reference": (
        "The images lie in {detail} different frames of reference.",
        "图像处于 {detail} 个不同的参考坐标系。",
    ),
    "mixed_orientations": (
        "The series mixes image orientations (largest difference {detail}°).",
        "该序列混有不同的图像方向（最大相差 {detail}°）。",
    ),
    "mixed_size": (
        "The series mixes image sizes: {detail}.",
        "该序列混有不同的图像尺寸：{detail}。",
    ),
    "mixed_spacing": (
        "The series mixes pixel spacings: {detail} mm.",
        "该序列混有不同的像素间距：{detail} mm。",
    ),
    "too_few_slices": (
        "The series has too few slices: {detail}.",
        "该序列层数过少：{detail}。",
    ),
    "duplicate_positions": (
        "Several images lie at one position ({detail}).",
        "多幅图像位于同一位置（{detail}）。",
    ),
    "missing_slices": (
        "Slices are missing: {detail}.",
        "缺少层面：{detail}。",
    ),
    "irregular_spacing": (
        "The distance between slices is irregular: {detail} mm.",
        "层间距不规则：{detail} mm。",
    ),
    "gantry_tilt": (
        "The gantry was tilted by {detail}°, so the slices form no rectangular grid.",
        "机架倾斜 {detail}°，层面不构成直角网格。",
    ),
    "shifted_slices": (
        "Slices are shifted sideways against each other by up to {detail} mm.",
        "层面之间存在最大 {detail} mm 的横向错位。",
    ),
    "undecodable": (
        "The pixels cannot be decoded: {detail}.",
        "像素数据无法解码：{detail}。",
    ),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason, for a physician.

    Attributes
    ----------
    code
        Stable name for programs: `"missing_slices"`.
    en, zh
        The whole sentence, detail included.
    detail
        The fact behind it: a place, a number, a list.
    """

    code: str
    en: str
    zh: str
    detail: str = ""


def reason(code: str, detail: str = "") -> Reason:
    """Return the reason with this code, its sentences filled in."""
    en, zh = _SENTENCES[code]
    return Reason(code, en.format(detail=detail), zh.format(detail=detail), detail)
