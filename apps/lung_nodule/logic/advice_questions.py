"""What is asked of a reader: each question with its words, and which answers to it can be used.

A guideline's input becomes a question under its own name, unless two guidelines mean different things by one
name: sizes are named by the diameter that is meant, so that an answer for one is never taken for the other.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from allward_runner.abilities import Answer
from allward_sdk.parts import Localised
from lung_nodule.logic.guidelines.table import Guideline, Input, load
from lung_nodule.logic.risk.questions import QUESTIONS

_RENAMED = {
    ("fleischner_2017", "benign_pattern"): "benign_by_fleischner",
    ("bts_2015", "benign_pattern"): "benign_by_bts",
    ("lung_rads_2022", "previous_size"): "previous_mean_diameter_mm",
    ("lung_rads_2022", "previous_solid_size"): "previous_solid_mean_diameter_mm",
}
_SIZES = {
    ("size", "largest"): "largest_diameter_mm",
    ("size", "mean"): "mean_of_axes_mm",
    ("size", "mean_of_tenths"): "mean_diameter_mm",
    ("solid_size", "largest"): "solid_largest_diameter_mm",
    ("solid_size", "mean_of_tenths"): "solid_mean_diameter_mm",
}

_OF_FINDING = frozenset({
    "mean_of_axes_mm", "volume_mm3",
    "kind", "benign_pattern", "benign_by_fleischner", "benign_by_bts", "status", "mean_diameter_mm",
    "largest_diameter_mm", "solid_mean_diameter_mm", "solid_largest_diameter_mm", "previous_mean_diameter_mm",
    "previous_solid_mean_diameter_mm", "solid_status", "juxtapleural", "smooth", "shape", "airway_level",
    "secretions", "cyst_wall", "cyst_loculation", "cyst_change", "suspicious_features", "previous_category",
    "proven_benign", "resolved", "volume_change_percent", "doubling_time_days", "by_volume", "grown",
    "suspicious_morphology", "malignancy_percent", "longest_axial_mm", "upper_lobe", "spiculation", "uptake",
    "pet_done", "seen_before", "brock_percent", "herder_percent",
})  # fmt: skip
"""All else is asked once, of the patient or the examination."""

MEASURED = frozenset({
    "mean_of_axes_mm", "mean_diameter_mm", "largest_diameter_mm", "solid_mean_diameter_mm",
    "solid_largest_diameter_mm", "previous_mean_diameter_mm", "previous_solid_mean_diameter_mm",
    "volume_change_percent", "doubling_time_days", "by_volume", "longest_axial_mm", "volume_mm3",
})  # fmt: skip
"""Corrected by measuring again: asked for only where nothing could be measured."""

_LIMITS: dict[str, tuple[float, float]] = {
    "age_years": (0, 130),
    "nodule_count": (1, 1000),
    "volume_change_percent": (-100, 100000),
    "malignancy_percent": (0, 100),
    "brock_percent": (0, 100),
    "herder_percent": (0, 100),
    "months_since_previous": (0, 1200),
    "months_since_first": (0, 1200),
    "doubling_time_days": (1, 100000),
    "volume_mm3": (0.01, 10_000_000),
}
_MM = (0.1, 400.0)
"""Larger than any lung."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A question, without what is known of it."""

    name: str
    title: Localised
    kind: str
    options: Mapping[str, Localised] = field(default_factory=dict)
    unit: str | None = None

    @property
    def of_patient(self) -> bool:
        """Whether it is asked once, and not for each nodule."""
        return self.name not in _OF_FINDING

    @property
    def limits(self) -> tuple[float, float] | tuple[None, None]:
        """The smallest and the largest answer; None of all but numbers."""
        if self.kind != "number":
            return None, None
        return _LIMITS.get(self.name, _MM)

    def takes(self, answer: Answer | None) -> bool:
        """Tell whether an answer can be used."""
        if answer is None:
            return False
        if self.kind == "yes_no":
            return isinstance(answer, bool)
        if self.kind == "number":
            return not isinstance(answer, bool | str) and self._takes_number(float(answer))
        if not isinstance(answer, str):
            return False
        if self.kind == "date":
            return _is_day(answer)
        return answer in self.options if self.kind == "choice" else set(words_of(answer)) <= set(self.options)

    def _takes_number(self, answer: float) -> bool:
        least, most = self.limits
        assert least is not None
        assert most is not None
        whole = self.name != "nodule_count" or answer.is_integer()
        return math.isfinite(answer) and least <= answer <= most and whole


def words_of(answer: str) -> tuple[str, ...]:
    """Return the names that an answer to `choices` holds; none of an empty one."""
    return tuple(word.strip() for word in answer.split(",") if word.strip())


def _is_day(answer: str) -> bool:
    try:
        date.fromisoformat(answer)
    except ValueError:
        return False
    return True


