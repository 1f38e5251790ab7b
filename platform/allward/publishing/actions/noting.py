"""Lines of the audit trail, and moves along the table of states."""

from typing import Any
from uuid import UUID

from allward.audit.actions import record
from allward.kernel.states import check_transition
from allward.publishing.models import Submission
from allward.publishing.states import MAY_BECOME, SubmissionState
from allward.tenancy.scope import required_scope


def note(what: str, what_id: UUID, change: str, **detail: Any) -> None:
    """Write an act of the scope's person into the audit trail of the vendor."""
    scope = required_scope()
    record(
        tenant_id=scope.acting, actor=scope.actor, action="change", what=what, what_id=str(what_id),
        user_id=scope.user_id, user_tenant_id=scope.home, change=change, **detail,
    )  # fmt: skip


def note_submission(row: Submission, change: str, **detail: Any) -> None:
    """Write what became of a submission into the audit trail of the vendor."""
    note("submission", row.pk, change, plugin=row.plugin_id, version=row.version, digest=row.digest, **detail)


def move(row: Submission, new: SubmissionState) -> None:
    """Change the state of a locked row as the table lets it; the caller saves it.

    Raises
    ------
    ForbiddenTransitionError
        If the table does not.
    """
    check_transition(MAY_BECOME, old=SubmissionState(row.state), new=new, what="a submission")
    row.state = new
