"""The tables in words, for people to read: every rule with its conditions, in both languages."""

from decimal import Decimal
from functools import cache

from allward_runner.guideline_tables import GuidelineTable, TableRule
from allward_sdk.parts import Localised
from lung_nodule.logic.guidelines.choose import TABLES
from lung_nodule.logic.guidelines.table import (
    Condition,
    Guideline,
    Holding,
    Input,
    Limit,
    Limits,
    Rule,
    load,
)

LISTS = {
    "benign": Localised(en="Benign nodules", zh="良性结节"),
    "nodule": Localised(en="By nodule", zh="逐个结节"),
    "stepped": Localised(en="Stepped management of a nodule that did not grow", zh="未增大结节的逐级管理"),
    "kept": Localised(
        en="What stepped management leaves a nodule that grew", zh="增大结节在逐级管理中不低于的类别"
    ),
    "raised": Localised(en="Raised for suspicious features", zh="因可疑征象上调"),
    "no_nodule": Localised(en="Without a nodule", zh="无结节"),
    "examination": Localised(en="The examination", zh="本次检查"),
    "modifier": Localised(en="Modifier", zh="修饰符"),
    "before_pet": Localised(en="Before PET/CT", zh="PET/CT 之前"),
    "followup_solid": Localised(en="A later CT of a solid nodule", zh="实性结节的后续 CT"),
    "followup_subsolid": Localised(en="A later CT of a subsolid nodule", zh="亚实性结节的后续 CT"),
    "mass": Localised(en="A mass", zh="肿块"),
    "size_open": Localised(en="A nodule whose size is open", zh="大小未知的结节"),
    "category": Localised(en="A category", zh="类别"),
}
"""What a list of rules is about."""

_UNITS = {
    "a": Localised(en="years", zh="岁"),
    "mo": Localised(en="months", zh="个月"),
    "d": Localised(en="days", zh="天"),
    "%": Localised(en="%", zh="%"),
}
_SIGNS = {"at_least": "≥", "above": ">", "at_most": "≤", "below": "<"}
_SIZES = {"mm": "mm", "mm3": "mm³"}


@cache
def readable_tables() -> tuple[GuidelineTable, ...]:
    """Return every guideline that the app brings, and the table of what is told beside the report."""
    return tuple(_readable(load(name)) for name in (*TABLES, "told_at_once"))


def _readable(guideline: Guideline) -> GuidelineTable:
    return GuidelineTable(
        name=guideline.id,
        title=guideline.title,
        version=guideline.version,
        edition=guideline.edition,
        source=guideline.source,
        notes=guideline.notes,
        excludes=tuple(_rule(rule, guideline) for rule in guideline.excludes),
        rules=tuple(
            (LISTS[name], tuple(_rule(rule, guideline) for rule in rules))
            for name, rules in guideline.rules.items()
        ),
        recommended={category: advice.text for category, advice in guideline.advice.items()},
    )


def _rule(rule: Rule, guideline: Guideline) -> TableRule:
    return TableRule(
        id=rule.id,
        when=tuple(
            (guideline.inputs[name].question, _answers(condition, guideline.inputs[name]))
            for name, condition in rule.when.items()
        ),
        said=rule.text,
        category=rule.category,
        source=rule.source,
    )


def _answers(condition: Condition, wanted: Input) -> Localised:
    if isinstance(condition, bool):
        return Localised(en="yes", zh="是") if condition else Localised(en="no", zh="否")
    if isinstance(condition, Limits):
        return _limits(condition, wanted)
    if not isinstance(condition, Holding):
        return _one_of((condition,) if isinstance(condition, str) else condition, wanted)
    if condition.any_of:
        return _one_of(condition.any_of, wanted)
    return Localised(en="any", zh="有任一项") if condition.any else Localised(en="none", zh="无")


def _one_of(words: tuple[str, ...], wanted: Input) -> Localised:
    texts = [wanted.words[word] for word in words]
    return Localised(en=" / ".join(text.en for text in texts), zh=" / ".join(text.zh for text in texts))


def _limits(limits: Limits, wanted: Input) -> Localised:
    said = [
        _limit(sign, limit, wanted)
        for name, sign in _SIGNS.items()
        if (limit := getattr(limits, name)) is not None
    ]
    return Localised(en=", ".join(one.en for one in said), zh="，".join(one.zh for one in said))


def _limit(sign: str, limit: Limit, wanted: Input) -> Localised:
    by_measure = {"mm": limit} if isinstance(limit, Decimal) else limit
    if wanted.form == "size":
        diameter, *volume = (f"{sign} {number} {_SIZES[name]}" for name, number in by_measure.items())
        return Localised(
            en=diameter + "".join(f" (volume {one})" for one in volume),
            zh=diameter + "".join(f"（体积 {one}）" for one in volume),
        )
    if wanted.unit is None:
        return Localised(en=f"{sign} {limit}", zh=f"{sign} {limit}")
    unit = _UNITS[wanted.unit]
    return Localised(en=f"{sign} {limit} {unit.en}", zh=f"{sign} {limit} {unit.zh}")
