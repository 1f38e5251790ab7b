"""Which job's unit runs next: pure functions over what is waiting, so that every rule can be tested alone.

The order, from the strongest rule to the weakest:

1. a class that was kept waiting gets the floor share that it is owed;
2. the more urgent class first, after ageing: work whose tenant and class had no turn for a while counts
   one class higher, again and again, but never as STAT;
3. inside a class, the earliest deadline among those that would be missed if another unit ran before;
4. work under way before work that has not begun: two half-done jobs take twice the memory and finish no
   earlier;
5. the tenant that had the least device time in that class for its weight, then the least served of its
   apps, where what must be loaded first counts as if it had been used already; then the longest wait.

Nothing here waits, and nothing is remembered: the accounts are in `shares.py`, and the caller says what
time it is. ADR-0014 tells why.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from allward_engine.requests import Priority
from allward_engine.shares import Shares

CLASS: Mapping[Priority, int] = MappingProxyType(
    {Priority.STAT: 0, Priority.HIGH: 1, Priority.MEDIUM: 2, Priority.LOW: 3}
)
"""0 emergency, 1 interactive, 2 routine, 3 screening and backfill."""

_SENT_AS = {rank: priority for priority, rank in CLASS.items()}

AGEING_S: Mapping[int, float] = MappingProxyType({2: 600.0, 3: 1800.0})
"""How long work of a class has no turn before it counts as the class above. Source: ADR-0014."""

DEADLINE_ERROR = 0.2
"""By how much of the remaining time a prediction may be wrong before a deadline is missed or given up."""

DEADLINE_LOAN_S = 60.0
"""Virtual time by which a tenant with deadlines may be ahead of the least served; so that a tenant that
puts a deadline on everything does not take the device."""


class Why(StrEnum):
    """Which rule made the choice."""

    FLOOR = "floor"
    DEADLINE = "deadline"
    ORDER = "order"


@dataclass(frozen=True, slots=True)
class Work:
    """A job with a unit to run; its times are on the clock of `now_s`."""

    job_id: str
    tenant: str
    app: str
    priority: Priority
    arrived_s: float
    unit_s: float = 0.0
    """Predicted device time of the unit."""
    remaining_s: float = 0.0
    """Predicted device time until the job is done, this unit included and loading left out."""
    load_s: float = 0.0
    """Predicted time to load the model that the unit needs; 0 where it is resident."""
    deadline_s: float | None = None
    """When it should be done."""
    began_as: int | None = None
    """The class that it counted as when it was last chosen; None before its first unit."""
    joins: Hashable | None = None
    """Model and shape: units with an equal one may run as one batch; None runs alone."""
    items: int = 1
    """How many items of a batch the unit is."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The work whose unit runs now."""

    work: Work
    counts_as: int
    """The class that it counted as; its `began_as` from now on."""
    why: Why


def choose(
    waiting: Sequence[Work], shares: Shares, now_s: float, *, started_at_once: int = 1
) -> Choice | None:
    """Choose the work whose unit a lane runs now; None if nothing waits.

    Parameters
    ----------
    waiting
        All that the lane could run: its model can be loaded, and its memory can be had.
    started_at_once
        How many jobs may be under way at the same time before a less urgent or equal one begins.
    """
    if not waiting:
        return None
    owed = _owed(waiting, shares, now_s)
    if owed is not None:
        return owed
    begun = [CLASS[work.priority] for work in waiting if work.began_as is not None]
    ready = [work for work in waiting if may_begin(work, begun, started_at_once)]
    ranks = {work.job_id: counts_as(work, shares, now_s) for work in waiting}
    best = min(ranks[work.job_id] for work in ready)
    book = _Book(shares, _SENT_AS[best])
    pressed = _pressed([work for work in waiting if ranks[work.job_id] == best], waiting, book, now_s)
    if pressed is not None:
        return Choice(pressed, best, Why.DEADLINE)
    return Choice(_first([work for work in ready if ranks[work.job_id] == best], book), best, Why.ORDER)