def question_name(guideline: Guideline, name: str) -> str:
    """Return under which name a guideline's input is asked."""
    meant = guideline.sizes.get(name)
    if meant is not None:
        return _SIZES[name, meant]
    return _RENAMED.get((guideline.id, name), "nodule_count" if name == "multiple" else name)


def question_of(guideline: Guideline, name: str) -> Wanted:
    """Return the question for a guideline's input."""
    asked = question_name(guideline, name)
    return OWN[asked] if asked in OWN else _of_input(asked, guideline.inputs[name])


def _of_input(asked: str, wanted: Input) -> Wanted:
    if wanted.form == "yes_no":
        return Wanted(asked, wanted.question, "yes_no")
    if wanted.form in {"word", "words"}:
        kind = "choice" if wanted.form == "word" else "choices"
        return Wanted(asked, wanted.question, kind, wanted.words)
    return Wanted(asked, wanted.question, "number", unit=wanted.unit or "mm")


def _say(en: str, zh: str) -> Localised:
    return Localised(en=en, zh=zh)


def _number(name: str, en: str, zh: str, unit: str = "mm") -> Wanted:
    return Wanted(name, _say(en, zh), "number", unit=unit)


def _yes_no(name: str, en: str, zh: str) -> Wanted:
    return Wanted(name, _say(en, zh), "yes_no")


def _by_name(wanted: Iterable[Wanted]) -> dict[str, Wanted]:
    return {each.name: each for each in wanted}


_KIND = load("lung_rads_2022").inputs["kind"]
"""It has a word for every kind: what a reader said is never lost on a guideline that has fewer."""
_MODELS = {"age_years": "a", "longest_axial_mm": "mm", "nodule_count": "{nodules}"}
_UPTAKE = {
    "none": _say("none: no more than the lung", "无：不高于肺组织"),
    "faint": _say("faint: up to the mediastinal blood pool", "轻度：不高于纵隔血池"),
    "moderate": _say("moderate: above the blood pool", "中度：高于血池"),
    "intense": _say("intense: far above the blood pool", "重度：明显高于血池"),
}
_CANCER_BEFORE = {
    "none": _say("no", "无"),
    "within_5_years": _say("within the last 5 years", "近 5 年内"),
    "more_than_5_years": _say("more than 5 years ago", "5 年以前"),
}
"""The Mayo model was made without patients with a cancer within 5 years. Source: Swensen 1997."""
_YES_NO_OF_MODELS = (
    "female",
    "family_history",
    "emphysema",
    "upper_lobe",
    "spiculation",
    "smoker",
)

OWN = _by_name([
    _number("mean_diameter_mm", "What is its mean diameter, in mm?", "平均径（mm）是多少？"),
    _number("mean_of_axes_mm", "What is the mean of its long and short axis, in mm?",
            "长径与短径的平均值（mm）是多少？"),
    _number("largest_diameter_mm", "What is its largest diameter, in mm?", "最大径（mm）是多少？"),
    _number("solid_mean_diameter_mm", "What is the mean diameter of its solid part, in mm?",
            "实性成分的平均径（mm）是多少？"),
    _number("solid_largest_diameter_mm", "What is the largest diameter of its solid part, in mm?",
            "实性成分的最大径（mm）是多少？"),
    _number("previous_mean_diameter_mm", "What was its mean diameter on the prior CT, in mm?",
            "既往 CT 上的平均径（mm）是多少？"),
    _number("previous_solid_mean_diameter_mm",
            "What was the mean diameter of its solid part on the prior CT, in mm?",
            "既往 CT 上实性成分的平均径（mm）是多少？"),
    _yes_no("prior_ct", "Is there an earlier chest CT of the patient?", "患者是否有既往胸部 CT？"),
    _yes_no("seen_before", "Was the nodule there on the prior CT?", "既往 CT 上是否已有该结节？"),
    _yes_no("prior_is_first", "Is the prior CT the first one that shows the nodules?",
            "既往 CT 是否为首次显示结节的 CT？"),
    _yes_no("resolved", "Has the nodule resolved?", "结节是否已消失？"),
    _yes_no("pet_done", "Was PET/CT done for it?", "是否已行 PET/CT？"),
    _yes_no("no_nodule_confirmed", "Have you looked through both lungs, and is there no nodule?",
            "您是否已阅览双肺并确认无结节？"),
    *(_number(name, QUESTIONS[name].en, QUESTIONS[name].zh, unit) for name, unit in _MODELS.items()),
    *(Wanted(name, QUESTIONS[name], "yes_no") for name in _YES_NO_OF_MODELS),
    Wanted("cancer_before", QUESTIONS["cancer_before"], "choice", _CANCER_BEFORE),
    Wanted("uptake", QUESTIONS["uptake"], "choice", _UPTAKE),
    Wanted("kind", _KIND.question, "choice", _KIND.words),
])  # fmt: skip
"""Questions that are put in other words than a guideline's table, or that none of them has."""
