"""A reader corrects what an app found, or takes a correction back. What an app said first stays readable."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from allward.audit.actions import record
from allward.results.actions.reading import add_sight
from allward.results.actions.reviewing import give_word
from allward.results.actions.standing import (
    ReviewConflictError,
    ReviewRefusedError,
    conclude,
    locked,
    refuse_outdated,
)
from allward.results.edit_states import EditState, FindingState, numbers_in_force, segments_of
from allward.results.models import (
    EditKind,
    FindingEdit,
    FindingRecord,
    Result,
    Review,
    SegmentAlgorithmType,
)
from allward.results.states import IN_FORCE, ReviewState
from allward.tenancy.scope import required_scope
from allward_dicom.provenance import derived_uid
from allward_sdk.results import Finding


@dataclass(frozen=True, slots=True)
class Corrected:
    """A finding as it is after a correction, and who drew its voxels."""

    finding: Finding
    outline: SegmentAlgorithmType


@dataclass(frozen=True, slots=True)
class Change:
    """What a correction makes of a result.

    Attributes
    ----------
    version
        Of the result that was corrected.
    labelmap_key, labels
        Of the label map as it is afterwards; its bytes are written already.
    replaced, removed
        By id of the record; what is added gets its own id and place here.
    calipers
        {long_lps_mm, short_lps_mm}, if lines were drawn.
    app_version
        Of the logic that measured.
    """

    kind: EditKind
    version: int
    labelmap_key: str
    labels: tuple[dict[str, Any], ...]
    app_version: str
    replaced: Mapping[UUID, Corrected] = field(default_factory=dict)
    added: tuple[Corrected, ...] = ()
    removed: frozenset[UUID] = frozenset()
    calipers: dict[str, Any] | None = None
    undoes: int | None = None
    """Number of the correction that it takes back."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who corrects: the name for the history, and whether the word on what comes out is given with it."""

    name: str
    accepts: bool = False


@transaction.atomic
def store_edit(*, result_id: UUID, change: Change, author: Author) -> FindingEdit:
    """Keep a correction. Words on what it changed fall, unless its author accepts in the same breath.

    Raises
    ------
    ReviewConflictError
        If the result was corrected since.
    ReviewRefusedError
        If it is over, or no longer about all of the images.
    """
    records = _locked_records(result_id)
    result = _correctable(result_id, version=change.version)
    changed = [records[pk] for pk in sorted({*change.replaced, *change.removed})]
    before = _state(result, changed)
    for each in changed:
        corrected = change.replaced.get(each.pk)
        each.in_force = corrected is not None
        if corrected is not None:
            each.finding = corrected.finding.model_dump(mode="json")
            each.outline = corrected.outline
        _touch(each, ReviewState.UNREVIEWED)
    added = [_add(result, each, records.values()) for each in change.added]
    _draw(result, change.labelmap_key, change.labels)
    edit = _note(result, [*changed, *added], before=before, change=change, author=author)
    _finish(result, [*changed, *added], author)
    return edit


@transaction.atomic
def undo_edit(*, result_id: UUID, version: int, author: Author, app_version: str) -> FindingEdit:
    """Take back the last correction that was not taken back yet: to the byte, but for its place in history.

    A word that stood before and that nobody has changed since stands again.

    Raises
    ------
    ReviewConflictError
        If the result was corrected since.
    ReviewRefusedError
        If there is nothing to undo, the result is over, or no longer about all of the images.
    """
    records = _locked_records(result_id)
    result = _correctable(result_id, version=version)
    edits = {each.number: each for each in FindingEdit.objects.filter(result=result)}
    standing = numbers_in_force(edits.values())
    if not standing:
        raise ReviewRefusedError("there is no correction to undo")
    back = EditState.model_validate(edits[standing[-1]].before)
    changed = [records[pk] for pk in sorted({*back.findings, *_added_by(edits[standing[-1]])})]
    before, last_words = _state(result, changed), _last_words(changed)
    for each in changed:
        was = back.findings.get(each.pk)
        each.in_force = was is not None and was.in_force
        if was is not None:
            each.finding, each.outline = was.finding, was.outline
        stands = was is not None and was.review_id == last_words.get(each.pk)
        _touch(each, ReviewState(was.review_state) if was is not None and stands else ReviewState.UNREVIEWED)
    _draw(result, back.labelmap_key, back.labels)
    change = Change(
        kind=EditKind.UNDO, version=version, labelmap_key=back.labelmap_key, labels=back.labels,
        app_version=app_version, undoes=standing[-1],
    )  # fmt: skip
    edit = _note(result, changed, before=before, change=change, author=author)
    _finish(result, changed, author)
    return edit