def account_for(
    choice: Choice, shares: Shares, took_s: float, *, waiting: Iterable[Work], now_s: float
) -> None:
    """Note in the accounts that a chosen unit ran; a batch is noted once per job, with its part of the time.

    Parameters
    ----------
    waiting
        What the lane could have run meanwhile, the chosen work included if it has another unit.
    now_s
        When the unit ended.
    """
    work = choice.work
    shares.charge(work, took_s, None if choice.why is Why.FLOOR else _SENT_AS[choice.counts_as])
    shares.note_unit(work.priority, took_s, (other.priority for other in waiting))
    if choice.why is not Why.FLOOR:
        shares.note_served(work, now_s)


def counts_as(work: Work, shares: Shares, now_s: float) -> int:
    """Return the class that work counts as after ageing, 0 (STAT) to 3; never less urgent than it began."""
    rank = CLASS[work.priority]
    waited_s = now_s - shares.waits_since_s(work, work.arrived_s)
    while rank in AGEING_S and waited_s >= AGEING_S[rank]:
        waited_s -= AGEING_S[rank]
        rank -= 1
    return rank if work.began_as is None else min(rank, work.began_as)


def may_begin(work: Work, begun: Iterable[int], started_at_once: int) -> bool:
    """Tell whether work is under way, or may be without too many half-done jobs as urgent as itself.

    Parameters
    ----------
    begun
        The classes of all work that is under way.
    """
    own = CLASS[work.priority]
    return work.began_as is not None or sum(rank <= own for rank in begun) < started_at_once


def would_be_missed(work: Work, other_unit_s: float, now_s: float) -> bool:
    """Tell whether a deadline can still be met, but hardly if another unit ran before.

    One that cannot be met any more is not pressed: hurrying it would only make others late too.
    """
    if work.deadline_s is None:
        return False
    slack_s = work.deadline_s - now_s - work.load_s - work.remaining_s
    error_s = DEADLINE_ERROR * work.remaining_s
    return -error_s <= slack_s <= other_unit_s + error_s


@dataclass(frozen=True, slots=True)
class _Book:
    """The accounts of one class."""

    shares: Shares
    priority: Priority

    def start_s(self, load_s: float, *account: str) -> float:
        """Return the virtual time of a tenant or a tenant's app, a load counted as if it had been used."""
        return self.shares.virtual_s(self.priority, *account) + load_s / self.shares.weight(*account)


def _owed(waiting: Sequence[Work], shares: Shares, now_s: float) -> Choice | None:
    """Choose the unit that a class is owed, the most owed class first."""
    found: list[tuple[float, int, Work]] = []
    for priority in {work.priority for work in waiting}:
        owed_s = shares.owed_s(priority)
        if owed_s > 0.0:
            work = _first([other for other in waiting if other.priority is priority], _Book(shares, priority))
            if owed_s >= work.unit_s + work.load_s:
                found.append((owed_s, CLASS[priority], work))
    if not found:
        return None
    _, _, work = max(found, key=lambda item: item[:2])
    return Choice(work, counts_as(work, shares, now_s), Why.FLOOR)


def _pressed(rivals: Sequence[Work], waiting: Sequence[Work], book: _Book, now_s: float) -> Work | None:
    """Return the work of a class whose deadline is the earliest of those that would be missed."""
    dated = [work for work in rivals if work.deadline_s is not None]
    if not dated:
        return None
    least = min(book.start_s(0.0, work.tenant) for work in rivals)
    longest = sorted(waiting, key=lambda work: work.unit_s + work.load_s)[-2:]
    pressed = []
    for work in dated:
        other_unit_s = max(
            (other.unit_s + other.load_s for other in longest if other is not work), default=0.0
        )
        lead_s = book.start_s(0.0, work.tenant) - least
        if lead_s <= DEADLINE_LOAN_S and would_be_missed(work, other_unit_s, now_s):
            pressed.append(work)
    return min(pressed, key=lambda work: (work.deadline_s, work.job_id), default=None)


def _first(rivals: Sequence[Work], book: _Book) -> Work:
    """Return the work that comes first by what is under way, by fair share and by age."""
    starts: dict[tuple[str, ...], float] = {}
    for work in rivals:
        for account in ((work.tenant,), (work.tenant, work.app)):
            start_s = book.start_s(work.load_s, *account)
            starts[account] = min(start_s, starts.get(account, start_s))
    return min(
        rivals,
        key=lambda work: (
            work.began_as is None,
            starts[work.tenant,],
            work.tenant,
            starts[work.tenant, work.app],
            work.app,
            work.arrived_s + work.load_s,
            work.job_id,
        ),
    )
