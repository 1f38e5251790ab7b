"""Reports are signed, verified, given back, amended and withdrawn. What was signed is never changed.

A signature is the hospital's Ed25519 key over a statement that names the version's digest, the role, the
person and the time: the hospital vouches that this person was signed in and said so. It is no certificate of
the person's own.
"""

import base64
from uuid import UUID

from django.db import transaction

from allward.kernel.clock import now
from allward.kernel.texts import Text
from allward.outbox.publish import publish
from allward.registry.own_keys import hospital_signer
from allward.reporting.actions.editing import refuse_unless_open
from allward.reporting.actions.grounds import (
    as_kept,
    held_report,
    refuse_changed,
    refuse_unfounded,
)
from allward.reporting.actions.refusals import (
    NO_REASON,
    NOT_NOW,
    Author,
    ReportRefusedError,
    author_now,
    locked_report,
    move,
    move_amendment,
    save,
)
from allward.reporting.content import AdviceFacts, canonical_json, digest_of
from allward.reporting.events import ReportReleased
from allward.reporting.facts import same_person_may_verify, written_now
from allward.reporting.models import Report, ReportVersion, ReportWord
from allward.reporting.queries import latest_version, reporting_physician, verified_version
from allward.reporting.states import VERIFIED, AmendmentState, ReportState, WordKind
from allward.reporting.working import Working, read_working
from allward.tenancy.models import Tenant
from allward_sdk.trust.dsse import sign_bytes

PAYLOAD_TYPE = "application/vnd.allward.report-signature+json"
ALGORITHM = "ed25519"

EMPTY = Text("The impression is empty.", "诊断意见为空。")
SAME_PERSON = Text(
    "You signed this report yourself; a second person verifies it.", "本报告由您签发，须由另一位医师审核。"
)


def sign_report(
    report_id: UUID, *, revision: int, author_name: str, advice: tuple[AdviceFacts, ...]
) -> Report:
    """Sign what is worked on as reporting physician (报告医师): it becomes a version.

    Raises
    ------
    ReportConflictError
        If somebody else has changed the report.
    ReportRefusedError
        If findings are unreviewed, sentences outdated, the impression empty, or it is signed already.
    """
    with transaction.atomic():
        author = author_now(author_name)
        report = held_report(report_id, revision=revision)
        refuse_unless_open(report)
        working = read_working(report.working)
        refuse_unfounded(report, working, advice)
        report.advice = as_kept(advice)
        if all(line.text.is_empty for line in working["impression"]):
            raise ReportRefusedError("empty", EMPTY)
        if report.state == ReportState.DRAFT:
            move(report, ReportState.PRELIMINARY)
        else:
            move_amendment(report, AmendmentState.SIGNED)
        version = _new_version(report, working, author)
        _say(version, WordKind.REPORTING, author)
        save(report, signed=WordKind.REPORTING.value, version=version.number, digest=version.digest)
        if report.state == ReportState.PRELIMINARY:
            _release(version)
    return report


def verify_report(
    report_id: UUID, *, revision: int, author_name: str, advice: tuple[AdviceFacts, ...]
) -> Report:
    """Verify the version that was signed, as verifying physician (审核医师).

    Raises
    ------
    ReportConflictError
        If somebody else has changed the report.
    ReportRefusedError
        If it waits for no verification, the same person signed it and the hospital does not allow that, or
        its ground, the accepted findings or the advice have changed since.
    """
    with transaction.atomic():
        author = author_now(author_name)
        report = held_report(report_id, revision=revision)
        version = _waiting(report)
        if not may_verify(report, version, author.user_id):
            raise ReportRefusedError("same_person", SAME_PERSON)
        working = read_working(report.working)
        refuse_unfounded(report, working, advice)
        report.advice = as_kept(advice)
        refuse_changed(version, written_now(report, working, version=version.number))
        if report.state == ReportState.PRELIMINARY:
            move(report, ReportState.FINAL)
        else:
            move_amendment(report, AmendmentState.NONE)
            move(report, ReportState.AMENDED)
        report.amendment_reason = ""
        _say(version, WordKind.VERIFYING, author)
        save(report, signed=WordKind.VERIFYING.value, version=version.number, digest=version.digest)
        _release(version)
    return report


def send_back(report_id: UUID, *, revision: int, author_name: str, because: str) -> Report:
    """Give a signed version back to be written on (退回), with the reason.

    Raises
    ------
    ReportConflictError
        If somebody else has changed the report.
    ReportRefusedError
        If it waits for no verification, or no reason is given.
    """
    with transaction.atomic():
        author = author_now(author_name)
        report = locked_report(report_id, revision=revision)
        version = _waiting(report)
        because = _reason(because)
        if report.state == ReportState.PRELIMINARY:
            move(report, ReportState.DRAFT)
        else:
            move_amendment(report, AmendmentState.OPEN)
        _say(version, WordKind.RETURNED, author, because=because)
        save(report, returned=because, version=version.number)
    return report


