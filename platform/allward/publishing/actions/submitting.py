"""A package is handed in: its signature is proven, its bytes are kept, and nothing in it runs."""

import json
import os
from pathlib import Path

from django.db import IntegrityError, transaction

from allward.kernel.ids import new_id
from allward.outbox.publish import publish
from allward.publishing.actions.noting import note_submission
from allward.publishing.events import PackageSubmitted
from allward.publishing.keys import keys_of
from allward.publishing.models import Submission
from allward.publishing.states import IN_THE_WAY, UNDECIDED
from allward.storage.place import storage
from allward.tenancy.scope import required_scope
from allward_sdk.errors import AllwardError, ManifestError
from allward_sdk.trust.envelope import SignedPackage, verify_package

MOST_OPEN = 20
"""Submissions of one vendor that the platform may still have work with."""


class AlreadySubmittedError(AllwardError):
    """This version was handed in before. Told to the vendor."""


class TooManyOpenError(AllwardError):
    """The vendor has to wait for what it has handed in already. Told to the vendor."""


def submit_package(path: Path) -> Submission:
    """Take a signed package of the acting vendor; it is checked next.

    Raises
    ------
    ManifestError
        If it is no package in the form in which packages are signed.
    UntrustedError
        If it is not signed by an active key that the vendor has registered, or was changed since.
    AlreadySubmittedError
        If this version waits, was published or was withdrawn.
    TooManyOpenError
        If `MOST_OPEN` of the vendor's packages wait.
    """
    signed = verify_package(path, keys_of(required_scope().acting))
    try:
        with transaction.atomic():
            return _submit(path, signed)
    except IntegrityError as error:  # the same version came in twice at the same moment
        raise _again(signed) from error


def _submit(path: Path, signed: SignedPackage) -> Submission:
    scope = required_scope()
    mine = Submission.objects.filter(tenant_id=scope.acting)
    identity = signed.package.manifest.plugin
    if mine.filter(plugin_id=identity.id, version=identity.version, state__in=IN_THE_WAY).exists():
        raise _again(signed)
    if mine.filter(state__in=UNDECIDED).count() >= MOST_OPEN:
        raise TooManyOpenError(f"{MOST_OPEN} packages wait already; hand in more once some are decided")
    manifest = signed.package.manifest.model_dump(mode="json")
    if "\\u0000" in json.dumps(manifest):
        raise ManifestError(f"{path.name}: plugin.toml: a text holds the character U+0000; take it out")
    submission_id = new_id()
    key = f"{scope.acting}/submissions/{submission_id}.allward"
    with path.open("rb") as file:
        os.fsync(file.fileno())
    storage().adopt(key, path)
    row = Submission.objects.create(
        id=submission_id,
        plugin_id=identity.id,
        version=identity.version,
        digest=signed.digest,
        size_bytes=path.stat().st_size,
        keyid=signed.keyid,
        manifest=manifest,
        storage_key=key,
        submitted_by=scope.actor,
    )
    publish(PackageSubmitted(row.pk), tenant_id=scope.acting)
    note_submission(row, "submitted", keyid=row.keyid)
    return row


def _again(signed: SignedPackage) -> AlreadySubmittedError:
    identity = signed.package.manifest.plugin
    return AlreadySubmittedError(f"{identity.id} {identity.version} was handed in before; raise the version")
