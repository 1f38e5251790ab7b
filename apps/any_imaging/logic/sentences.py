"""Every sentence that the app says, in both languages."""

from allward_sdk.manifest import Label
from allward_sdk.parts import Localised


def not_found(label: Label) -> Localised:
    """Say that an organ was not found."""
    return Localised(
        en=f"{label.title.en} not found in the images.",
        zh=f"图像中未找到{label.title.zh}。",
    )


def none_found(label: Label) -> Localised:
    """Say that lesions were looked for and none was found."""
    return Localised(
        en=f"{label.title.en}: none found.",
        zh=f"未发现{label.title.zh}。",
    )


def not_looked_for(label: Label) -> Localised:
    """Say that lesions could not be looked for, since that part of the plug-in did not run."""
    return Localised(
        en=f"{label.title.en} could not be looked for: too little of its organ was found to search in.",
        zh=f"无法查找{label.title.zh}：找到的所在器官范围过小，不足以搜索。",
    )


def without_organ(label: Label, organ: Label) -> Localised:
    """Say that lesions could not be looked for, since their organ was not found."""
    return Localised(
        en=f"{label.title.en} could not be looked for: {organ.title.en} not found in the images.",
        zh=f"无法查找{label.title.zh}：图像中未找到{organ.title.zh}。",
    )


def reaches_edge(label: Label) -> Localised:
    """Say that an organ is cut off by the scan."""
    return Localised(
        en=f"{label.title.en} reaches the edge of the scan; what is measured is the part in view.",
        zh=f"{label.title.zh}到达扫描边缘，测量值仅为视野内部分。",
    )


def numbered(label: Label, ordinal: int) -> Localised:
    """Name one of several lesions, the largest being number 1."""
    return Localised(en=f"{label.title.en} {ordinal}", zh=f"{label.title.zh} {ordinal}")
