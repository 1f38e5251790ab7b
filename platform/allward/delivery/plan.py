"""Decide which objects of a result a destination gets now, and which it must not keep. Pure.

The rules:

* a destination gets a result once every finding is reviewed and at least one accepted; one that opted
  for unreviewed results gets what is unreviewed too, marked UNVERIFIED;
* what a research version says goes only to destinations for research;
* an object that a person's word has overtaken (rejected, corrected, superseded) is taken back with a
  rejection note wherever it arrived or may have arrived;
* while a review is open again nothing is taken back: the last complete word stands until the next one;
* changing a destination's settings takes nothing back: settings are no word on a result.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from allward.delivery.states import DeliveryState
from allward.results.object_state import Word


@dataclass(frozen=True, slots=True)
class Receiver:
    """What matters of a destination."""

    enabled: bool = True
    sends_unreviewed: bool = False
    for_research: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """What a result says now.

    Attributes
    ----------
    present
        Ids of the objects that say exactly what is true now.
    standing
        Ids of older objects that are not wrong: an unverified report of which nothing was removed.
    """

    word: Word
    research_only: bool
    present: frozenset[UUID]
    standing: frozenset[UUID] = frozenset()

    def upholds(self, object_id: UUID) -> bool:
        """Whether an object may stay where it has arrived."""
        match self.word:
            case Word.OPEN:
                return True
            case Word.ACCEPTED:
                return object_id in self.present or object_id in self.standing
            case _:
                return False


@dataclass(frozen=True, slots=True)
class Known:
    """What matters of one delivery to the destination in question."""

    delivery_id: UUID
    object_id: UUID
    state: DeliveryState
    may_be_held: bool = False
    being_sent: bool = False
    """A worker is sending it; when it is through, the plan is made again."""
    is_note: bool = False
    taken_back: bool = False
    """A rejection note names the object already; its UID is spent."""

    @property
    def held(self) -> bool:
        """Whether the destination has it, or may have it, and was not told to drop it."""
        if self.state is DeliveryState.WITHDRAWN:
            return False
        return self.state is DeliveryState.DELIVERED or self.may_be_held


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do for one destination."""

    send: frozenset[UUID] = field(default_factory=frozenset)
    """Objects that have no delivery yet."""
    resume: frozenset[UUID] = field(default_factory=frozenset)
    """Canceled deliveries that are wanted again."""
    cancel: frozenset[UUID] = field(default_factory=frozenset)
    """Deliveries that must not be sent."""
    withdraw: frozenset[UUID] = field(default_factory=frozenset)
    """Deliveries whose object a rejection note must follow."""


Verdict = Literal["keep", "resume", "cancel", "withdraw"]


def wants(receiver: Receiver, statement: Statement) -> bool:
    """Whether a destination gets what the result says now."""
    if not receiver.enabled or (statement.research_only and not receiver.for_research):
        return False
    if statement.word is Word.OPEN:
        return receiver.sends_unreviewed
    return statement.word is Word.ACCEPTED


def plan_delivery(receiver: Receiver, statement: Statement, known: Iterable[Known]) -> Plan:
    """Decide for one destination; doing what the plan says and planning again gives an empty plan."""
    known = tuple(known)
    by_verdict: dict[Verdict, set[UUID]] = {
        "keep": set(),
        "resume": set(),
        "cancel": set(),
        "withdraw": set(),
    }
    for delivery in known:
        by_verdict[judge(receiver, statement, delivery)].add(delivery.delivery_id)
    started = {delivery.object_id for delivery in known}
    return Plan(
        send=statement.present - started if wants(receiver, statement) else frozenset(),
        resume=frozenset(by_verdict["resume"]),
        cancel=frozenset(by_verdict["cancel"]),
        withdraw=frozenset(by_verdict["withdraw"]),
    )


def judge(receiver: Receiver, statement: Statement, delivery: Known) -> Verdict:
    """Decide about one delivery."""
    if delivery.being_sent or delivery.state is DeliveryState.WITHDRAWN:
        return "keep"
    if not receiver.enabled:
        return "cancel" if delivery.state is DeliveryState.SCHEDULED else "keep"
    if delivery.is_note:
        return "resume" if delivery.state is DeliveryState.CANCELED else "keep"
    if delivery.taken_back or not statement.upholds(delivery.object_id):
        return _overtaken(delivery)
    return _upheld(delivery, wanted=wants(receiver, statement) and delivery.object_id in statement.present)


def _overtaken(delivery: Known) -> Verdict:
    if delivery.held:
        return "withdraw"
    return "keep" if delivery.state is DeliveryState.CANCELED else "cancel"


def _upheld(delivery: Known, *, wanted: bool) -> Verdict:
    if wanted:
        return "resume" if delivery.state is DeliveryState.CANCELED else "keep"
    return "cancel" if delivery.state is DeliveryState.SCHEDULED else "keep"
