"""How far a set of past cases is, and how far each of them."""

from enum import StrEnum


class SetState(StrEnum):
    """Where a set stands."""

    DRAFT = "draft"
    RUNNING = "running"
    REPORTING = "reporting"
    FINISHED = "finished"
    CANCELED = "canceled"


SET_MAY_BECOME: dict[SetState, frozenset[SetState]] = {
    SetState.DRAFT: frozenset({SetState.RUNNING}),
    SetState.RUNNING: frozenset({SetState.REPORTING, SetState.CANCELED}),
    SetState.REPORTING: frozenset({SetState.FINISHED, SetState.CANCELED}),
    SetState.FINISHED: frozenset(),  # evidence: what it says is never changed
    SetState.CANCELED: frozenset({SetState.RUNNING}),
}


class CaseState(StrEnum):
    """Where a case stands. One that failed counts as failed, with its reason."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELED = "canceled"


CASE_MAY_BECOME: dict[CaseState, frozenset[CaseState]] = {
    CaseState.WAITING: frozenset({CaseState.RUNNING, CaseState.FAILED, CaseState.CANCELED}),
    CaseState.RUNNING: frozenset({CaseState.DONE, CaseState.FAILED, CaseState.CANCELED}),
    CaseState.DONE: frozenset(),
    CaseState.FAILED: frozenset(),
    CaseState.CANCELED: frozenset({CaseState.WAITING}),  # the set is started again
}

NOT_OVER = (CaseState.WAITING, CaseState.RUNNING)
