"""What the index already knows of stored series, for routing and for dry runs alike; no image is read."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any
from uuid import UUID

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from allward.kernel.texts import Text
from allward.routing.facts import SeriesFacts
from allward.studies.models import Instance, Series
from allward.studies.received import RETRIEVED
from allward.tenancy.models import Department

_DAYS_OF_YEAR = 365.2425
"""Mean length of a Gregorian year."""
_YEARS_OF_UNIT = {"Y": 1.0, "M": 1 / 12, "W": 7 / _DAYS_OF_YEAR, "D": 1 / _DAYS_OF_YEAR}
"""PS3.5 6.2, value representation AS."""

_NOT_JUDGED = Text(
    "The study is not complete yet, so its geometry has not been judged.",
    "检查尚未接收完整，几何信息未评估。",
)


@dataclass(frozen=True, slots=True)
class StoredSeries:
    """A series with what routing needs to know of it."""

    series_id: UUID
    study_id: UUID
    study_date: date | None
    description: str
    department_id: UUID | None
    facts: SeriesFacts


def received_series(tenant_id: UUID) -> QuerySet[Series]:
    """Return a hospital's series but those that the platform wrote itself, the latest first."""
    return Series.objects.filter(tenant_id=tenant_id, is_result=False).order_by("-pk")


def stored_series(tenant_id: UUID, *, most: int) -> list[StoredSeries]:
    """Return the latest series of a hospital, each with its facts."""
    return _read(received_series(tenant_id)[:most], departments_by_id(tenant_id))


def facts_of_study(tenant_id: UUID, study_id: UUID) -> dict[UUID, SeriesFacts]:
    """Return the facts of a study's series by their ids."""
    rows = _read(received_series(tenant_id).filter(study_id=study_id), departments_by_id(tenant_id))
    return {row.series_id: row.facts for row in rows}


def departments_by_id(tenant_id: UUID) -> dict[UUID, Department]:
    """Return a hospital's departments by their ids."""
    return {row.pk: row for row in Department.objects.filter(tenant_id=tenant_id)}


def _read(series: QuerySet[Series], departments: dict[UUID, Department]) -> list[StoredSeries]:
    """Ask for all rows at once: each series with its study, its patient and one of its images."""
    image = Instance.objects.filter(
        series_id=OuterRef("pk"), tenant_id=OuterRef("tenant_id"), rows__isnull=False
    ).order_by()
    sent = image.exclude(source=RETRIEVED)
    rows: Iterable[dict[str, Any]] = series.annotate(  # type: ignore[assignment]  # a TypedDict is a dict
        image_json=Subquery(image.values("dicom_json")[:1]),
        image_source=Coalesce(Subquery(sent.values("source")[:1]), Subquery(image.values("source")[:1])),
        study_json=F("study__dicom_json"),
        study_text=F("study__description"),
        study_day=F("study__study_date"),
        study_time=F("study__study_time"),
        department_id=F("study__department_id"),
        birth_date=F("study__patient__birth_date"),
    ).values()
    return [_stored(row, departments) for row in rows]


def _stored(row: dict[str, Any], departments: dict[UUID, Department]) -> StoredSeries:
    said = json.loads(row["dicom_json"])
    department = departments.get(row["department_id"])
    facts = SeriesFacts(
        modality=row["modality"],
        body_part_examined=row["body_part_examined"],
        image_type=tuple(_values(json.loads(row["image_json"] or "{}"), "00080008")),
        slice_count=_slices(row),
        slice_spacing_mm=row["slice_spacing_mm"],
        evaluable=bool(row["evaluable"]),
        reasons=_reasons(row),
        calling_ae_title=row["image_source"] or "",
        department=department.code if department else "",
        descriptions=_texts((row["study_text"], row["description"], *_values(said, "00181030"))),
        age_years=_age_years(row),
        slice_thickness_mm=_number(_values(said, "00180050")),
        study_time=_time(row["study_time"]),
    )
    return StoredSeries(
        row["id"], row["study_id"], row["study_day"], row["description"], row["department_id"], facts
    )


def _slices(row: dict[str, Any]) -> int:
    """Return the slices of the volume; of a series that is none, or not judged yet, its instances."""
    return int(row["geometry"]["shape_kji"][0]) if row["geometry"] else int(row["instance_count"])


def _reasons(row: dict[str, Any]) -> tuple[Text, ...]:
    if row["evaluable"] is None:
        return (_NOT_JUDGED,)
    return tuple(Text(reason["en"], reason["zh"]) for reason in row["reasons"])


def _values(said: dict[str, Any], tag: str) -> Sequence[Any]:
    values: Sequence[Any] = said.get(tag, {}).get("Value", ())
    return values


def _texts(texts: Iterable[Any]) -> tuple[str, ...]:
    return tuple(str(text) for text in texts if text)


def _number(values: Sequence[Any]) -> float | None:
    try:
        return float(values[0])
    except (IndexError, TypeError, ValueError):
        return None


def _age_years(row: dict[str, Any]) -> float | None:
    """Return the age by the date of birth, else as (0010,1010) states it."""
    born, day = row["birth_date"], row["study_day"]
    if born is not None and day is not None and born <= day:
        return round(float((day - born).days) / _DAYS_OF_YEAR, 2)
    stated = next(iter(_values(json.loads(row["study_json"]), "00101010")), None)
    if not isinstance(stated, str) or len(stated) != 4 or not stated[:3].isdigit():
        return None
    years = _YEARS_OF_UNIT.get(stated[3])
    return None if years is None else int(stated[:3]) * years


def _time(stated: str) -> time | None:
    """Return the time of day of a DICOM TM value, of which hours and minutes count (PS3.5 6.2)."""
    digits = stated.replace(":", "")[:4]
    try:
        return time(int(digits[:2]), int(digits[2:4] or 0))
    except ValueError:
        return None
