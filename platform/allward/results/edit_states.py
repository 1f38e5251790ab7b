"""What a correction changed, as it was and as it became: enough to undo it to the byte. Pure."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class FindingState(BaseModel):
    """One finding at one moment.

    Attributes
    ----------
    finding
        `allward_sdk.results.Finding`, as it is stored.
    review_id
        The last word on it; None: nobody has given one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    finding: dict[str, Any]
    in_force: bool
    review_state: str
    review_id: UUID | None
    outline: str


class EditState(BaseModel):
    """What a correction touches: the label map, its labels, and some of the findings.

    Attributes
    ----------
    findings
        By id. One that did not exist stands there as one that is not in force.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    labelmap_key: str
    labels: tuple[dict[str, Any], ...]
    findings: dict[UUID, FindingState]


class Numbered(Protocol):
    """A correction in a history."""

    @property
    def number(self) -> int:
        """From 1."""

    @property
    def undoes(self) -> int | None:
        """Number of the one that it takes back."""


def numbers_in_force(edits: Iterable[Numbered]) -> list[int]:
    """Return the corrections of a history that were not taken back, oldest first; undoings are left out."""
    standing: list[int] = []
    for edit in sorted(edits, key=lambda each: each.number):
        if edit.undoes is None:
            standing.append(edit.number)
        else:
            standing.remove(edit.undoes)
    return standing


def segments_of(labels: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what the screen needs of labels, as `allward_sdk.manifest.Label` writes them."""
    return [
        {name: label[name] for name in ("value", "name", "title", "colour", "inside")} for label in labels
    ]
