"""Lines of the worklist, a study in full, and its results: what the pages ask for."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Q, QuerySet, Sum

from allward.kernel.clock import now
from allward.results.models import FindingRecord, Result
from allward.runs.models import AppRun, RunJob
from allward.studies.models import Series, Study
from allward.studies.queries import find_patients
from allward.tenancy.models import Tenant
from allward.worklist.items import Received, RunFacts, StudyFacts, worklist_item
from allward.worklist.order import Order, Place, after, ordered, place_of
from allward.worklist.traces import traces_of_studies


@dataclass(frozen=True, slots=True)
class Filter:
    """What of the worklist is wanted."""

    text: str = ""
    """Name in characters, pinyin, initials or DICOM form; patient ID; accession number."""
    modality: str = ""
    ai: str = ""
    limit: int = 100
    cursor: str = ""
    order: Order = Order.URGENT


def worklist(wanted: Filter) -> tuple[list[dict[str, Any]], str | None]:
    """Return the lines in the order that is wanted, and the cursor of the next ones (None: no more).

    Whether AI is done with a study is told by several tables; that filter looks at the lines themselves,
    page by page, until there are enough.

    Raises
    ------
    BadInputError
        If the cursor is not one that this function gave.
    """
    rows = ordered(_matching(wanted), wanted.order)
    items: list[dict[str, Any]] = []
    last = Place.read(wanted.cursor) if wanted.cursor else None
    while len(items) < wanted.limit:
        rest = rows if last is None else after(rows, wanted.order, last)
        page = list(rest[: wanted.limit - len(items)])
        if not page:
            return items, None
        last = place_of(page[-1])
        items += [item for item in items_of(page) if wanted.ai in ("", item["ai"]["state"])]
    more = last is not None and after(rows, wanted.order, last).exists()
    return items, last.cursor() if more and last is not None else None


def worklist_total(wanted: Filter) -> int | None:
    """Return how many lines there are in all, or None where only looking at every one would tell."""
    return None if wanted.ai else _matching(wanted).count()


def _matching(wanted: Filter) -> QuerySet[Study]:
    rows = Study.objects.select_related("patient")
    if wanted.text:
        named = Q(patient_id__in=find_patients(wanted.text).values("pk"))
        rows = rows.filter(named | Q(accession_number=wanted.text.strip()))
    if wanted.modality:
        rows = rows.filter(modalities__contains=[wanted.modality])
    return rows


def items_of(studies: Sequence[Study]) -> list[dict[str, Any]]:
    """Return the lines of these studies, in their order."""
    today = now().date()
    return [worklist_item(facts, today=today) for facts in facts_of(studies)]


def facts_of(studies: Sequence[Study]) -> list[StudyFacts]:
    """Gather what the lines of these studies say, with a fixed number of queries."""
    ids = [study.pk for study in studies]
    tenants = {tenant.pk: tenant for tenant in Tenant.objects.filter(pk__in={s.tenant_id for s in studies})}
    runs = _run_facts(AppRun.objects.filter(study_id__in=ids).order_by("pk"))
    by_study: dict[UUID, list[RunFacts]] = defaultdict(list)
    for facts in runs:
        by_study[facts.run.study_id].append(facts)
    traces = traces_of_studies(studies)
    received = _received(ids)
    return [
        StudyFacts(
            study=study,
            tenant=tenants[study.tenant_id],
            runs=tuple(by_study[study.pk]),
            received=received.get(study.pk, Received()),
            not_evaluable=traces[study.pk].not_evaluable,
            why_no_run=traces[study.pk].did_not_run,
        )
        for study in studies
    ]


def _received(study_ids: Sequence[UUID]) -> dict[UUID, Received]:
    """Return what was received of each study, without the objects that the platform wrote itself."""
    rows = Series.objects.filter(study_id__in=study_ids, is_result=False).values("study_id")
    counted = rows.annotate(
        series=Count("pk"), instances=Sum("instance_count"), modalities=ArrayAgg("modality", distinct=True)
    )
    return {
        row["study_id"]: Received(
            row["series"], row["instances"], tuple(sorted(filter(None, row["modalities"])))
        )
        for row in counted
    }


def _run_facts(runs: Iterable[AppRun]) -> list[RunFacts]:
    listed = list(runs)
    ids = [run.pk for run in listed]
    progress: dict[UUID, float] = {}
    for run_id, fraction in RunJob.objects.filter(run_id__in=ids).values_list("run_id", "job__progress"):
        progress[run_id] = min(progress.get(run_id, 1.0), fraction)
    results = {result.run_id: result for result in Result.objects.filter(run_id__in=ids)}
    states: dict[UUID, list[str]] = defaultdict(list)
    counts: dict[UUID, int] = defaultdict(int)
    rows = FindingRecord.objects.filter(result__run_id__in=ids)
    for result_id, state, kind in rows.values_list("result_id", "review_state", "finding__kind"):
        states[result_id].append(state)
        counts[result_id] += kind != "statement"
    return [_facts(run, progress.get(run.pk, 0.0), results.get(run.pk), states, counts) for run in listed]


def _facts(
    run: AppRun,
    progress: float,
    result: Result | None,
    states: dict[UUID, list[str]],
    counts: dict[UUID, int],
) -> RunFacts:
    if result is None:
        return RunFacts(run=run, progress=progress, result_status=None, evaluable=None)
    return RunFacts(
        run=run,
        progress=progress,
        result_status=result.status,
        evaluable=result.evaluable,
        result_reasons=tuple(result.reasons),
        review_states=tuple(states[result.pk]),
        finding_count=counts[result.pk] if result.evaluable else None,
    )
