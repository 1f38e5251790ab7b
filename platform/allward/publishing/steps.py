"""What the events of submissions start here. All of them wait for a process or a folder: they run `alone`.

The check is the work of a process of its own (`checker.py`): what it does to memory, processor and files
ends with it, and the worker that waits for it holds no transaction. The catalogue is changed first and the
row after it; both do nothing when they are done once more, so a worker that is killed in between is followed
by another one that makes the row say what the folder says.
"""

import shutil
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction

from allward.kernel.texts import Text
from allward.publishing.actions import (
    Check,
    begin_check,
    break_off_check,
    claim_key,
    end_check,
    note_line,
    note_not_published,
    note_published,
    note_withdrawn,
    still_checking,
)
from allward.publishing.catalogue import changing_catalogue, listed_form, obstacles, owner_of
from allward.publishing.checker import Allowance, NotConfinedError, TooMuchError, checked_lines
from allward.publishing.events import (
    PackageSubmitted,
    SubmissionAccepted,
    SubmissionTurnedDown,
    SubmissionYanked,
    VendorKeyChanged,
)
from allward.publishing.kept import OtherBytesError, key_of, refuse_other_bytes
from allward.publishing.models import Submission, VendorKey
from allward.publishing.states import DISCARDED, KeyState, SubmissionState
from allward.storage.place import storage
from allward_sdk.catalogue.repository import Repository
from allward_sdk.errors import (
    CatalogueError,
    ManifestError,
    TemporaryError,
    UntrustedError,
    UsageError,
)


def check_submission(event: PackageSubmitted) -> None:
    """Check a package; raises `TemporaryError` if it has to begin anew."""
    check = begin_check(event.submission_id)
    if check is None:
        return
    incoming = settings.ALLWARD.home / "incoming"
    for left in incoming.glob(f"check-{check.submission_id}-*"):  # by a check that was killed
        shutil.rmtree(left, ignore_errors=True)
    folder = incoming / f"check-{check.submission_id}-{check.number}"
    folder.mkdir(parents=True)
    try:
        end_check(check, _tell(check, folder))
    except NotConfinedError:
        break_off_check(check, counted=False)  # no package is refused for what this machine lacks
        raise
    except TemporaryError:
        break_off_check(check)
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _tell(check: Check, folder: Path) -> Text | None:
    """Write down what every rule says; return why the check came to no end, None if it did."""
    number = 0
    allowance = Allowance(unconfined=settings.ALLWARD.unconfined_checks)
    try:
        refuse_other_bytes(check.path, check.digest, heard=lambda: still_checking(check))
        for line in checked_lines(check.path, folder, allowance):
            if line is None:
                still_checking(check)
            else:
                number += 1
                note_line(check, number, line)
    except (TooMuchError, OtherBytesError) as error:
        return error.text
    return None


def discard_package(event: SubmissionTurnedDown) -> None:
    """Keep the bytes of a package no longer that was turned down; once more changes nothing."""
    with transaction.atomic():
        row = Submission.objects.filter(pk=event.submission_id, state__in=DISCARDED).first()
    if row is not None:
        storage().delete(key_of(row.tenant_id, row.pk))


def publish_submission(event: SubmissionAccepted) -> None:
    """Let the catalogue list an accepted package, and its key before it.

    Raises
    ------
    TemporaryError
        If the catalogue's keys are not here: its operator has to bring them.
    """
    with changing_catalogue() as repository:
        row = _in_state(event.submission_id, SubmissionState.ACCEPTED)
        if row is None:
            return
        fault = _publish(row, repository)
        if fault is None:
            note_published(row.pk)
        else:
            note_not_published(row.pk, fault)


def _publish(row: Submission, repository: Repository) -> str | None:
    """Return why the catalogue does not take a package; None: it has it."""
    with transaction.atomic():
        against = obstacles(row)
        key = VendorKey.objects.get(tenant_id=row.tenant_id, keyid=row.keyid)
    if against:
        return " ".join(text.en for text in against)
    path = storage().path(row.storage_key)
    try:
        refuse_other_bytes(path, row.digest)
        if claim_key(row.keyid) != row.tenant_id:
            return f"The key {row.keyid[:16]} belongs to another vendor in the catalogue."
        with transaction.atomic():
            listed = listed_form(key, repository)
        repository.list_publisher(listed)
        repository.add_package(path)
    except UsageError as error:
        raise TemporaryError(str(error)) from error
    except (CatalogueError, ManifestError, OtherBytesError, UntrustedError) as error:
        return str(error)
    return None


def withdraw_submission(event: SubmissionYanked) -> None:
    """Let the catalogue say that a version was withdrawn; raises as `publish_submission`."""
    with changing_catalogue() as repository:
        row = _in_state(event.submission_id, SubmissionState.YANKED)
        if row is None or row.withdrawn_at is not None:
            return
        try:
            repository.yank(row.plugin_id, row.version, row.yank_reason)
        except (CatalogueError, UntrustedError, UsageError) as error:
            raise TemporaryError(str(error)) from error
        note_withdrawn(row.pk)


def tell_catalogue_of_key(event: VendorKeyChanged) -> None:
    """Let the catalogue say what a vendor says of a listed key; raises as `publish_submission`."""
    with changing_catalogue() as repository:
        try:
            _tell_of_key(event.key_id, repository)
        except (CatalogueError, UntrustedError, UsageError) as error:
            raise TemporaryError(str(error)) from error


def _tell_of_key(key_id: UUID, repository: Repository) -> None:
    with transaction.atomic():
        row = VendorKey.objects.get(pk=key_id)
        if owner_of(row.keyid) != row.tenant_id:
            return
        listed = listed_form(row, repository)
    known = next((key for key in repository.publishers() if key.keyid == row.keyid), None)
    if (
        known is not None and KeyState(known.state) != KeyState.REVOKED
    ):  # a revoked key proves nothing as it is
        repository.list_publisher(listed)


def _in_state(submission_id: UUID, state: SubmissionState) -> Submission | None:
    with transaction.atomic():
        return Submission.objects.filter(pk=submission_id, state=state).first()
