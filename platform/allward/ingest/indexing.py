"""From whole objects in the spool to the index: find the hospital, index in batches, forget what is in."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from typing import NamedTuple
from uuid import UUID

from django.db import DatabaseError, OperationalError

from allward.ingest.asked import Asked, contradicts, nothing, was_asked_by, who_asked
from allward.ingest.departments import usual_department
from allward.ingest.quarantine import Stray, keep_strays
from allward.ingest.senders import DEFAULT_CHARSET, Facts, Rule, choose_rule
from allward.ingest.spool import SpoolEntry
from allward.studies.actions import index_instances
from allward.studies.received import RETRIEVED, Fate, ReceivedInstance
from allward.tenancy.models import Tenant
from allward.tenancy.scope import Scope, within
from allward_dicom.header import Header, read_header
from allward_sdk.errors import BadInputError

log = logging.getLogger(__name__)

MOST_IN_A_BATCH = 500


class Verdict(StrEnum):
    """What became of one object in the spool."""

    NEW = Fate.NEW
    KNOWN = Fate.KNOWN
    CONFLICT = Fate.CONFLICT
    QUARANTINED = "quarantined"


@dataclass(slots=True)
class IndexReport:
    """What became of each entry, and the headers that were read on the way."""

    verdicts: dict[UUID, Verdict] = field(default_factory=dict)
    reasons: dict[UUID, str] = field(default_factory=dict)
    """Why an entry is in quarantine."""
    study_ids: set[UUID] = field(default_factory=set)
    headers: dict[UUID, Header] = field(default_factory=dict)


class _Group(NamedTuple):
    """Objects that are indexed in one transaction."""

    tenant_id: UUID
    user_id: UUID | None
    actor: str


class _Lookups(NamedTuple):
    """What is asked of the database while one batch is sorted, each question once."""

    asked: Asked
    department: Callable[[UUID], UUID | None]


def index_entries(
    entries: Sequence[SpoolEntry], rules: Sequence[Rule], *, asked: Asked = nothing
) -> IndexReport:
    """Index entries of the spool, each in the scope of its hospital, and remove them from the spool.

    Entries whose hospital cannot be told, or that cannot be indexed, are kept in quarantine. Safe to repeat
    at any point.

    Parameters
    ----------
    asked
        What hospitals have asked archives to send; it decides where the rules do not tell hospitals apart.

    Raises
    ------
    OperationalError, InterfaceError
        If the database is away: what was not committed is still in the spool.
    StorageFullError
        If the bytes cannot get their place in the storage; likewise.
    """
    report = IndexReport()
    groups: dict[_Group, list[tuple[SpoolEntry, ReceivedInstance]]] = {}
    strays: list[tuple[SpoolEntry, Stray]] = []
    lookups = _Lookups(cache(asked), cache(usual_department))
    for entry in entries:
        found = _whose(entry, rules, lookups)
        if isinstance(found, Stray):
            strays.append((entry, found))
            continue
        group, item = found
        report.headers[entry.entry_id] = item.header
        groups.setdefault(group, []).append((entry, item))
    for group, members in groups.items():
        _index_group(group, members, report)
    _quarantine(strays, report)
    return report


def _whose(
    entry: SpoolEntry, rules: Iterable[Rule], lookups: _Lookups
) -> tuple[_Group, ReceivedInstance] | Stray:
    origin = entry.origin
    facts = Facts(origin.called_ae_title, origin.calling_ae_title, origin.certificate_sha256)
    by_peer = choose_rule(rules, facts).rule
    charset = by_peer.fallback_charset if by_peer else DEFAULT_CHARSET
    try:
        header = entry.header or read_header(entry.path, fallback_charset=charset)
        if origin.tenant_id is not None:
            group = _Group(origin.tenant_id, origin.user_id, origin.actor)
            return group, _received(entry, header, origin.department_id)
        institution = header.institution_name or ""
        choice = choose_rule(rules, Facts(*_peer(facts), institution_name=institution))
        asked = tuple(lookups.asked(header.study_instance_uid))
        if (tenant_id := who_asked(asked, origin)) is not None:
            if contradicts(choice.rule, tenant_id):
                return _stray(entry, "one hospital asked for it, and a rule gives it to another", header)
            item = _received(entry, header, lookups.department(tenant_id))
            return _Group(tenant_id, None, origin.calling_ae_title), replace(item, source=RETRIEVED)
        if choice.rule is None:
            return _stray(entry, choice.reason, header)
        header = _reread(entry, header, read_with=charset, wanted=choice.rule.fallback_charset)
    except BadInputError as error:
        return _stray(entry, str(error), None)
    actor = origin.calling_ae_title or origin.actor
    item = _received(entry, header, choice.rule.department_id)
    if was_asked_by(asked, origin, choice.rule.tenant_id):
        item = replace(item, source=RETRIEVED)
    return _Group(choice.rule.tenant_id, None, actor), item


def _peer(facts: Facts) -> tuple[str, str, str]:
    return facts.called_ae_title, facts.calling_ae_title, facts.certificate_sha256


def _reread(entry: SpoolEntry, header: Header, *, read_with: str, wanted: str) -> Header:
    """Read the header once more if it states no character set and its sender has another fallback."""
    was = DEFAULT_CHARSET if entry.header is not None else read_with
    if "00080005" in header.json or wanted == was:
        return header
    return read_header(entry.path, fallback_charset=wanted)


def _received(entry: SpoolEntry, header: Header, department_id: UUID | None) -> ReceivedInstance:
    return ReceivedInstance(
        instance_id=entry.entry_id,
        path=entry.path,
        sha256=entry.sha256,
        size_bytes=entry.size_bytes,
        received_at=entry.received_at,
        source=entry.origin.calling_ae_title or entry.origin.actor,
        header=header,
        department_id=department_id,
    )


def _stray(entry: SpoolEntry, reason: str, header: Header | None) -> Stray:
    return Stray(
        entry_id=entry.entry_id,
        path=entry.path,
        sha256=entry.sha256,
        size_bytes=entry.size_bytes,
        received_at=entry.received_at,
        facts=Facts(
            entry.origin.called_ae_title,
            entry.origin.calling_ae_title,
            entry.origin.certificate_sha256,
            (header.institution_name if header else None) or "",
        ),
        peer=entry.origin.peer,
        sop_instance_uid=header.sop_instance_uid if header else "",
        reason=reason,
    )


def _index_group(
    group: _Group, members: Sequence[tuple[SpoolEntry, ReceivedInstance]], report: IndexReport
) -> None:
    """Index one hospital's objects; if one of them breaks the batch, find it and put it aside."""
    scope = replace(Scope.of_tenant(group.tenant_id, actor=group.actor or "system"), user_id=group.user_id)
    try:
        with within(scope):
            outcome = index_instances([item for _, item in members])
    except DatabaseError as error:
        if _is_away(error):
            raise
        if len(members) == 1:
            log.exception("an object cannot be indexed and is put into quarantine")
            entry, item = members[0]
            _quarantine([(entry, _stray(entry, f"it cannot be indexed: {error}", item.header))], report)
            return
        half = len(members) // 2
        _index_group(group, members[:half], report)
        _index_group(group, members[half:], report)
        return
    apart = []
    for entry, item in members:
        fate = outcome.fates[entry.entry_id]
        if fate is Fate.OTHER_PATIENT:
            apart.append((entry, _stray(entry, _of_another_patient(group.tenant_id), item.header)))
            continue
        report.verdicts[entry.entry_id] = Verdict(fate)
        entry.forget()
    report.study_ids |= outcome.study_ids
    _quarantine(apart, report)


def _of_another_patient(tenant_id: UUID) -> str:
    """Say why an object was kept apart, without a patient's number: the platform's operator reads it."""
    code = Tenant.objects.filter(pk=tenant_id).values_list("code", flat=True).first()
    return f"its study belongs to another patient of the hospital {code}"


def _is_away(error: DatabaseError) -> bool:
    """Tell a database that does not answer now from one that will never take this object.

    Source
    ------
    PostgreSQL, appendix A: class 54, "program limit exceeded", is an operational error to the driver and says
    that a value is too large, for an index say.
    """
    state = getattr(error.__cause__, "sqlstate", None) or ""
    return isinstance(error, OperationalError) and not state.startswith("54")


def _quarantine(strays: Sequence[tuple[SpoolEntry, Stray]], report: IndexReport) -> None:
    keep_strays([stray for _, stray in strays])
    for entry, stray in strays:
        report.verdicts[entry.entry_id] = Verdict.QUARANTINED
        report.reasons[entry.entry_id] = stray.reason
        entry.forget()


def tally(verdicts: Mapping[UUID, Verdict]) -> dict[Verdict, int]:
    """Count verdicts by kind; kinds that did not occur are 0."""
    return {kind: sum(found is kind for found in verdicts.values()) for kind in Verdict}
