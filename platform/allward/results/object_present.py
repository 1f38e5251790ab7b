"""Which objects of a result say what is true now, and what they say."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from allward.results.models import (
    FindingRecord,
    ObjectKind,
    Result,
    ResultObject,
    Review,
)
from allward.results.object_content import (
    Content,
    Kind,
    ReviewedFinding,
    Reviewer,
    Stated,
    content_of,
)
from allward.results.object_sources import marks_of, plugins_of
from allward.results.object_state import Word, word_on
from allward.results.states import ResultStatus, ReviewState
from allward.tenancy.models import Tenant
from allward_dicom.provenance import SegmentAlgorithm
from allward_sdk.manifest import Label
from allward_sdk.results import CaseResult, Finding

VERIFIED_KINDS = (ObjectKind.SR, ObjectKind.DOCUMENT)
"""Objects that name those who reviewed them."""


@dataclass(frozen=True, slots=True)
class Present:
    """How a result's objects stand to what people say of it now.

    Attributes
    ----------
    corrected
        Whether a person removed something from what the software said, or changed it.
    present
        Those that say exactly what is true now.
    standing
        Older ones that are not wrong: unverified reports of a result that nobody corrected.
    """

    word: Word
    corrected: bool
    research_only: bool
    present: frozenset[UUID]
    standing: frozenset[UUID]


def content_now(result: Result) -> Content:
    """Read what a result's objects have to say now."""
    records = list(FindingRecord.objects.filter(result=result).order_by("ordinal"))
    word = word_on(ResultStatus(result.status), [ReviewState(row.review_state) for row in records])
    case = CaseResult.model_validate(result.case_result)
    labels = tuple(label for _, manifest in plugins_of(case)[:1] for label in manifest.labels)
    reviewers = _reviewers(records)
    return content_of(
        Stated(
            case,
            result.labelmap_key,
            result.research_only,
            labels,
            result.arrays_key,
            marks_of(result.tenant_id, case),
            _drawn(result),
        ),
        word,
        [
            ReviewedFinding(
                Finding.model_validate(row.finding),
                ReviewState(row.review_state),
                reviewers.get(row.pk),
                _drawn_by(row),
            )
            for row in records
        ],
    )


def present_objects(result: Result) -> Present:
    """Say which of a result's objects are true now."""
    content = content_now(result)
    rows = objects_of(result)
    now_said = set(digests_now(content, rows).values())
    unverified = (row for row in rows if row.kind in VERIFIED_KINDS and not row.verified)
    corrected = bool(content.removed) or _is_edited(result)
    stands = content.word is Word.ACCEPTED and not corrected
    return Present(
        word=content.word,
        corrected=corrected,
        research_only=result.research_only,
        present=frozenset(row.pk for row in rows if row.content_digest in now_said),
        standing=frozenset(row.pk for row in unverified if stands and row.rejected_at is None),
    )


def _drawn(result: Result) -> tuple[Label, ...] | None:
    return None if result.labels is None else tuple(Label.model_validate(label) for label in result.labels)


def _drawn_by(row: FindingRecord) -> SegmentAlgorithm:
    return cast(SegmentAlgorithm, row.outline)  # a choice of the column: `SegmentAlgorithmType`


def _is_edited(result: Result) -> bool:
    """Tell whether the findings are other ones than those that the app gave: a correction that was undone
    leaves them as they were."""
    if result.version == 1:
        return False
    rows = FindingRecord.objects.filter(result=result).order_by("ordinal")
    said: list[object] = result.case_result["findings"]
    return [row.finding for row in rows] != said


def digests_now(content: Content, rows: Iterable[ResultObject]) -> dict[Kind, str]:
    """Return the digest of each object that says `content`: of the first generation not taken back."""
    spent = {row.content_digest for row in rows if row.rejected_at is not None}
    found: dict[Kind, str] = {}
    for kind in content.kinds:
        generation, refers_to = 0, found.get("seg", "") if kind == "sr" else ""
        while (digest := content.digest(kind, generation=generation, refers_to=refers_to)) in spent:
            generation += 1
        found[kind] = digest
    return found


def objects_of(result: Result) -> list[ResultObject]:
    """Return all that says what was found, oldest first."""
    return list(
        ResultObject.objects.filter(result=result)
        .exclude(kind=ObjectKind.REJECTION_NOTE)
        .order_by("created_at")
    )


def _reviewers(records: Iterable[FindingRecord]) -> dict[UUID, Reviewer]:
    """Return by finding who gave the word in force; nobody for an unreviewed one."""
    reviewed = {row.pk for row in records if row.review_state != ReviewState.UNREVIEWED}
    latest = {
        review.finding_id: review
        for review in Review.objects.filter(finding_id__in=reviewed).order_by("at", "pk")
    }
    tenants = {review.author_tenant_id for review in latest.values()}
    names = dict(Tenant.objects.filter(pk__in=tenants).values_list("pk", "name_en"))
    return {
        finding_id: Reviewer(review.author_name, names.get(review.author_tenant_id, ""), review.at)
        for finding_id, review in latest.items()
    }
