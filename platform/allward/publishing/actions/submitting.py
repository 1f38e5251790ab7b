"""A package is handed in: its signature is proven, its bytes are kept, and nothing in it runs."""

import json
import os
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Sum

from allward.kernel.clock import now
from allward.kernel.ids import new_id
from allward.kernel.texts import Text
from allward.outbox.publish import publish
from allward.publishing.actions.noting import note_submission
from allward.publishing.actions.turns import one_at_a_time
from allward.publishing.events import PackageSubmitted
from allward.publishing.kept import key_of
from allward.publishing.keys import keys_of
from allward.publishing.models import Submission
from allward.publishing.states import IN_THE_WAY, UNDECIDED
from allward.storage.place import storage
from allward.tenancy.scope import required_scope
from allward_sdk.errors import AllwardError, ManifestError
from allward_sdk.trust.envelope import SignedPackage, verify_package

MOST_OPEN = 20
"""Submissions of one vendor that the platform may still have work with."""
MOST_WAITING_BYTES = 32 << 30
"""All of them together; what was published an operator has let in, and what was turned down is not kept."""
MOST_BROKEN_OFF = 5
"""Packages of one vendor in a day whose check came to no end: each took all that a check may use."""

_TOO_MANY = Text(
    f"{MOST_OPEN} of your packages wait already. Hand in more once some of them are decided.",
    f"您已有 {MOST_OPEN} 个插件包在等待处理。请在其中一部分处理完后再提交。",
)
_TOO_MUCH = Text(
    f"Your packages that wait would have more than {MOST_WAITING_BYTES >> 30} GiB with this one. Hand it in"
    " once some of them are decided.",
    f"加上此插件包，您等待处理的插件包将超过 {MOST_WAITING_BYTES >> 30} GiB。请在其中一部分处理完后再提交。",
)
_TOO_OFTEN = Text(
    f"The checks of {MOST_BROKEN_OFF} of your packages came to no end within a day. Make them smaller and"
    " hand them in tomorrow.",
    f"您在一天内有 {MOST_BROKEN_OFF} 个插件包未能完成检查。请减小插件包，明天再提交。",
)


class AlreadySubmittedError(AllwardError):
    """This version was handed in before. Told to the vendor."""


class TooManyOpenError(AllwardError):
    """The vendor has to wait for what it has handed in already; the text is for the vendor."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


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
        If too many or too much of the vendor's waits, or too many checks came to no end.
    """
    signed = verify_package(path, keys_of(required_scope().acting))
    try:
        with transaction.atomic():
            return _submit(path, signed)
    except IntegrityError as error:  # the same version came in twice at the same moment
        raise _again(signed) from error


def _submit(path: Path, signed: SignedPackage) -> Submission:
    scope = required_scope()
    one_at_a_time(scope.acting)
    mine = Submission.objects.filter(tenant_id=scope.acting)
    identity = signed.package.manifest.plugin
    if mine.filter(plugin_id=identity.id, version=identity.version, state__in=IN_THE_WAY).exists():
        raise _again(signed)
    _refuse_too_much(scope.acting, path.stat().st_size)
    manifest = signed.package.manifest.model_dump(mode="json")
    if "\\u0000" in json.dumps(manifest):
        raise ManifestError(f"{path.name}: plugin.toml: a text holds the character U+0000; take it out")
    submission_id = new_id()
    key = key_of(scope.acting, submission_id)
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


def _refuse_too_much(tenant_id: UUID, size_bytes: int) -> None:
    mine = Submission.objects.filter(tenant_id=tenant_id)
    waiting = mine.filter(state__in=UNDECIDED)
    if waiting.count() >= MOST_OPEN:
        raise TooManyOpenError(_TOO_MANY)
    if (waiting.aggregate(sum=Sum("size_bytes"))["sum"] or 0) + size_bytes > MOST_WAITING_BYTES:
        raise TooManyOpenError(_TOO_MUCH)
    lately = mine.filter(refusal__isnull=False, submitted_at__gt=now() - timedelta(days=1))
    if lately.count() >= MOST_BROKEN_OFF:
        raise TooManyOpenError(_TOO_OFTEN)


def _again(signed: SignedPackage) -> AlreadySubmittedError:
    identity = signed.package.manifest.plugin
    return AlreadySubmittedError(f"{identity.id} {identity.version} was handed in before; raise the version")