def amend_report(report_id: UUID, *, revision: int, author_name: str, reason: str) -> Report:
    """Begin to change a verified report; what was verified stays in force until the change is verified.

    Raises
    ------
    ReportConflictError
        If somebody else has changed the report.
    ReportRefusedError
        If it is not verified, is being amended already, or no reason is given.
    """
    with transaction.atomic():
        author_now(author_name)
        report = locked_report(report_id, revision=revision)
        if report.state not in VERIFIED:
            raise ReportRefusedError("state", NOT_NOW)
        move_amendment(report, AmendmentState.OPEN)
        report.amendment_reason = _reason(reason)
        save(report, amended_because=report.amendment_reason)
    return report


def give_up_amendment(report_id: UUID, *, revision: int) -> Report:
    """Leave a verified report as it is: sentences, advice and result of its verified version stand again.

    Raises
    ------
    ReportConflictError
        If somebody else has changed the report.
    ReportRefusedError
        If it is not being amended.
    """
    with transaction.atomic():
        report = locked_report(report_id, revision=revision)
        move_amendment(report, AmendmentState.NONE)
        verified = verified_version(report)
        assert verified is not None  # only a verified report is amended
        report.amendment_reason = ""
        report.working = verified.working
        report.advice = verified.content["advice"]
        report.result = verified.result or report.result
        save(report, amendment="given up")
    return report


def withdraw_report(report_id: UUID, *, revision: int, author_name: str, because: str) -> Report:
    """Say that the report was entered in error; who has it is told.

    Raises
    ------
    ReportConflictError
        If somebody else has changed the report.
    ReportRefusedError
        If it is withdrawn already, or no reason is given.
    """
    with transaction.atomic():
        author = author_now(author_name)
        report = locked_report(report_id, revision=revision)
        because = _reason(because)
        move(report, ReportState.ENTERED_IN_ERROR)
        if report.amendment != AmendmentState.NONE:
            move_amendment(report, AmendmentState.NONE)
        version = verified_version(report) or latest_version(report)
        if version is not None:
            _say(version, WordKind.WITHDRAWN, author, because=because)
        save(report, withdrawn_because=because)
        if version is not None:
            _release(version)
    return report


def may_verify(report: Report, version: ReportVersion, user_id: UUID) -> bool:
    """Tell whether a person is not the one who signed, or the hospital does not mind."""
    return reporting_physician(version) != user_id or same_person_may_verify(report.tenant_id)


def _waiting(report: Report) -> ReportVersion:
    version = latest_version(report)
    waits = report.state == ReportState.PRELIMINARY or report.amendment == AmendmentState.SIGNED
    if version is None or not waits:
        raise ReportRefusedError("state", NOT_NOW)
    return version


def _reason(text: str) -> str:
    if not text.strip():
        raise ReportRefusedError("reason", NO_REASON)
    return text.strip()


def _new_version(report: Report, working: Working, author: Author) -> ReportVersion:
    earlier = latest_version(report)
    number = 1 if earlier is None else earlier.number + 1
    written = written_now(report, working, version=number)
    return ReportVersion.objects.create(
        report=report,
        number=number,
        content=written.model_dump(mode="json"),
        working=report.working,
        result=report.result,
        digest=digest_of(written),
        reason=report.amendment_reason,
        made_by=author.name,
    )


def _say(version: ReportVersion, kind: WordKind, author: Author, *, because: str = "") -> None:
    """Keep a person's word, signed with the hospital's key."""
    moment = now()
    statement = {
        "report": str(version.report_id),
        "version": version.number,
        "digest": version.digest,
        "role": kind.value,
        "because": because,
        "user": str(author.user_id),
        "name": author.name,
        "tenant": str(author.tenant_id),
        "at": moment.isoformat(),
    }
    signer = hospital_signer(Tenant.objects.values_list("code", flat=True).get(pk=version.tenant_id))
    envelope = sign_bytes(canonical_json(statement).encode(), PAYLOAD_TYPE, signer)
    ReportWord.objects.create(
        version=version,
        kind=kind,
        because=because,
        author_id=author.user_id,
        author_name=author.name,
        author_tenant_id=author.tenant_id,
        at=moment,
        algorithm=ALGORITHM,
        key_id=signer.public_key.keyid,
        envelope=base64.b64encode(envelope).decode("ascii"),
    )


def _release(version: ReportVersion) -> None:
    publish(ReportReleased(report_id=version.report_id, version_id=version.pk), tenant_id=version.tenant_id)
