"""QIDO-RS: studies, series and instances, from DICOM JSON that was made when they were indexed."""

import json
from collections.abc import Callable
from typing import Any

from django.db.models import Q

from allward.archive import respond
from allward.archive.finding import bulk_data_urls
from allward.archive.matching import Level, Search, read_search
from allward.archive.reading import ask
from allward.archive.request import Request
from allward.archive.viewing import note_search
from allward.studies.dicom_json import INSTANCE_TAGS, chosen, dumped, element
from allward.studies.models import Instance, Series, Study
from allward.tenancy.scope import Scope

_RETRIEVE_URL = "00081190"
_MORE = 'There are more results than were sent; ask again with "offset"'


async def search_studies(request: Request) -> None:
    """Answer `GET /studies`."""
    await _search(request, Level.STUDY, _studies)


async def search_series(request: Request) -> None:
    """Answer `GET /series` and `GET /studies/{study}/series`."""
    await _search(request, Level.SERIES, _series)


async def search_instances(request: Request) -> None:
    """Answer `GET /instances`, and those of a study or a series."""
    await _search(request, Level.INSTANCE, _instances)


async def _search(request: Request, level: Level, find: Callable[[Request, Search], list[str]]) -> None:
    search = read_search(level, request.query)

    def question(scope: Scope) -> list[str]:
        texts = find(request, search)
        note_search(scope, request, search, found=min(len(texts), search.limit))
        return texts

    texts = await ask(request, question)
    warnings = [f"Not matched upon: {', '.join(search.ignored)}"] if search.ignored else []
    if len(texts) > search.limit:
        texts.pop()
        warnings.append(_MORE)
    headers = [("warning", f'299 allward: "{text}"'.encode("ascii", "replace").decode()) for text in warnings]
    await respond.whole(request, respond.json_array(texts), content_type=respond.DICOM_JSON, headers=headers)


def _page(search: Search) -> slice:
    """Return the rows that are read: one more than wanted, to know whether there are more."""
    return slice(search.offset, search.offset + search.limit + 1)


def _studies(request: Request, search: Search) -> list[str]:
    rows = Study.objects.filter(search.conditions).order_by("-study_date", "-study_time", "-id")
    return [
        dumped(_with_url(json.loads(text), f"{request.base_url}/studies/{uid}"))
        for uid, text in rows.values_list("study_instance_uid", "dicom_json")[_page(search)]
    ]


def _named(request: Request, **columns: str) -> Q:
    """Return the condition that the UIDs in the path hold."""
    return Q(**{column: request.params[name] for name, column in columns.items() if name in request.params})


def _series(request: Request, search: Search) -> list[str]:
    rows = (
        Series.objects.filter(search.conditions, _named(request, study="study__study_instance_uid"))
        .select_related("study")
        .order_by("study__study_instance_uid", "number", "series_instance_uid")
    )
    found = []
    for row in rows[_page(search)]:
        dataset = _of_study(request, row.study) | json.loads(row.dicom_json)
        found.append(dumped(_with_url(dataset, _series_url(request, row))))
    return found


def _instances(request: Request, search: Search) -> list[str]:
    named = _named(request, study="study__study_instance_uid", series="series__series_instance_uid")
    rows = (
        Instance.objects.filter(search.conditions, named)
        .select_related("series__study")
        .order_by("series__series_instance_uid", "number", "sop_instance_uid")
    )
    found = []
    for row in rows[_page(search)]:
        dataset = _of_study(request, row.series.study)
        if "series" not in request.params:
            dataset |= json.loads(row.series.dicom_json)
        dataset["0020000E"] = element("UI", row.series.series_instance_uid)
        header = json.loads(row.dicom_json)
        wanted = header if "all" in search.include else (*INSTANCE_TAGS, *search.include)
        dataset |= chosen(header, wanted)
        url = f"{_series_url(request, row.series)}/instances/{row.sop_instance_uid}"
        found.append(dumped(_with_url(dataset, url)).replace(*bulk_data_urls(url)))
    return found


def _of_study(request: Request, study: Study) -> dict[str, Any]:
    """Return what a series or an instance says of its study: all, unless the path names the study already."""
    if "study" in request.params:
        return {"0020000D": element("UI", study.study_instance_uid)}
    found: dict[str, Any] = json.loads(study.dicom_json)
    return found


def _series_url(request: Request, row: Series) -> str:
    study = row.study.study_instance_uid
    return f"{request.base_url}/studies/{study}/series/{row.series_instance_uid}"


def _with_url(dataset: dict[str, Any], url: str) -> dict[str, Any]:
    dataset["00080005"] = element("CS", "ISO_IR 192")
    dataset[_RETRIEVE_URL] = element("UR", url)
    return dataset
