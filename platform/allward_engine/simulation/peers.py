"""The naive ways that the policy is compared with."""

from collections.abc import Iterable, Sequence

from allward_engine.policy import CLASS, Choice, Why, Work
from allward_engine.residency_policy import Resident
from allward_engine.shares import Shares


def first_come_first_served(waiting: Sequence[Work], _shares: Shares, _now_s: float) -> Choice | None:
    """Choose the oldest job and stay with it until it is done, whoever waits."""
    if not waiting:
        return None
    work = min(waiting, key=lambda work: (work.began_as is None, work.arrived_s, work.job_id))
    return Choice(work, CLASS[work.priority], Why.ORDER)


def least_recently_used(
    resident: Iterable[Resident], need_bytes: int, _now_s: float
) -> list[Resident] | None:
    """Choose the models that were idle for longest, whatever they weigh and whoever waits for them."""
    movable = sorted(
        (model for model in resident if not model.pinned and not model.in_use),
        key=lambda model: (model.last_used_s, model.key),
    )
    chosen: list[Resident] = []
    while sum(model.size_bytes for model in chosen) < need_bytes:
        if len(chosen) == len(movable):
            return None
        chosen.append(movable[len(chosen)])
    return chosen
