"""QIDO-RS matching: from query parameters to conditions on the index.

Source
------
PS3.18 8.3.4 (search parameters), PS3.4 C.2.2.2 (matching: single value, wild card, range, list of UIDs).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum

from django.db.models import Q
from pydicom.datadict import tag_for_keyword

from allward.archive.request import bad_parameter
from allward.studies.models import PatientNameKey
from allward.studies.queries import prefix
from allward.studies.received import date_of
from allward_dicom.identity import query_keys
from allward_dicom.text import printable

MOST_RESULTS = 5000
_NOT_ATTRIBUTES = frozenset({"limit", "offset", "includefield", "fuzzymatching", "accept"})
_TAG = re.compile(r"[0-9A-Fa-f]{8}")
_UID_SEPARATORS = re.compile(r"[,\\]")
_LAST_NUMBER = (1 << 31) - 1


class Level(IntEnum):
    """What is searched for."""

    STUDY = 0
    SERIES = 1
    INSTANCE = 2


@dataclass(frozen=True, slots=True)
class Search:
    """A search, read from its parameters."""

    level: Level
    conditions: Q
    limit: int
    offset: int
    include: frozenset[str] = field(default_factory=frozenset)
    """Tags that are wanted beside the usual ones; `all` for everything."""
    ignored: tuple[str, ...] = ()
    """Parameters on which nothing is matched; the answer warns of them."""
    asked: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """What was asked for, by parameter, for the audit trail."""


def read_search(level: Level, query: Mapping[str, Sequence[str]]) -> Search:
    """Read the parameters of a search.

    Raises
    ------
    RefusedError
        400 if a value cannot be read.
    """
    conditions = Q()
    ignored = []
    asked = {name: values for name, values in query.items() if name not in _NOT_ATTRIBUTES}
    for name, values in asked.items():
        if any("\0" in value for value in values):
            raise bad_parameter(printable(name))
        matcher = _matcher(name, level)
        if matcher is None:
            ignored.append(printable(name))
            continue
        for value in values:
            if value and value != "*":
                conditions &= matcher(name, value)
    return Search(
        level=level,
        conditions=conditions,
        limit=min(MOST_RESULTS, _count(query, "limit", MOST_RESULTS)),
        offset=_count(query, "offset", 0),
        include=frozenset(_included(query)),
        ignored=tuple(ignored),
        asked={printable(name): list(values) for name, values in asked.items()},
    )


def _count(query: Mapping[str, Sequence[str]], name: str, default: int) -> int:
    text = next(iter(query.get(name, ())), str(default))
    if not text.isascii() or not text.isdigit() or int(text) > _LAST_NUMBER:
        raise bad_parameter(name)
    return int(text)


def _included(query: Mapping[str, Sequence[str]]) -> list[str]:
    names = [name for value in query.get("includefield", ()) for name in value.split(",")]
    tags = ("all" if name == "all" else tag_of(name) for name in names)
    return [tag for tag in tags if tag is not None]


def tag_of(name: str) -> str | None:
    """Return the tag that a parameter names by keyword or in hexadecimal; None if it names none."""
    if _TAG.fullmatch(name):
        return name.upper()
    number = tag_for_keyword(name)
    return f"{number:08X}" if number is not None else None


_Matcher = Callable[[str, str], Q]


def _matcher(name: str, level: Level) -> _Matcher | None:
    found = _MATCHERS.get(tag_of(name) or "")
    if found is None or found.level > level:
        return None
    path = "" if found.level == level else f"{found.level.name.lower()}__"
    return lambda parameter, value: found.condition(f"{path}{found.column}", parameter, value)


@dataclass(frozen=True, slots=True)
class _Attribute:
    level: Level
    column: str
    condition: Callable[[str, str, str], Q]


def _text(column: str, _: str, value: str) -> Q:
    if "*" not in value and "?" not in value:
        return Q(**{column: value})
    start = value.rstrip("*")
    if "*" not in start and "?" not in start:
        return prefix(column, start)
    return Q(**{f"{column}__iregex": wild_card_pattern(value)})


def wild_card_pattern(value: str) -> str:
    """Return the regular expression of a DICOM wild card: `*` any text, `?` one character."""
    special = {"*": ".*", "?": "."}
    return "^" + "".join(special.get(char) or re.escape(char) for char in value) + "$"


def _uid(column: str, _: str, value: str) -> Q:
    return Q(**{f"{column}__in": [uid for uid in _UID_SEPARATORS.split(value) if uid]})


def _number(column: str, parameter: str, value: str) -> Q:
    if not re.fullmatch(r"[+-]?\d{1,9}", value):
        raise bad_parameter(parameter)
    return Q(**{column: int(value)})


def _dates(column: str, parameter: str, value: str) -> Q:
    first, dash, last = value.partition("-")
    if not dash:
        return Q(**{column: _date(parameter, value)})
    condition = Q()
    if first:
        condition &= Q(**{f"{column}__gte": _date(parameter, first)})
    if last:
        condition &= Q(**{f"{column}__lte": _date(parameter, last)})
    return condition


def _date(parameter: str, text: str) -> date:
    found = date_of(text.strip())
    if found is None:
        raise bad_parameter(parameter)
    return found


def _times(column: str, _: str, value: str) -> Q:
    first, dash, last = (part.strip().replace(":", "") for part in value.partition("-"))
    if not dash:
        return prefix(column, first)
    condition = Q(**{f"{column}__gte": first}) if first else Q()
    return condition & Q(**{f"{column}__lt": last + "\U0010ffff"}) if last else condition


def _modality_in_study(column: str, _: str, value: str) -> Q:
    return Q(**{f"{column}__overlap": [name for name in _UID_SEPARATORS.split(value) if name]})


def _name(column: str, _: str, value: str) -> Q:
    """Match a name through its keys: characters, pinyin, initials and DICOM form alike."""
    inner = value.strip("*")
    if "*" in inner or "?" in inner or value.startswith("*"):
        pattern = wild_card_pattern(value)
        return Q(**{f"{column}__name_alphabetic__iregex": pattern}) | Q(
            **{f"{column}__name_ideographic__iregex": pattern}
        )
    keys = Q()
    for key in query_keys(inner):
        keys |= prefix("key", key) if value.endswith("*") else Q(key=key)
    if not keys:
        return Q(pk__in=())
    return Q(**{f"{column}__in": PatientNameKey.objects.filter(keys).values("patient_id")})


_MATCHERS = {
    "00080020": _Attribute(Level.STUDY, "study_date", _dates),
    "00080030": _Attribute(Level.STUDY, "study_time", _times),
    "00080050": _Attribute(Level.STUDY, "accession_number", _text),
    "00080061": _Attribute(Level.STUDY, "modalities", _modality_in_study),
    "00080080": _Attribute(Level.STUDY, "institution_name", _text),
    "00081030": _Attribute(Level.STUDY, "description", _text),
    "00100010": _Attribute(Level.STUDY, "patient", _name),
    "00100020": _Attribute(Level.STUDY, "patient__patient_id", _text),
    "00100021": _Attribute(Level.STUDY, "patient__issuer", _text),
    "00100030": _Attribute(Level.STUDY, "patient__birth_date", _dates),
    "00100040": _Attribute(Level.STUDY, "patient__sex", _text),
    "0020000D": _Attribute(Level.STUDY, "study_instance_uid", _uid),
    "00080060": _Attribute(Level.SERIES, "modality", _text),
    "0008103E": _Attribute(Level.SERIES, "description", _text),
    "00180015": _Attribute(Level.SERIES, "body_part_examined", _text),
    "0020000E": _Attribute(Level.SERIES, "series_instance_uid", _uid),
    "00200011": _Attribute(Level.SERIES, "number", _number),
    "00080016": _Attribute(Level.INSTANCE, "sop_class_uid", _uid),
    "00080018": _Attribute(Level.INSTANCE, "sop_instance_uid", _uid),
    "00200013": _Attribute(Level.INSTANCE, "number", _number),
    "00280010": _Attribute(Level.INSTANCE, "rows", _number),
    "00280011": _Attribute(Level.INSTANCE, "columns", _number),
}
"""Tag -> what it is matched on. An attribute of a level is matched in searches of that level and below."""
