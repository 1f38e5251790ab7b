"""Every way results, findings, reviews, corrections and readings are written."""

from allward.results.actions.correcting import Author, Change, Corrected, store_edit, undo_edit
from allward.results.actions.reading import (
    ReadingOverError,
    SightOutdatedError,
    note_reading,
    note_sight,
    open_reading,
)
from allward.results.actions.reviewing import UnseenError, accept_all, review_finding
from allward.results.actions.standing import ReviewConflictError, ReviewRefusedError, is_reviewed
from allward.results.actions.storing import Shown, store_result, supersede_outdated

__all__ = [
    "Author",
    "Change",
    "Corrected",
    "ReadingOverError",
    "ReviewConflictError",
    "ReviewRefusedError",
    "Shown",
    "SightOutdatedError",
    "UnseenError",
    "accept_all",
    "is_reviewed",
    "note_reading",
    "note_sight",
    "open_reading",
    "review_finding",
    "store_edit",
    "store_result",
    "supersede_outdated",
    "undo_edit",
]
