"""The sentences that are worked on: drafted, changed by readers, and held against what they rest on. Pure.

Each sentence bears the digest of its ground: the finding that it speaks of with its review and the advice
on it, or all of that together. Where the ground is another one now, the sentence is outdated until somebody
changes it, drafts it anew, or looks at it and lets it stand.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict

from allward.reporting.content import AdviceFacts, SectionName, Words, canonical_json
from allward_runner.abilities import Draft, Sentence
from allward_sdk.errors import BadInputError

SECTIONS: tuple[SectionName, ...] = ("technique", "findings", "impression")
MOST_SENTENCES = 400
LONGEST_SENTENCE = 4000
"""Characters; longer ones are a mistake of the paste buffer."""


class Line(BaseModel):
    """A sentence that is worked on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    text: Words
    finding_id: str | None = None
    """Of the record; None: of the whole."""
    origin: Literal["app", "reader"] = "app"
    edited: bool = False
    ground: str = ""
    """Digest of what it rests on; empty: on nothing that can change."""


Working = dict[SectionName, tuple[Line, ...]]


@dataclass(frozen=True, slots=True)
class Ground:
    """What a report rests on now.

    Attributes
    ----------
    accepted
        Findings that a person accepted, by the id of their record, as JSON.
    unreviewed
        How many findings have no word.
    """

    accepted: Mapping[str, object]
    unreviewed: int = 0
    advice: Sequence[AdviceFacts] = ()
    evaluable: bool = True
    replaced: bool = False
    """A newer result has taken the place of the one that is reported."""

    def of(self, finding_id: str | None) -> str:
        """Return the digest of the ground of a finding, or of the whole; empty: it is not accepted."""
        if finding_id is None:
            known: object = [sorted(self.accepted.items()), self.evaluable, self._advice(lambda _: True)]
        elif finding_id in self.accepted:
            known = [self.accepted[finding_id], self._advice(lambda one: one.finding_id == finding_id)]
        else:
            return ""
        return hashlib.sha256(canonical_json(known).encode()).hexdigest()[:32]

    def _advice(self, wanted: Callable[[AdviceFacts], bool]) -> list[object]:
        return [each.model_dump(mode="json") for each in self.advice if wanted(each)]

    def outdates(self, line: Line) -> bool:
        """Tell whether a sentence no longer rests on what is true."""
        if line.finding_id is None and not line.ground:
            return False
        return not line.ground or line.ground != self.of(line.finding_id)


@dataclass(frozen=True, slots=True)
class LineChange:
    """A sentence as a reader sends it; `id` None: a new one."""

    id: str | None
    text: Words
    finding_id: str | None = None
    confirmed: bool = False


Changes = Mapping[SectionName, Sequence[LineChange]]


def read_working(stored: Mapping[str, object]) -> Working:
    """Read what the database keeps."""
    return {name: tuple(Line.model_validate(each) for each in _list(stored.get(name))) for name in SECTIONS}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def to_json(working: Working) -> dict[str, list[object]]:
    """Return what the database keeps."""
    return {name: [line.model_dump(mode="json") for line in working[name]] for name in SECTIONS}


def lines_of(working: Working) -> list[Line]:
    """Return every sentence, in the order of the sections."""
    return [line for name in SECTIONS for line in working[name]]


def drafted(draft: Draft, ground: Ground, records: Mapping[str, str]) -> Working:
    """Return what an app drafted, as sentences to work on.

    Parameters
    ----------
    records
        Id of the record of each finding, by the id that the app gave it.
    """

    def lines(sentences: Iterable[Sentence]) -> tuple[Line, ...]:
        return tuple(_line(each, ground, records) for each in sentences)

    return {
        "technique": lines(draft.technique),
        "findings": lines(draft.findings),
        "impression": lines(draft.impression),
    }


def _line(sentence: Sentence, ground: Ground, records: Mapping[str, str]) -> Line:
    finding_id = None if sentence.finding_id is None else records.get(sentence.finding_id)
    return Line(
        id=uuid4().hex,
        text=Words(en=sentence.text.en, zh=sentence.text.zh),
        finding_id=finding_id,
        ground=ground.of(finding_id),
    )


def drafted_anew(old: Working, new: Working) -> Working:
    """Put a new draft in the place of an old one; what a reader wrote or changed is kept.

    A changed sentence of a finding stands where the new draft speaks of that finding in that section; a
    reader's own sentence, and a changed one whose place is gone, stands at the end.
    """
    return {name: _merged(old[name], new[name]) for name in SECTIONS}


def _merged(old: Sequence[Line], new: Sequence[Line]) -> tuple[Line, ...]:
    kept = [line for line in old if line.edited or line.origin == "reader"]
    by_finding = {line.finding_id: line for line in kept if line.finding_id and line.origin == "app"}
    merged: list[Line] = []
    placed: set[str] = set()
    for line in new:
        mine = by_finding.get(line.finding_id) if line.finding_id else None
        if mine is None:
            merged.append(line)
        elif mine.id not in placed:
            placed.add(mine.id)
            merged.append(mine)
    return (*merged, *(line for line in kept if line.id not in placed))


@dataclass
class _Changing:
    known: Mapping[str, Line]
    ground: Ground
    seen: set[str] = field(default_factory=set)

    def line(self, change: LineChange) -> Line:
        """Return a sentence after the change.

        Raises
        ------
        BadInputError
            If it names a sentence that is not there or stands twice, or says too much.
        """
        if max(len(change.text.en), len(change.text.zh)) > LONGEST_SENTENCE:
            raise BadInputError(f"a sentence has {LONGEST_SENTENCE} characters at most")
        if change.id is None:
            ground = self.ground.of(change.finding_id) if change.finding_id else ""
            return Line(
                id=uuid4().hex, text=change.text, finding_id=change.finding_id,
                origin="reader", edited=True, ground=ground,
            )  # fmt: skip
        if change.id in self.seen or change.id not in self.known:
            raise BadInputError("a sentence is not of this report, or stands there twice")
        self.seen.add(change.id)
        return self._changed(self.known[change.id], change)

    def _changed(self, before: Line, change: LineChange) -> Line:
        same = before.text == change.text and before.finding_id == change.finding_id
        if same and not change.confirmed:
            return before
        free = before.origin == "reader" and change.finding_id is None
        return before.model_copy(
            update={
                "text": change.text,
                "finding_id": change.finding_id,
                "edited": before.edited or not same,
                "ground": "" if free else self.ground.of(change.finding_id),
            }
        )


def changed(working: Working, changes: Changes, ground: Ground) -> Working:
    """Return the sentences after a reader's changes.

    Raises
    ------
    BadInputError
        If a section is missing, a sentence is not of this report or stands twice, or there is too much.
    """
    if set(changes) != set(SECTIONS):
        raise BadInputError(f"name each section once: {', '.join(SECTIONS)}")
    if sum(len(each) for each in changes.values()) > MOST_SENTENCES:
        raise BadInputError(f"a report has {MOST_SENTENCES} sentences at most")
    changing = _Changing({line.id: line for line in lines_of(working)}, ground)
    return {name: tuple(changing.line(each) for each in changes[name]) for name in SECTIONS}


def unmentioned(working: Working, ground: Ground) -> list[str]:
    """Return the accepted findings of which no sentence speaks."""
    told = {line.finding_id for line in lines_of(working)}
    return [each for each in ground.accepted if each not in told]
