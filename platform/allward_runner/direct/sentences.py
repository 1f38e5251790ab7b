"""Every sentence that a plug-in's own result says, in both languages."""

from allward_sdk.manifest import Label
from allward_sdk.parts import Localised


def none_found(label: Label) -> Localised:
    """Say that something was looked for and not found."""
    return Localised(
        en=f"{label.title.en}: no candidate found; this is not a negative examination.",
        zh=f"{label.title.zh}：未发现候选目标；这不等于检查结果阴性。",
    )


def nowhere_to_look(stage: str) -> Localised:
    """Say that a stage did not run, since the stage before it found nothing to look inside."""
    return Localised(
        en=f"The plug-in's stage {stage!r} could not look: an earlier stage found nothing to look inside.",
        zh=f"插件阶段 {stage!r} 无法运行：前一阶段未找到可供检查的区域。",
    )


def map_of(label: Label, meaning: Localised) -> Localised:
    """Name the map of a label."""
    return Localised(en=f"Map of {label.title.en} ({meaning.en})", zh=f"{label.title.zh}热图（{meaning.zh}）")


def highest_of_map(meaning: Localised) -> Localised:
    """Name the largest value of a map."""
    return Localised(en=f"Largest: {meaning.en}", zh=f"最大值：{meaning.zh}")


def numbered(label: Label, number: int) -> Localised:
    """Name one of several findings of a label."""
    return Localised(en=f"{label.title.en} {number}", zh=f"{label.title.zh} {number}")
