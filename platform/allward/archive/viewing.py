"""The audit trail of looking: one row for each person, thing, act and minute, not one for each frame.

Searches are few and each asks for something else: each has a row of its own.
"""

from threading import Lock
from uuid import UUID

from django.db import transaction

from allward.archive.matching import Search
from allward.archive.request import Request
from allward.audit.actions import record
from allward.kernel.clock import now
from allward.tenancy.scope import Scope

_Key = tuple[UUID, UUID | None, str, str, str]


class _ThisMinute:
    """What has been written within the present minute by this process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._minute = 0
        self._keys: set[_Key] = set()

    def holds(self, key: _Key, minute: int) -> bool:
        with self._lock:
            if minute != self._minute:
                self._minute = minute
                self._keys.clear()
            return key in self._keys

    def add(self, key: _Key, minute: int) -> None:
        with self._lock:
            if minute == self._minute:
                self._keys.add(key)


_written = _ThisMinute()


def note(scope: Scope, action: str, *, what: str, what_id: str, study_instance_uid: str) -> None:
    """Append a `view` or `download`, unless this minute has one; call it in the transaction that reads."""
    minute = int(now().timestamp() // 60)
    key = (scope.acting, scope.user_id, scope.actor, action, what_id)
    if _written.holds(key, minute):
        return
    record(
        tenant_id=scope.acting,
        actor=scope.actor,
        action=action,
        what=what,
        what_id=what_id,
        user_id=scope.user_id,
        user_tenant_id=scope.home,
        study_instance_uid=study_instance_uid,
    )
    transaction.on_commit(lambda: _written.add(key, minute))


def note_search(scope: Scope, request: Request, search: Search, *, found: int) -> None:
    """Append a `search`: what was asked for and how many results are sent; call it where it is answered."""
    record(
        tenant_id=scope.acting,
        actor=scope.actor,
        action="search",
        what=search.level.name.lower(),
        what_id=request.params.get("series") or request.params.get("study", ""),
        user_id=scope.user_id,
        user_tenant_id=scope.home,
        filters=dict(search.asked),
        offset=search.offset,
        found=found,
    )
