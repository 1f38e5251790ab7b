"""Every way sets, cases, reports and the word on them are written."""

from allward.acceptance.actions.accepting import (
    NothingRanError,
    OtherValuesError,
    accept_version,
    set_requirement,
)
from allward.acceptance.actions.cases import drop_case, put_cases
from allward.acceptance.actions.running import (
    cancel_set,
    end_case,
    fail_case,
    give_report_up,
    keep_report,
    repeat_case,
    schedule_case,
    start_set,
)
from allward.acceptance.actions.sets import SetOrder, WrongSetStateError, create_set, delete_set

__all__ = [
    "NothingRanError",
    "OtherValuesError",
    "SetOrder",
    "WrongSetStateError",
    "accept_version",
    "cancel_set",
    "create_set",
    "delete_set",
    "drop_case",
    "end_case",
    "fail_case",
    "give_report_up",
    "keep_report",
    "put_cases",
    "repeat_case",
    "schedule_case",
    "set_requirement",
    "start_set",
]
