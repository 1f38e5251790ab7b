"""Every way a vendor's keys and submissions are written."""

from allward.publishing.actions.cataloguing import (
    claim_key,
    note_not_published,
    note_published,
    note_withdrawn,
)
from allward.publishing.actions.checking import (
    Check,
    CheckTakenOverError,
    begin_check,
    break_off_check,
    end_check,
    note_line,
    still_checking,
)
from allward.publishing.actions.keys import change_key, register_key
from allward.publishing.actions.reviewing import OwnSubmissionError, decide, yank_submission
from allward.publishing.actions.sharing import share_usage
from allward.publishing.actions.submitting import AlreadySubmittedError, TooManyOpenError, submit_package

__all__ = [
    "AlreadySubmittedError",
    "Check",
    "CheckTakenOverError",
    "OwnSubmissionError",
    "TooManyOpenError",
    "begin_check",
    "break_off_check",
    "change_key",
    "claim_key",
    "decide",
    "end_check",
    "note_line",
    "note_not_published",
    "note_published",
    "note_withdrawn",
    "register_key",
    "share_usage",
    "still_checking",
    "submit_package",
    "yank_submission",
]
