"""Every way reports, signatures, notices, messages and their settings are written."""

from allward.reporting.actions.connecting import (
    BadConnectionError,
    ConnectionSettings,
    add_connection,
    change_connection,
)
from allward.reporting.actions.editing import change_report, draft_anew, draft_report
from allward.reporting.actions.layouts import put_template, remove_template, set_policy
from allward.reporting.actions.notices import (
    acknowledge_notice,
    raise_notice,
    tell_notice,
    withdraw_notice,
)
from allward.reporting.actions.refusals import ReportConflictError, ReportRefusedError
from allward.reporting.actions.sending import (
    begin_sending,
    keep_document,
    note_arrived,
    note_not_arrived,
    retry_message,
    schedule_message,
)
from allward.reporting.actions.signing import (
    amend_report,
    give_up_amendment,
    send_back,
    sign_report,
    verify_report,
    withdraw_report,
)

__all__ = [
    "BadConnectionError",
    "ConnectionSettings",
    "ReportConflictError",
    "ReportRefusedError",
    "acknowledge_notice",
    "add_connection",
    "amend_report",
    "begin_sending",
    "change_connection",
    "change_report",
    "draft_anew",
    "draft_report",
    "give_up_amendment",
    "keep_document",
    "note_arrived",
    "note_not_arrived",
    "put_template",
    "raise_notice",
    "remove_template",
    "retry_message",
    "schedule_message",
    "send_back",
    "set_policy",
    "sign_report",
    "tell_notice",
    "verify_report",
    "withdraw_notice",
    "withdraw_report",
]
