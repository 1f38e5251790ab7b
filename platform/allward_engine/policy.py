"""Which job's unit runs next: pure functions over what is waiting, so that every rule can be tested alone.

The order is strict by class, then fair between tenants, then by waiting time. A job that is not
urgent starts only when no other of its kind is under way: two half-done jobs take twice the memory
and finish no earlier. A more urgent job always starts, so it waits for one unit at most.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from allward_engine.requests import Priority

AGEING_S = 300.0
"""A job that waits so long counts one class higher, again and again, but never as STAT."""

_CLASS = {Priority.STAT: 0, Priority.HIGH: 1, Priority.MEDIUM: 2, Priority.LOW: 3}


@dataclass(frozen=True, slots=True)
class WaitingJob:
    """A job with a unit to run."""

    job_id: str
    tenant: str
    priority: Priority
    waited_s: float
    """Since it came; for ageing and for the order within a tenant."""
    started: bool
    """Whether units of it have run, so that it holds memory."""


def choose_next(waiting: Sequence[WaitingJob], used_s: dict[str, float]) -> WaitingJob | None:
    """Choose the job whose unit runs now; None if nothing waits.

    Parameters
    ----------
    waiting
        Every job that has a unit to run.
    used_s
        Fair-share account of each tenant: device seconds, see `FairShare`.
    """
    best_started = min((_CLASS[job.priority] for job in waiting if job.started), default=None)
    ready = [
        job for job in waiting if job.started or best_started is None or _CLASS[job.priority] < best_started
    ]
    return min(ready, key=lambda job: _rank(job, used_s), default=None)


def effective_class(job: WaitingJob) -> int:
    """Return 0 (STAT) to 3 (LOW) after ageing."""
    own = _CLASS[job.priority]
    return own if own == 0 else max(1, own - int(job.waited_s / AGEING_S))


def _rank(job: WaitingJob, used_s: dict[str, float]) -> tuple[int, bool, float, float]:
    # A started job comes before others of its class: finishing it frees its memory.
    return effective_class(job), not job.started, used_s.get(job.tenant, 0.0), -job.waited_s


class FairShare:
    """Device time per tenant, kept so that who was away neither saves up nor falls behind."""

    def __init__(self) -> None:
        self.used_s: dict[str, float] = {}

    def arrive(self, tenant: str, active: Iterable[str]) -> None:
        """Note that a tenant has work; one that was away starts level with the least served that is here."""
        others = [self.used_s[name] for name in active if name != tenant and name in self.used_s]
        self.used_s[tenant] = max(self.used_s.get(tenant, 0.0), min(others, default=0.0))

    def charge(self, tenant: str, took_s: float) -> None:
        """Note that a unit of a tenant ran."""
        self.used_s[tenant] = self.used_s.get(tenant, 0.0) + took_s
