"""What a hospital's rule asks of a series beyond what the plug-in wants. Pure.

Several values of one condition mean any of them; several conditions mean all of them. Where the images do
not say what is asked, the condition is not met.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from datetime import time
from typing import Any

from allward.kernel.texts import Text
from allward.routing.facts import Decision, SeriesFacts
from allward.studies.received import RETRIEVED


@dataclass(frozen=True, slots=True)
class Conditions:
    """All that a rule may ask; what is empty or None is not asked."""

    calling_ae_titles: tuple[str, ...] = ()
    """Among them `RETRIEVED`, for what the platform fetched from an archive; no other rule takes that."""
    departments: tuple[str, ...] = ()
    """Codes."""
    modalities: tuple[str, ...] = ()
    body_parts: tuple[str, ...] = ()
    description_contains: tuple[str, ...] = ()
    """Parts of one of the descriptions, upper and lower case alike."""
    description_excludes: tuple[str, ...] = ()
    min_age_years: float | None = None
    max_age_years: float | None = None
    min_slice_thickness_mm: float | None = None
    max_slice_thickness_mm: float | None = None
    min_slices: int | None = None
    max_slices: int | None = None
    from_time: str | None = None
    """HH:MM, included; with a later `from_time` than `until_time`, the night between them."""
    until_time: str | None = None
    """HH:MM, excluded."""

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Conditions":
        """Read what `to_json` wrote."""
        known = {field.name for field in fields(cls)}
        read: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in stored.items()}
        return cls(**{name: value for name, value in read.items() if name in known})

    def to_json(self) -> dict[str, Any]:
        """Return the form that the database and the wire use."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}


Clause = Callable[[Conditions, SeriesFacts], Decision | None]


def unmet(conditions: Conditions, facts: SeriesFacts) -> Decision | None:
    """Return the first condition that a series does not meet, in words; None if it meets all of them."""
    return next((said for clause in _CLAUSES if (said := clause(conditions, facts)) is not None), None)


def _no(clause: str, en: str, zh: str) -> Decision:
    return Decision(False, clause, Text(en, zh))


def _one_of(clause: str, name: Text, read: Callable[[SeriesFacts], str], field: str) -> Clause:
    def ask(conditions: Conditions, facts: SeriesFacts) -> Decision | None:
        asked: tuple[str, ...] = getattr(conditions, field)
        got = read(facts).strip()
        if not asked or got.upper() in {value.strip().upper() for value in asked}:
            return None
        wanted = ", ".join(asked)
        return _no(
            clause,
            f"{name.en} is {got or 'not stated'}, the rule asks for {wanted}.",
            f"{name.zh}为 {got or '未注明'}，规则要求 {wanted}。",
        )

    return ask


def _between(clause: str, name: Text, read: Callable[[SeriesFacts], float | None], unit: Text) -> Clause:
    def ask(conditions: Conditions, facts: SeriesFacts) -> Decision | None:
        least, most = getattr(conditions, f"min_{clause}"), getattr(conditions, f"max_{clause}")
        got = read(facts)
        if least is None and most is None:
            return None
        if got is not None and (least is None or got >= least) and (most is None or got <= most):
            return None
        return _no(
            clause,
            f"{name.en} is {_said(got, 'not stated', unit.en)}, the rule asks for {_span(least, most)}"
            f"{unit.en}.",
            f"{name.zh}为 {_said(got, '未注明', unit.zh)}，规则要求 {_span(least, most)}{unit.zh}。",
        )

    return ask


def _said(got: float | None, unknown: str, unit: str) -> str:
    return unknown if got is None else f"{got:g}{unit}"


def _span(least: float | None, most: float | None) -> str:
    if least is not None and most is not None:
        return f"{least:g}–{most:g}"
    return f"≥ {least:g}" if least is not None else f"≤ {most:g}"


def _retrieved(conditions: Conditions, facts: SeriesFacts) -> Decision | None:
    """Keep routine away from old studies: a rule takes them only if it names them among its senders."""
    named = {title.strip().upper() for title in conditions.calling_ae_titles}
    if facts.calling_ae_title != RETRIEVED or RETRIEVED in named:
        return None
    return _no(
        "retrieved",
        f"The series was fetched from an archive; a rule takes it only if it names {RETRIEVED} as a sender.",
        f"该序列由本平台从归档调取；仅当规则的发送方中包含 {RETRIEVED} 时才会分析。",
    )


def _contains(conditions: Conditions, facts: SeriesFacts) -> Decision | None:
    asked = conditions.description_contains
    if not asked or _found(asked, facts):
        return None
    wanted = ", ".join(asked)
    return _no(
        "description_contains",
        f"No description contains {wanted}; they are: {_descriptions(facts) or 'empty'}.",
        f"检查和序列描述均不包含 {wanted}；现有描述：{_descriptions(facts) or '空'}。",
    )


def _excludes(conditions: Conditions, facts: SeriesFacts) -> Decision | None:
    found = _found(conditions.description_excludes, facts)
    if not found:
        return None
    return _no(
        "description_excludes",
        f"A description contains {found}, which the rule leaves out.",
        f"描述包含 {found}，规则将其排除。",
    )


def _found(parts: tuple[str, ...], facts: SeriesFacts) -> str | None:
    texts = [text.casefold() for text in facts.descriptions]
    return next((part for part in parts if any(part.casefold() in text for text in texts)), None)


def _descriptions(facts: SeriesFacts) -> str:
    return "; ".join(text for text in facts.descriptions if text)


def _time_of_day(conditions: Conditions, facts: SeriesFacts) -> Decision | None:
    if conditions.from_time is None and conditions.until_time is None:
        return None
    start = time.fromisoformat(conditions.from_time or "00:00")
    end = time.fromisoformat(conditions.until_time) if conditions.until_time else None
    got = facts.study_time
    if got is not None and _is_between(got, start, end):
        return None
    span = f"{start:%H:%M}–{conditions.until_time or '24:00'}"
    return _no(
        "time_of_day",
        f"The study's time is {f'{got:%H:%M}' if got else 'not stated'}, the rule asks for {span}.",
        f"检查时间为 {f'{got:%H:%M}' if got else '未注明'}，规则要求 {span}。",
    )


def _is_between(moment: time, start: time, end: time | None) -> bool:
    if end is None:
        return moment >= start
    if start <= end:
        return start <= moment < end
    return moment >= start or moment < end


_CLAUSES: tuple[Clause, ...] = (
    _retrieved,
    _one_of(
        "calling_ae_title",
        Text("Calling AE title", "发送方 AE 标题"),
        lambda f: f.calling_ae_title,
        "calling_ae_titles",
    ),
    _one_of("department", Text("Department", "科室"), lambda f: f.department, "departments"),
    _one_of("rule_modality", Text("Modality", "成像方式"), lambda f: f.modality, "modalities"),
    _one_of("rule_body_part", Text("Body part", "检查部位"), lambda f: f.body_part_examined, "body_parts"),
    _contains,
    _excludes,
    _between("age_years", Text("Age", "年龄"), lambda f: f.age_years, Text(" years", " 岁")),
    _between(
        "slice_thickness_mm",
        Text("Slice thickness", "层厚"),
        lambda f: f.slice_thickness_mm,
        Text(" mm", " 毫米"),
    ),
    _between("slices", Text("Extent", "层数"), lambda f: float(f.slice_count), Text(" slices", " 层")),
    _time_of_day,
)
