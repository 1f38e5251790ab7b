"""What is noted here of what the catalogue's folder says; the folder is changed first, then the row."""

from uuid import UUID

from django.db import transaction

from allward.kernel.clock import now
from allward.publishing.actions.noting import move, note_submission
from allward.publishing.models import ListedKey, ReviewCase, Submission
from allward.publishing.states import SubmissionState
from allward.tenancy.scope import required_scope


@transaction.atomic
def claim_key(keyid: str) -> UUID:
    """Note that a key is the acting vendor's before the catalogue lists it; returns whose it is."""
    row, _ = ListedKey.objects.get_or_create(keyid=keyid, defaults={"tenant_id": required_scope().acting})
    return row.tenant_id


@transaction.atomic
def note_published(submission_id: UUID) -> None:
    """Note that the catalogue lists a package; once more changes nothing."""
    row = Submission.objects.select_for_update().get(pk=submission_id)
    if row.state == SubmissionState.ACCEPTED:
        move(row, SubmissionState.PUBLISHED)
        row.published_at = now()
        row.save(update_fields=["state", "published_at"])
        note_submission(row, row.state)


@transaction.atomic
def note_not_published(submission_id: UUID, fault: str) -> None:
    """Give an accepted package that the catalogue does not take back to the operators, with the reason."""
    row = Submission.objects.select_for_update().get(pk=submission_id)
    if row.state == SubmissionState.ACCEPTED:
        move(row, SubmissionState.IN_REVIEW)
        row.fault = fault
        row.save(update_fields=["state", "fault"])
        ReviewCase.objects.filter(tenant_id=row.tenant_id, submission=row).update(is_open=True)
        note_submission(row, "not published", fault=fault)


@transaction.atomic
def note_withdrawn(submission_id: UUID) -> None:
    """Note that the catalogue says of a version that it was withdrawn; once more changes nothing."""
    row = Submission.objects.select_for_update().get(pk=submission_id)
    if row.withdrawn_at is None:
        row.withdrawn_at = now()
        row.save(update_fields=["withdrawn_at"])
        note_submission(row, "withdrawn from the catalogue")
