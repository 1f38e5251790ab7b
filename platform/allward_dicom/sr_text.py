"""The sentences of a report in both languages."""

from typing import Literal

from allward_dicom.provenance import Language

Topic = Literal[
    "research", "unverified", "verified", "limited", "at_least", "not_measured", "cut_off", "absent",
    "not_evaluable", "category", "no_negative", "said", "prior",
]  # fmt: skip

_SENTENCES: dict[Topic, tuple[str, str]] = {
    "research": (
        "FOR RESEARCH USE ONLY. Not for diagnosis or treatment.",
        "仅供科研使用，不得用于诊断或治疗。",
    ),
    "unverified": (
        "UNVERIFIED: made by software, not reviewed by a physician.",
        "未审核：由软件生成，未经医师审核。",
    ),
    "verified": (
        "Reviewed and confirmed by the verifying observer.",
        "已由审核医师复核确认。",
    ),
    "limited": ("Limitations: {}", "局限性：{}"),
    "at_least": (
        "{}: the structure is cut off by the edge of the scan; the true value is at least this.",
        "{}：该结构被扫描范围截断，真实值不小于所示数值。",
    ),
    "not_measured": ("{}: not measured.", "{}：未测量。"),
    "cut_off": (
        "The structure touches the edge of the scan and is not completely in view.",
        "该结构触及扫描边缘，未完整显示。",
    ),
    "absent": ("{}: looked for, none found.", "{}：已检查，未发现。"),
    "not_evaluable": ("{}: not evaluable. {}", "{}：无法评估。{}"),
    "category": ("Category: {}", "分类：{}"),
    "no_negative": (
        "No candidate was found by software; this is not a negative examination.",
        "软件未检出候选病灶；这不等于检查结果为阴性。",
    ),
    "said": ("{}: {}", "{}：{}"),
    "prior": ("Compared with the examination of {}.", "与{}的检查对比。"),
}


def sentence(topic: Topic, language: Language, *details: str) -> str:
    """Return the sentence on a topic, its details filled in."""
    en, zh = _SENTENCES[topic]
    return (zh if language == "zh" else en).format(*details)
