"""Nodules in the words of a report: sizes as the guideline in force writes them, places, changes, dates."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from allward_measure.nodules.rounding import (
    TENTH_MM,
    WHOLE,
    fleischner_size,
    lung_rads_mean_mm,
    round_half_up,
    whole_mm3,
)
from allward_sdk.parts import Localised
from allward_sdk.results import Finding, MeasuredValue
from lung_nodule.logic.advice_words import say
from lung_nodule.logic.finding_words import change_of, lobe_of, pleura_of, why_of_change
from lung_nodule.logic.followup.words import BY_READER, SLOWLY_BY_READER
from lung_nodule.logic.guidelines.table import load
from lung_nodule.logic.words import ANSWERED, LOBES

_KINDS = load("lung_rads_2022").inputs["kind"].words
_NODULE = say("nodule", "结节")
_NOT_MEASURED = say("size not measured", "大小未能测量")
_MICRO = say("micronodule below 3 mm", "小于 3 mm 的微结节")


def value_of(values: Sequence[MeasuredValue], name: str) -> MeasuredValue | None:
    """Return a measurement that has a value."""
    return next((each for each in values if each.name == name and each.value is not None), None)


def number_of(values: Sequence[MeasuredValue], name: str) -> float | None:
    """Return the value of a measurement; None: not measured."""
    found = value_of(values, name)
    return None if found is None else found.value


def day(text: str) -> Localised:
    """Return a day as both languages write it."""
    on = date.fromisoformat(text)
    return say(on.isoformat(), f"{on.year}年{on.month}月{on.day}日")


def name_of(finding: Finding, kind: str | None) -> Localised:
    """Return what a nodule is and where, for example "Solid nodule in the right upper lobe"."""
    word = None if kind is None else _KINDS[kind]
    lobe = lobe_of(finding)
    side = next((each.said for each in finding.properties if each.name == "side"), None)
    place = LOBES[lobe][0] if lobe is not None else side
    what = {
        "airway": say("Nodule in an airway", "气道内结节"),
        "cyst": say("Atypical cyst", "不典型肺囊腔"),
        "fat_containing": say("Fat-containing nodule", "含脂肪结节"),
        None: say("Nodule", _NODULE.zh),
    }.get(kind)
    if what is None:
        assert word is not None
        what = say(f"{word.en.capitalize()} nodule", f"{word.zh}{_NODULE.zh}")
    if place is None:
        return what
    if lobe is None:
        return say(f"{what.en} in the {place.en} lung", f"{place.zh}肺{what.zh}")
    return say(f"{what.en} in the {place.en}", f"{place.zh}{what.zh}")


def size_of(values: Sequence[MeasuredValue], *, whole_mm: bool) -> Localised:
    """Return both axes and their mean; under Fleischner in whole mm, both axes from 10 mm on.

    A size that is cut off by the scan is said to be the least that it can be.
    """
    long_axis, short_axis = value_of(values, "long_axis_mm"), value_of(values, "short_axis_mm")
    mean = value_of(values, "mean_diameter_mm")
    if long_axis is None or long_axis.value is None:
        return _NOT_MEASURED if mean is None else _least(mean, _mean(mean.value, whole_mm=whole_mm))
    if short_axis is None or short_axis.value is None:
        mm = _mm(long_axis.value, whole_mm=whole_mm)
        long = _least(long_axis, say(f"long axis {mm} mm", f"长径 {mm} mm"))
        if mean is None:
            return long
        both = _least(mean, _mean(mean.value, whole_mm=whole_mm))
        return say(f"{long.en}, {both.en}", f"{long.zh}，{both.zh}")
    if whole_mm:
        return _least(long_axis, _fleischner(long_axis.value, short_axis.value))
    mean_mm = lung_rads_mean_mm(long_axis.value, short_axis.value)
    axes = f"{_mm(long_axis.value)} mm × {_mm(short_axis.value)} mm"
    return _least(long_axis, say(f"{axes} (mean {mean_mm} mm)", f"{axes}（平均径 {mean_mm} mm）"))


def mean_of(values: Sequence[MeasuredValue], *, whole_mm: bool) -> Localised | None:
    """Return the mean diameter alone, for example "8.4 mm"; None: not measured."""
    long_axis, short_axis = value_of(values, "long_axis_mm"), value_of(values, "short_axis_mm")
    if long_axis is None or short_axis is None or long_axis.value is None or short_axis.value is None:
        mean = value_of(values, "mean_diameter_mm")
        if mean is None or mean.value is None:
            return None
        mm = _mm(mean.value, whole_mm=whole_mm)
        return _at_least(mean, say(f"{mm} mm", f"{mm} mm"))
    if not whole_mm:
        tenths = lung_rads_mean_mm(long_axis.value, short_axis.value)
        return _at_least(long_axis, say(f"{tenths} mm", f"{tenths} mm"))
    size = fleischner_size(long_axis.value, short_axis.value)
    if size.mean_mm is None:
        return _MICRO
    return _at_least(long_axis, say(f"{size.mean_mm} mm", f"{size.mean_mm} mm"))


def more_of(finding: Finding, *, whole_mm: bool) -> list[Localised]:
    """Return what else is told of a nodule: volume, solid part, pleura, and how sure its size is."""
    values = finding.measurements
    told = []
    volume = value_of(values, "volume_mm3")
    coarse = any(each.name == "coarse" for each in finding.properties)
    if volume is not None and volume.value is not None and not coarse:
        mm3 = whole_mm3(volume.value)
        told.append(_least(volume, say(f"volume {mm3} mm³", f"体积 {mm3} mm³")))
    solid = value_of(values, "solid_long_axis_mm" if whole_mm else "solid_mean_diameter_mm")
    if solid is not None and solid.value is not None:
        mm = _mm(solid.value, whole_mm=whole_mm)
        name = say("largest", "最大径") if whole_mm else say("mean", "平均径")
        least = _least(solid, say(f"{mm} mm ({name.en})", f"{name.zh} {mm} mm"))
        told.append(say(f"solid part {least.en}", f"实性成分{least.zh}"))
    if pleura_of(finding) == "juxtapleural":
        told.append(say("touching the pleura", "紧贴胸膜"))
    if coarse:
        told.append(
            say("measured coarsely, slices are thick for its size", "层厚相对其大小过厚，测量值较粗略")
        )
    return told


def change_in_words(finding: Finding, *, whole_mm: bool) -> Localised | None:
    """Return what became of a nodule, with the date of the prior CT; None: no word on it."""
    change = change_of(finding)
    prior = finding.prior
    if change is None:
        return None
    on = None if prior is None or prior.study_date is None else day(prior.study_date)
    since = say("since the prior CT", "与既往 CT 比较")
    if on is not None:
        since = say(f"since the CT of {on.en}", f"与{on.zh} CT 比较")
    if change == "not_comparable":
        since = say(since.en.replace("since", "with"), since.zh)
    before = None if prior is None else mean_of(prior.measurements, whole_mm=whole_mm)
    now = mean_of(finding.measurements, whole_mm=whole_mm)
    why = why_of_change(finding)
    by_reader = why in (BY_READER, SLOWLY_BY_READER)
    words = {
        "new": say("New", "为新发"),
        "growing": say("Larger", "增大"),
        "stable": say("Unchanged within measurement error", "大小变化在测量误差范围内"),
        "decreased": say("Smaller", "缩小"),
        "resolved": say("No longer seen", "本次未见显示"),
        "contradictory": say(
            "Diameter and volume changed in opposite directions", "直径与体积变化方向相反，需核对轮廓"
        ),
        "not_comparable": say("Not comparable", "两次检查不可比较大小"),
    }
    if change == "stable" and by_reader:
        words["stable"] = say("Unchanged", "未见明显变化")
    no_numbers = by_reader or change in {"new", "not_comparable"}
    told = [] if no_numbers else list(_numbers(finding, before, now))
    if why is not None and (by_reader or change in {"not_comparable", "resolved"}):
        told.append(why)
    en, zh = words[change].en, words[change].zh
    more_en = f": {', '.join(each.en for each in told)}" if told else ""
    more_zh = f"（{'，'.join(each.zh for each in told)}）" if told else ""
    return say(f"{en} {since.en}{more_en}.", f"{since.zh}，{zh}{more_zh}。")


def _numbers(finding: Finding, before: Localised | None, now: Localised | None) -> tuple[Localised, ...]:
    told = []
    if before is not None and now is not None:
        told.append(say(f"mean diameter {before.en} to {now.en}", f"平均径由 {before.zh} 变为 {now.zh}"))
    elif before is not None:
        told.append(say(f"mean diameter {before.en} then", f"当时平均径 {before.zh}"))
    percent = number_of(finding.measurements, "volume_change_percent")
    if percent is not None:
        share = round_half_up(percent, WHOLE)
        told.append(say(f"volume {share:+} %", f"体积变化 {share:+}%"))
    days = number_of(finding.measurements, "doubling_time_days")
    if days is not None:
        whole = round_half_up(days, WHOLE)
        told.append(say(f"volume doubling time {whole} days", f"体积倍增时间 {whole} 天"))
    return tuple(told)


def _mean(mean_mm: float | None, *, whole_mm: bool) -> Localised:
    assert mean_mm is not None
    mm = _mm(mean_mm, whole_mm=whole_mm)
    return say(f"mean diameter {mm} mm", f"平均径 {mm} mm")


def _fleischner(long_mm: float, short_mm: float) -> Localised:
    size = fleischner_size(long_mm, short_mm)
    if size.mean_mm is None:
        return _MICRO
    if size.axes_mm is None:
        return say(f"mean diameter {size.mean_mm} mm", f"平均径 {size.mean_mm} mm")
    axes = f"{size.axes_mm[0]} mm × {size.axes_mm[1]} mm"
    return say(f"{axes} (mean {size.mean_mm} mm)", f"{axes}（平均径 {size.mean_mm} mm）")


def _mm(value: float, *, whole_mm: bool = False) -> Decimal:
    return round_half_up(value, WHOLE if whole_mm else TENTH_MM)


def _least(measured: MeasuredValue, text: Localised) -> Localised:
    if measured.method == ANSWERED:
        return say(f"{text.en} ({ANSWERED})", f"{text.zh}（医师给出）")
    if measured.bound == "exact":
        return text
    least = _at_least(measured, text)
    return say(f"{least.en} (cut off by the scan)", f"{least.zh}（被扫描范围截断）")


def _at_least(measured: MeasuredValue, text: Localised) -> Localised:
    if measured.bound == "exact":
        return text
    return say(f"at least {text.en}", f"至少 {text.zh}")
