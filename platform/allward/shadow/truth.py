"""What reviewers said of a result, as one word: whether something is there. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from allward.results.states import ReviewState

_STATEMENT = "statement"


@dataclass(frozen=True, slots=True)
class Word:
    """A finding and what was said of it.

    Attributes
    ----------
    kind
        As `allward_sdk.results.Finding` has it.
    chosen
        Of a class: whether the version decides for it; None for all else.
    """

    kind: str
    chosen: bool | None
    state: str

    @classmethod
    def of(cls, finding: dict[str, Any], state: str) -> "Word":
        """Read a stored finding."""
        return cls(finding["kind"], finding.get("chosen"), state)


def found_among(words: Sequence[Word], counted: Collection[str]) -> list[Word]:
    """Return those that make up "something found": of the counted kinds, without classes not decided for."""
    return [word for word in words if word.kind in counted and word.chosen is not False]


def truth_of(words: Sequence[Word], counted: Collection[str]) -> bool | None:
    """Return whether something is there; None where reviewers have not said it clearly.

    One accepted finding: something is there. All rejected: nothing is. Where the version found nothing and
    says so, and every such statement is accepted: nothing is. A rejected statement says that something is
    wrong, but not what.

    Parameters
    ----------
    words
        All of one result.
    counted
        Kinds that make up "something found".
    """
    found = found_among(words, counted)
    if any(word.state == ReviewState.ACCEPTED for word in found):
        return True
    asked = found or [word for word in words if word.kind == _STATEMENT]
    wanted = ReviewState.REJECTED if found else ReviewState.ACCEPTED
    return False if asked and all(word.state == wanted for word in asked) else None