def _locked_records(result_id: UUID) -> dict[UUID, FindingRecord]:
    """Return all findings that a result ever had; findings are locked before results, here as everywhere."""
    rows = FindingRecord.every.select_for_update().filter(result_id=result_id).order_by("pk")
    return {each.pk: each for each in rows}


def _correctable(result_id: UUID, *, version: int) -> Result:
    result = locked(result_id)
    if required_scope().user_id is None:
        raise ReviewRefusedError("only a person corrects")
    if result.status not in IN_FORCE:
        raise ReviewRefusedError(f"this result is {result.status}; correct the newer one")
    if result.version != version:
        raise ReviewConflictError("somebody else has corrected this result; look at it again")
    refuse_outdated(result.run)
    return result


def _last_words(records: Collection[FindingRecord]) -> dict[UUID, UUID]:
    """Return by finding the id of the last word on it."""
    reviews = Review.objects.filter(finding__in=[each.pk for each in records]).order_by("at", "pk")
    return {review.finding_id: review.pk for review in reviews}


def _state(result: Result, records: Collection[FindingRecord]) -> EditState:
    last_words = _last_words(records)
    return EditState(
        labelmap_key=result.labelmap_key,
        labels=tuple(result.labels or ()),
        findings={
            each.pk: FindingState(
                finding=each.finding,
                in_force=each.in_force,
                review_state=each.review_state,
                review_id=last_words.get(each.pk),
                outline=each.outline,
            )
            for each in records
        },
    )


def _added_by(edit: FindingEdit) -> set[UUID]:
    after = EditState.model_validate(edit.after)
    return set(after.findings) - set(EditState.model_validate(edit.before).findings)


def _touch(each: FindingRecord, state: ReviewState) -> None:
    each.review_state = state
    each.edits += 1
    each.version += 1
    each.save()


def _add(result: Result, corrected: Corrected, known: Collection[FindingRecord]) -> FindingRecord:
    """Make the record of a finding that a reader added: under a name and a tracking UID of its own."""
    last = FindingRecord.every.filter(result=result).aggregate(last=Max("ordinal"))["last"] or 0
    finding = corrected.finding.model_copy(update={"id": f"reader-{last + 1}"})
    if finding.tracking_uid in {each.finding["tracking_uid"] for each in known if each.in_force}:
        uid = derived_uid("finding", str(result.pk), finding.id)
        finding = finding.model_copy(update={"tracking_uid": uid})
    return FindingRecord.objects.create(
        result=result,
        ordinal=last + 1,
        finding=finding.model_dump(mode="json"),
        edits=1,
        outline=corrected.outline,
    )


def _draw(result: Result, labelmap_key: str, labels: Sequence[dict[str, Any]]) -> None:
    result.labelmap_key = labelmap_key
    result.labels = list(labels)
    result.segments = segments_of(labels)
    result.version += 1
    result.save(update_fields=["labelmap_key", "labels", "segments", "version"])


def _note(
    result: Result,
    records: Collection[FindingRecord],
    *,
    before: EditState,
    change: Change,
    author: Author,
) -> FindingEdit:
    scope, number = required_scope(), result.version - 1
    assert scope.user_id is not None  # `_correctable` asked
    edit = FindingEdit.objects.create(
        result=result, number=number, kind=change.kind, undoes=change.undoes, calipers=change.calipers,
        before=before.model_dump(mode="json"), after=_state(result, records).model_dump(mode="json"),
        app_version=change.app_version, author_id=scope.user_id, author_name=author.name,
        author_tenant_id=scope.home,
    )  # fmt: skip
    record(
        tenant_id=result.tenant_id, actor=scope.actor, action="change", what="result", what_id=str(result.pk),
        user_id=scope.user_id, user_tenant_id=scope.home, correction=change.kind.value, number=number,
        undoes=change.undoes, findings=[str(each.pk) for each in records],
    )  # fmt: skip
    return edit


def _finish(result: Result, records: Collection[FindingRecord], author: Author) -> None:
    """The author has seen what comes out, may accept it, and everybody is told."""
    for each in records:
        if not each.in_force:
            continue
        add_sight(each)
        if author.accepts and each.review_state == ReviewState.UNREVIEWED:
            give_word(each, "accept", reason="", author_name=author.name)
    conclude(result)
