"""Every sentence that the app says of a case, in both languages."""

from allward_sdk.parts import Localised

NO_CANDIDATE = Localised(
    en="No candidate was found; this is not a negative examination.",
    zh="未检出候选结节；不能据此判定为阴性。",
)
NO_DETECTOR = Localised(
    en="No detector was run on these images: nodules were not looked for.",
    zh="未对该序列运行检测模型：未查找结节。",
)
NOT_CT = Localised(
    en="These images are not CT: densities cannot be read from them.",
    zh="该序列不是CT图像，无法读取密度值。",
)
NOT_NUMBERS = Localised(
    en="Some voxels hold no number: the images are damaged.",
    zh="部分体素不是有效数值：图像已损坏。",
)
NO_LUNGS = Localised(
    en="No lungs were found in the images: this does not look like a CT of the chest.",
    zh="图像中未找到肺：不像是胸部CT。",
)


def part_of_lungs(height_mm: float) -> Localised:
    """Say that hardly any lung is in view."""
    cm = round(height_mm / 10.0)
    return Localised(
        en=f"Only {cm} cm of the lungs are in view: this does not look like a CT of the whole chest.",
        zh=f"视野内仅有约 {cm} cm 范围的肺：不像是完整的胸部CT。",
    )


def only_lung(side: str) -> Localised:
    """Say that one lung was not found."""
    zh = {"right": "右", "left": "左"}
    other = "left" if side == "right" else "right"
    return Localised(
        en=f"Only the {side} lung was found; the {other} one is not in view, holds no air, or is not there.",
        zh=f"仅找到{zh[side]}肺；{zh[other]}肺不在视野内、无含气或缺如。",
    )


CUT_ABOVE = Localised(
    en="The tops of the lungs are cut off by the scan.",
    zh="肺尖部未完整包括在扫描范围内。",
)
CUT_BELOW = Localised(
    en="The bases of the lungs are cut off by the scan.",
    zh="肺底部未完整包括在扫描范围内。",
)

_MOVED = "The outline of the lungs steps between slices"
_FOR_A_REPORT = ("Noise of ", _MOVED, "Not compared with ")
_APART = " mm apart: "
_LESS_THAN_BOTH_LUNGS = (CUT_ABOVE, CUT_BELOW, only_lung("right"), only_lung("left"))


def leaves_out_lung(said: Localised) -> bool:
    """Tell whether a sentence says that a part of the lungs is not shown."""
    return said in _LESS_THAN_BOTH_LUNGS


def is_for_a_report(said: Localised) -> bool:
    """Tell whether a sentence is for a report: what is not shown, hidden, or could not be compared.

    What a program did with its own marks is for its screen alone.
    """
    return leaves_out_lung(said) or said.en.startswith(_FOR_A_REPORT) or _APART in said.en


def thick_slices(thickness_mm: float, shown_mm: float, measured_mm: float) -> Localised:
    """Say what slices of a thickness do not show."""
    en = f"Slices of {thickness_mm:g} mm, where at most 1.5 mm are asked for:"
    zh = f"层厚 {thickness_mm:g} mm（要求不超过 1.5 mm）："
    if shown_mm >= 4.0:
        return Localised(
            en=f"{en} nodules below {shown_mm:g} mm can be missed altogether, those of 4 mm among them, "
            f"and sizes below {measured_mm:g} mm are coarse.",
            zh=f"{zh}小于 {shown_mm:g} mm 的结节（包括 4 mm 结节）可能完全漏检，"
            f"小于 {measured_mm:g} mm 的测量值较粗略。",
        )
    return Localised(
        en=f"{en} nodules below {shown_mm:g} mm can be missed, sizes below {measured_mm:g} mm are coarse.",
        zh=f"{zh}小于 {shown_mm:g} mm 的结节可能漏检，小于 {measured_mm:g} mm 的测量值较粗略。",
    )


def gaps(spacing_mm: float, thickness_mm: float) -> Localised:
    """Say that there is a gap between slices."""
    return Localised(
        en=f"Slices of {thickness_mm:g} mm lie {spacing_mm:g} mm apart: what lies between them is not seen.",
        zh=f"层厚 {thickness_mm:g} mm，层间距 {spacing_mm:g} mm：层间组织未成像。",
    )


def sharp_kernel(name: str) -> Localised:
    """Say that a kernel sharpens edges."""
    return Localised(
        en=f"Sharp kernel ({name}): densities, and with them type and mass, are less sure.",
        zh=f"锐利重建核（{name}）：密度值及据此判断的类型和质量可靠性降低。",
    )


UNKNOWN_KERNEL = Localised(
    en="The kernel is not named in the images: a comparison with other series is not safe.",
    zh="图像未注明重建核：与其他序列的比较不可靠。",
)


def noisy(sd_hu: float) -> Localised:
    """Say that noise is large."""
    return Localised(
        en=f"Noise of {sd_hu:.0f} HU in soft tissue: ground glass can be missed, sizes are less sure.",
        zh=f"软组织噪声 {sd_hu:.0f} HU：磨玻璃结节可能漏检，测量值可靠性降低。",
    )


def moved(count: int, largest_mm: float) -> Localised:
    """Say that the outline of the lungs jumps between slices."""
    times = "in one place" if count == 1 else f"in {count} places"
    return Localised(
        en=f"{_MOVED} {times}, by up to {largest_mm:.1f} mm on average: the patient breathed or moved. "
        "Nodules there can be missed, or show twice or distorted.",
        zh=f"相邻层面间肺轮廓有 {count} 处错位，平均最大 {largest_mm:.1f} mm："
        "扫描中患者呼吸或移动，该处结节可能漏检、重复显示或变形。",
    )


CONTRAST = Localised(
    en="With contrast medium: densities of nodules are higher than without it.",
    zh="增强扫描：结节密度值高于平扫。",
)
CONTRAST_UNSURE = Localised(
    en="Whether contrast medium was given cannot be told from header or density.",
    zh="无法根据图像信息或密度判断是否使用了对比剂。",
)


def refused(count: int, why: Localised) -> Localised:
    """Say that candidates were not looked at."""
    return Localised(
        en=f"{count} candidate{'s' if count > 1 else ''} not followed: {why.en}.",
        zh=f"{count} 个候选未处理：{why.zh}。",
    )


OUTSIDE_SCAN = Localised(en="outside the images", zh="位于图像之外")
OUTSIDE_LUNGS = Localised(en="outside the lungs", zh="位于肺外")
NO_NUMBER = Localised(en="their place or score is no number", zh="位置或分值不是有效数值")
ABSURD_SIZE = Localised(en="no nodule has such a size", zh="尺寸不合理")


def too_many(count: int, most: int) -> Localised:
    """Say that only the candidates with the highest scores are shown."""
    return Localised(
        en=f"The detector marks {count} places in the lungs, more than can be read: "
        f"the {most} with the highest scores are shown.",
        zh=f"检测模型在肺内标记了 {count} 处，超出可阅读数量：仅显示分值最高的 {most} 处。",
    )


def seen_twice(count: int) -> Localised:
    """Say that some candidates are no findings of their own."""
    return Localised(
        en=f"{count} candidate{'s lie' if count > 1 else ' lies'} in a nodule that is shown: counted once.",
        zh=f"{count} 个候选与已显示结节为同一结节：仅计一次。",
    )


def not_outlined(count: int) -> Localised:
    """Say that some candidates could not be measured."""
    return Localised(
        en=f"{count} candidate{'s' if count > 1 else ''} could not be outlined by density: not measured.",
        zh=f"{count} 个候选无法按密度勾画：未测量。",
    )
