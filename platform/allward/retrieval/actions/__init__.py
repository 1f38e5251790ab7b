"""Every way archives and retrievals are written: one function, one transaction, one event."""

from allward.retrieval.actions.archives import ArchiveSettings, add_archive, change_archive
from allward.retrieval.actions.asking import RetrievalOverError, Wanted, ask, cancel
from allward.retrieval.actions.titles import give_title
from allward.retrieval.actions.working import (
    LostTurnError,
    Order,
    Outcome,
    end_order,
    end_turn,
    expect_move,
    note_progress,
    note_study,
    recover,
    take_next,
)

__all__ = [
    "ArchiveSettings",
    "LostTurnError",
    "Order",
    "Outcome",
    "RetrievalOverError",
    "Wanted",
    "add_archive",
    "ask",
    "cancel",
    "change_archive",
    "end_order",
    "end_turn",
    "expect_move",
    "give_title",
    "note_progress",
    "note_study",
    "recover",
    "take_next",
]
