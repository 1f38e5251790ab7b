"""How what became of a nodule is said: names, codes and methods of what a comparison adds to a finding."""

from collections.abc import Mapping
from typing import Literal

from allward_sdk.parts import Code, Localised
from allward_sdk.results import MeasuredValue, Property
from lung_nodule.logic.followup.change import ChangeStatus

_SCHEME: Literal["99ALLWARD"] = "99ALLWARD"
_DAYS = Code(scheme="UCUM", value="d", meaning="day")

_CHANGE = Localised(en="Change", zh="变化")
_CHANGE_CONCEPT = Code(scheme="DCM", value="111021", meaning="Description of Change")

CHANGES: Mapping[ChangeStatus, Localised] = {
    "new": Localised(en="new", zh="新增"),
    "growing": Localised(en="growing", zh="增大"),
    "stable": Localised(en="stable", zh="稳定"),
    "decreased": Localised(en="decreased", zh="缩小"),
    "resolved": Localised(en="resolved", zh="消失"),
    "contradictory": Localised(en="contradictory", zh="结果矛盾"),
    "not_comparable": Localised(en="not comparable", zh="不可比较"),
}

_NUMBERS: Mapping[str, tuple[Localised, str, Code, str]] = {
    "delta_mm": (
        Localised(en="Change of mean diameter", zh="平均直径变化"),
        "Change of mean diameter",
        Code(scheme="UCUM", value="mm", meaning="millimeter"),
        "mean diameter less that of the prior",
    ),
    "volume_change_percent": (
        Localised(en="Change of volume", zh="体积变化"),
        "Change of volume",
        Code(scheme="UCUM", value="%", meaning="percent"),
        "volume less that of the prior, of that of the prior",
    ),
    "doubling_time_days": (
        Localised(en="Volume doubling time", zh="体积倍增时间"),
        "Volume doubling time",
        _DAYS,
        "of exponential growth; only of a volume that grew beyond measurement error",
    ),
    "mass_doubling_time_days": (
        Localised(en="Mass doubling time", zh="质量倍增时间"),
        "Mass doubling time",
        _DAYS,
        "of exponential growth; only of a mass that grew beyond measurement error",
    ),
    "days_since_prior": (
        Localised(en="Days since the prior CT", zh="距既往 CT 天数"),
        "Days since prior",
        _DAYS,
        "between the dates of both examinations",
    ),
}
"""Name -> title, meaning of its code, unit, method."""

NAMES = frozenset(_NUMBERS)
"""Of the measurements that a comparison writes."""


def number(name: str, value: float | None) -> MeasuredValue:
    """Return one number of a comparison; None where it cannot be told."""
    title, meaning, unit, method = _NUMBERS[name]
    return MeasuredValue(
        name=name,
        title=title,
        concept=Code(scheme=_SCHEME, value=name[:16].rstrip("_"), meaning=meaning),
        unit=unit,
        value=None if value is None else round(value, 2),
        method=method,
    )


def change_property(status: ChangeStatus, why: Localised | None = None) -> Property:
    """Return what became of a nodule as a property, and in brackets why or how far that holds."""
    word = CHANGES[status]
    said = word if why is None else Localised(en=f"{word.en} ({why.en})", zh=f"{word.zh}（{why.zh}）")
    return Property(
        name="change",
        title=_CHANGE,
        concept=_CHANGE_CONCEPT,
        value=Code(scheme=_SCHEME, value=status, meaning=word.en),
        said=said,
    )


def together(reasons: tuple[Localised, ...]) -> Localised | None:
    """Return several sentences as one text for the brackets behind a word; None if there is none."""
    if not reasons:
        return None
    english = " ".join(each.en.removeprefix("Not comparable: ") for each in reasons)
    chinese = "".join(each.zh.removeprefix("不可比较：") for each in reasons)
    return Localised(en=english.rstrip("."), zh=chinese.rstrip("。"))


WITHIN_ERROR = Localised(en="within measurement error", zh="在测量误差范围内")
OUTSIDE_PRIOR = Localised(en="the prior CT does not show this place", zh="既往 CT 未包括该部位")
OUTSIDE_CURRENT = Localised(en="this CT does not show the place", zh="本次 CT 未包括该部位")
NO_SIZE = Localised(en="one of both sizes was not measured", zh="其中一次未测得大小")
CUT_OFF = Localised(en="the nodule is cut off by one of both scans", zh="结节被其中一次扫描范围截断")
NO_DATE = Localised(en="the date of one examination is not known", zh="其中一次检查日期未知")
NOT_EARLIER = Localised(en="the prior CT is not the earlier one", zh="“既往”CT 并不早于本次检查")
NOT_CT = Localised(en="one of both examinations is no CT", zh="其中一次检查不是 CT")
NOT_NUMBERS = Localised(en="the prior CT holds values that are no numbers", zh="既往 CT 含无效像素值")
OTHER_SEX = Localised(
    en="the patient's sex differs between both examinations: check whether they are of one patient",
    zh="两次检查记录的患者性别不同：请核对是否为同一患者",
)
OTHER_BIRTH_DATE = Localised(
    en="the date of birth differs between both examinations: check whether they are of one patient",
    zh="两次检查记录的出生日期不同：请核对是否为同一患者",
)
NOT_KNOWN = Localised(en="nothing is known of nodules on the prior CT", zh="既往 CT 的结节情况未知")
FOR_A_CHECK = Localised(
    en="not seen on this CT, which a miss looks like too: for a check by a person",
    zh="本次 CT 未见，漏检亦可如此，请人工核对",
)

UNCHANGED = Localised(en="unchanged", zh="未见明显变化")
BY_READER = Localised(en="as the reader judges", zh="经医师判断")
SLOWLY_BY_READER = Localised(
    en="slowly over several examinations, as the reader judges", zh="多次检查缓慢增大，经医师判断"
)


def not_compared(why: Localised) -> Localised:
    """Return the sentence for the whole examination."""
    return Localised(
        en=f"Not compared with the prior CT: {why.en.rstrip('.')}.",
        zh=f"未与既往 CT 比较：{why.zh.rstrip('。')}。",
    )


def of_prior(size_mm: float | None, day: str | None, what: Localised) -> Localised:
    """Return the title of a nodule of the prior that is not among those of today, and why."""
    size, size_zh = ("", "") if size_mm is None else (f" of {size_mm:g} mm", f"（{size_mm:g} mm）")
    when, when_zh = ("the prior CT", "既往 CT") if day is None else (f"the CT of {day}", f"{day} CT ")
    return Localised(en=f"Nodule{size} on {when}: {what.en}", zh=f"{when_zh}所见结节{size_zh}：{what.zh}")
