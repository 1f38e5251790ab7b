"""What the wire says of vendors' keys and submissions; their forms stand in `publishing_forms.py`."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from allward.publishing.contents import contents_of
from allward.publishing.differences import changes
from allward.publishing.models import CheckLine, Submission, VendorKey
from allward.publishing.queries import Case, failed_rules, version_before
from allward.publishing.states import (
    KEY_MAY_BECOME,
    MAY_BECOME,
    KeyState,
    SubmissionState,
)
from allward.tenancy.models import Tenant
from allward_sdk.check import RULES

_RULES_OF_CHECK = len(RULES) + 2
"""The rules, and before them how the check was confined and that the package is whole."""


def key_json(row: VendorKey) -> dict[str, Any]:
    """Return a key's wire form."""
    return {
        "id": str(row.pk),
        "keyid": row.keyid,
        "prefixes": row.prefixes,
        "state": row.state,
        "reason": row.reason,
        "added_at": row.added_at,
        "added_by": row.added_by,
        "may": sorted(state.value for state in KEY_MAY_BECOME[KeyState(row.state)]),
    }


def line_json(line: CheckLine) -> dict[str, Any]:
    """Return the wire form of what a rule said."""
    return {"number": line.number, **line.said}


def log_json(row: Submission, lines: Sequence[CheckLine]) -> dict[str, Any]:
    """Return the wire form of a check's log."""
    return {
        "state": row.state,
        "check": row.checks,
        "rules": _RULES_OF_CHECK,
        "lines": [line_json(line) for line in lines],
    }


def submissions_json(rows: Sequence[Submission]) -> list[dict[str, Any]]:
    """Return the wire form of several submissions of one vendor."""
    failed = failed_rules(rows)
    return [_submission(row, failed.get(row.pk, [])) for row in rows]


def _submission(row: Submission, failed: Sequence[CheckLine]) -> dict[str, Any]:
    moves = MAY_BECOME[SubmissionState(row.state)]
    may = {"decide": SubmissionState.DECLINED in moves, "yank": SubmissionState.YANKED in moves}
    decided = {"at": row.decided_at, "by": row.decided_by, "words": row.words}
    withdrawn = {"at": row.yanked_at, "by": row.yanked_by, "reason": row.yank_reason}
    return {
        "id": str(row.pk),
        "plugin_id": row.plugin_id,
        "version": row.version,
        "title": row.manifest["plugin"]["title"],
        "status": row.manifest["intended_use"]["status"],
        "digest": row.digest,
        "size_bytes": row.size_bytes,
        "keyid": row.keyid,
        "state": row.state,
        "submitted_at": row.submitted_at,
        "submitted_by": row.submitted_by,
        "failed": [line_json(line) for line in failed],
        "refusal": row.refusal,
        "decision": decided if row.decided_at else None,
        "published_at": row.published_at,
        "yanked": {**withdrawn, "in_catalogue": row.withdrawn_at} if row.yanked_at else None,
        "may": [name for name, allowed in may.items() if allowed],
    }


def detail_json(row: Submission) -> dict[str, Any]:
    """Return the wire form of a submission with what stands in its package."""
    manifest, package, before = row.manifest, contents_of(row), version_before(row)
    use = manifest["intended_use"]
    return {
        **submissions_json([row])[0],
        "vendor": manifest["plugin"]["vendor"],
        "statement": use["statement"],
        "contraindications": use["contraindications"],
        "registrations": use["registrations"],
        "wants": manifest["wants"],
        "fills": manifest["fills"],
        "resources": manifest["resources"],
        "licences": manifest["licences"],
        "labels": manifest["labels"],
        "models": manifest["models"],
        "model_card": package.model_card,
        "licence_text": package.licence,
        "entries": [asdict(entry) for entry in package.entries],
        "cases": [{"name": name, "text": text} for name, text in package.cases.items()],
        "difference": None if before is None else difference_json(before, row),
    }


def difference_json(before: Submission, after: Submission) -> dict[str, Any]:
    """Return the wire form of what a version changes."""
    found = changes(before.manifest, after.manifest)
    return {"version": before.version, "changes": [asdict(change) for change in found]}


def case_json(case: Case, row: Submission) -> dict[str, Any]:
    """Return what only operators are told of a submission: whose it is, and since when it waits."""
    tenant = Tenant.objects.get(pk=case.tenant_id)
    return {
        "tenant": {
            "id": str(tenant.pk),
            "code": tenant.code,
            "name": {"en": tenant.name_en, "zh": tenant.name_zh},
        },
        "since": case.since,
        "fault": row.fault,
    }
