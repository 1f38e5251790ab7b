"""Subgroups of a case, from what the index keeps of its patient and images. Pure."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from allward.kernel.texts import Text

UNKNOWN = "unknown"

QUESTIONS: dict[str, Text] = {
    "sex": Text("Sex", "性别"),
    "age": Text("Age", "年龄"),
    "slice thickness": Text("Slice thickness", "层厚"),
    "manufacturer": Text("Manufacturer", "设备厂商"),
    "kernel": Text("Kernel", "重建核"),
}
"""What cases are told apart by."""

_TITLES: dict[str, Text] = {
    "F": Text("female", "女"),
    "M": Text("male", "男"),
    "O": Text("other", "其他"),
    UNKNOWN: Text("unknown", "未知"),
}

_AGES = ((40.0, "<40"), (60.0, "40-59"), (75.0, "60-74"))
_OLDEST = ">=75"
_THICKNESSES_MM = ((1.5, "<=1.5 mm"), (3.0, "1.5-3 mm"), (5.0, "3-5 mm"))
_THICKEST = ">5 mm"

_DAYS_OF_YEAR = 365.2425
"""Mean length of a Gregorian year."""
_YEARS_OF_UNIT = {"Y": 1.0, "M": 1 / 12, "W": 7 / _DAYS_OF_YEAR, "D": 1 / _DAYS_OF_YEAR}
"""PS3.5 6.2, value representation AS."""

Header = Mapping[str, Any]
"""DICOM JSON of an image."""


def groups_of(image: Header, *, sex: str, birth_date: date | None, study_date: date | None) -> dict[str, str]:
    """Return question -> answer; the kernel is left out where the images name none."""
    groups = {
        "sex": sex if sex in ("F", "M", "O") else UNKNOWN,
        "age": _age(_age_years(image, birth_date, study_date)),
        "slice thickness": _thickness(_number(image, "00180050")),
        "manufacturer": _text(image, "00080070").upper() or UNKNOWN,
    }
    kernel = _text(image, "00181210")
    return groups | ({"kernel": kernel} if kernel else {})


def title_of_answer(answer: str) -> Text:
    """Return an answer in words; most are the same in every language."""
    return _TITLES.get(answer) or Text(answer, answer)


def _age_years(image: Header, birth_date: date | None, study_date: date | None) -> float | None:
    """Return the age by the date of birth, else as (0010,1010) states it."""
    if birth_date is not None and study_date is not None and birth_date <= study_date:
        return (study_date - birth_date).days / _DAYS_OF_YEAR
    stated = _text(image, "00101010")
    if len(stated) != 4 or not stated[:3].isdigit() or stated[3] not in _YEARS_OF_UNIT:
        return None
    return int(stated[:3]) * _YEARS_OF_UNIT[stated[3]]


def _age(years: float | None) -> str:
    if years is None:
        return UNKNOWN
    return next((name for below, name in _AGES if years < below), _OLDEST)


def _thickness(mm: float | None) -> str:
    if mm is None:
        return UNKNOWN
    return next((name for most, name in _THICKNESSES_MM if mm <= most), _THICKEST)


def _text(image: Header, tag: str) -> str:
    values = image.get(tag, {}).get("Value") or [None]
    return "" if values[0] is None else str(values[0]).strip()


def _number(image: Header, tag: str) -> float | None:
    try:
        return float(_text(image, tag))
    except ValueError:
        return None
