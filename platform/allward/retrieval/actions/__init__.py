"""Every way archives and retrievals are written: one function, one transaction, one event."""

from allward.retrieval.actions.archives import ArchiveSettings, add_archive, change_archive, note_test
from allward.retrieval.actions.asking import RetrievalOverError, Wanted, ask, cancel
from allward.retrieval.actions.titles import TitleInUseError, give_title, take_title_back
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
    "TitleInUseError",
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
    "note_test",
    "recover",
    "take_next",
    "take_title_back",
]
