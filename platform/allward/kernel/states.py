"""State machines as tables of allowed transitions."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

S = TypeVar("S", bound=StrEnum)


class ForbiddenTransitionError(ValueError):
    """Something was asked to go where its table does not let it."""


def check_transition(table: Mapping[S, frozenset[S]], *, old: S, new: S, what: str) -> None:
    """Raise `ForbiddenTransitionError` unless `table` lets `old` become `new`."""
    if new not in table[old]:
        raise ForbiddenTransitionError(f"{what} that is {old.value} cannot become {new.value}")
