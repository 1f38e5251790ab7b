"""Every way an audit row is written."""

from typing import Any
from uuid import UUID

from allward.audit.models import AuditEvent


def record(*, tenant_id: UUID, actor: str, action: str, what: str, what_id: str, **detail: Any) -> None:
    """Append one row; call it inside the transaction of the act, so that both happen or neither.

    `user_id` and `user_tenant_id` in `detail` name the person and that person's own hospital.
    """
    AuditEvent.objects.create(
        tenant_id=tenant_id,
        actor=actor,
        action=action,
        what=what,
        what_id=what_id,
        user_id=detail.pop("user_id", None),
        user_tenant_id=detail.pop("user_tenant_id", None),
        detail=detail,
    )
