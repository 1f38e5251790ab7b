"""Whether a job joins the queue now or is deferred: nothing is dropped, and an emergency is never deferred.

A queue that is hours long helps nobody: it holds memory, and what waits in it could wait in the database
as well, where another device can take it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from allward_engine.policy import CLASS, Work
from allward_engine.requests import Priority
from allward_engine.shares import Shares

HORIZON_S: Mapping[Priority, float] = MappingProxyType(
    {Priority.HIGH: 600.0, Priority.MEDIUM: 3600.0, Priority.LOW: 4 * 3600.0}
)
"""How much predicted device time may wait before more of a class is deferred. Source: ADR-0014."""


@dataclass(frozen=True, slots=True)
class Admission:
    """What is decided about a job that came."""

    admitted: bool
    backlog_s: float
    """Predicted device time that is served before it by its class: its own and more urgent work."""
    retry_after_s: float
    """When a deferred job should be asked about again; 0 for an admitted one."""


def admit(work: Work, present: Iterable[Work], shares: Shares, *, lanes: int = 1) -> Admission:
    """Admit a job or defer it, by the predicted backlog.

    A tenant whose own backlog is within its share of the horizon is admitted however much others have
    queued: who floods the device defers its own jobs only. A class with nothing in the queue takes a job of
    any length.

    Parameters
    ----------
    present
        Admitted jobs that are not done.
    lanes
        How many of them run at the same time.
    """
    before = [other for other in present if CLASS[other.priority] <= CLASS[work.priority]]
    backlog_s = sum(other.load_s + other.remaining_s for other in before) / lanes
    horizon_s = HORIZON_S.get(work.priority)
    after_s = backlog_s + (work.load_s + work.remaining_s) / lanes
    if horizon_s is None or after_s <= horizon_s:
        return Admission(admitted=True, backlog_s=backlog_s, retry_after_s=0.0)
    own = [other for other in before if other.tenant == work.tenant]
    own_s = sum(other.load_s + other.remaining_s for other in (*own, work)) / lanes
    tenants = {other.tenant for other in before} | {work.tenant}
    share = shares.weight(work.tenant) / sum(shares.weight(tenant) for tenant in tenants)
    if not own or own_s <= horizon_s * share:
        return Admission(admitted=True, backlog_s=backlog_s, retry_after_s=0.0)
    return Admission(admitted=False, backlog_s=backlog_s, retry_after_s=max(1.0, after_s - horizon_s))
