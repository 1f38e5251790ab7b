"""What each DICOM object of a result has to say now, and the digest by which it is known. Pure."""

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from allward.results.object_records import without_rejected
from allward.results.object_state import Word
from allward.results.states import ReviewState
from allward_dicom.found_objects import FoundObject, objects_of_found
from allward_dicom.provenance import derived_uid
from allward_sdk.found import Found
from allward_sdk.manifest import Label
from allward_sdk.results import CaseResult, Finding

Kind = str
"""`seg`, `sr`, or the name of one of `objects_of_found`."""


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Who gave the word on a finding, from where and when."""

    name: str
    organization: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ReviewedFinding:
    """A finding with the word in force on it; no reviewer while it is unreviewed."""

    finding: Finding
    state: ReviewState
    reviewer: Reviewer | None = None


@dataclass(frozen=True, slots=True)
class Marks:
    """What an object says against the plug-ins that made its result.

    No part of any digest: a withdrawal alone writes nothing anew, but what is written after it says so.

    Attributes
    ----------
    withdrawn
        Why a version was withdrawn; empty: none was.
    """

    unsigned: bool = False
    withdrawn: tuple[str, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        """What a report says of it, in its language (English)."""
        unsigned = ("The package of the plug-in is not signed by a publisher.",) if self.unsigned else ()
        reasons = (f"This version of the plug-in was withdrawn: {reason}" for reason in self.withdrawn)
        return (*unsigned, *reasons)


@dataclass(frozen=True, slots=True)
class Content:
    """What the objects of one result say.

    Attributes
    ----------
    labels
        Everything that was looked for and on which no word of a person stands against what is reported.
    removed
        Findings that were rejected; only once every finding is reviewed.
    reviewers
        Those whose words the report is verified by, in order of time; empty while it is unverified.
    """

    word: Word
    case: CaseResult
    labelmap_key: str
    research_only: bool
    labels: tuple[Label, ...]
    shown: tuple[Finding, ...]
    removed: tuple[Finding, ...] = ()
    reviewers: tuple[Reviewer, ...] = ()
    arrays_key: str = ""
    found: tuple[Found, ...] = ()
    """Records that become objects of their own, without what was rejected."""
    marks: Marks = Marks()

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Which objects there have to be; a Segmentation comes first, the report refers to it."""
        if self.word in (Word.REJECTED, Word.OVER):
            return ()
        outlined = self.case.evaluable and self.labelmap_key and self.labels
        return ("seg", "sr", *self.found_objects) if outlined else ("sr", *self.found_objects)

    @property
    def found_objects(self) -> dict[Kind, FoundObject]:
        """The objects that the records become, by name; none if the case is not evaluable."""
        return {each.name: each for each in objects_of_found(self.found if self.case.evaluable else ())}

    def digest(self, kind: Kind, *, generation: int, refers_to: str = "") -> str:
        """Return the hash over all that an object says.

        Parameters
        ----------
        generation
            How many objects of the same words were taken back: their UIDs are spent.
        refers_to
            Digest of the Segmentation that a report refers to.
        """
        if kind in self.found_objects:
            return _digest_of_found(self, self.found_objects[kind], generation)
        said: list[Any] = [
            kind,
            generation,
            refers_to,
            self.labelmap_key,
            _said_of_plugins(self.case),
        ]
        removed = [each.id for each in self.removed if kind == "sr" or each.segment_value is not None]
        said += [[label.name for label in self.labels], removed]
        if kind == "sr":
            said += [self.research_only, self.case.evaluable, list(self.case.reasons)]
            said += [_said_of(finding) for finding in self.shown]
            said += [[each.name, each.organization, each.at.isoformat()] for each in self.reviewers]
        return _hashed(said)


def _hashed(said: list[Any]) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _digest_of_found(content: Content, each: FoundObject, generation: int) -> str:
    """Return the hash over all that an object of records says; only a document names the reviewers."""
    said: list[Any] = [
        each.name,
        generation,
        content.arrays_key,
        _said_of_plugins(content.case),
        content.research_only,
        [record.model_dump(mode="json") for record in each.records],
    ]
    if each.kind == "document":
        said += [[by.name, by.organization, by.at.isoformat()] for by in content.reviewers]
    return _hashed(said)


def _said_of_plugins(case: CaseResult) -> list[Any]:
    """Return what the objects say of the plug-ins; those of before parameters were named stay true."""
    digests: list[Any] = [use.digest for use in case.plugins]
    values = {use.slot: use.parameters for use in case.plugins if use.parameters}
    return [*digests, values] if values else digests


_YOUNGER = ("box_lps_mm", "chosen", "record", "properties", "prior")
"""Fields that findings did not always have; left out where they are empty, for older reports to stay true."""


def _said_of(finding: Finding) -> dict[str, Any]:
    said = finding.model_dump(mode="json")
    return {name: value for name, value in said.items() if value not in (None, []) or name not in _YOUNGER}


@dataclass(frozen=True, slots=True)
class Uids:
    """The UIDs of an object and its series: the same for the same content."""

    series: str
    instance: str

    @classmethod
    def of(cls, result_id: object, kind: str, digest: str) -> "Uids":
        """Derive them, so that writing an object again gives the same one."""
        return cls(
            series=derived_uid("series", str(result_id), kind, digest),
            instance=derived_uid("instance", str(result_id), kind, digest),
        )


@dataclass(frozen=True, slots=True)
class Stated:
    """What is known of a result before people's words are counted in."""

    case: CaseResult
    labelmap_key: str
    research_only: bool
    labels: tuple[Label, ...]
    arrays_key: str = ""
    marks: Marks = Marks()


def content_of(stated: Stated, word: Word, findings: Sequence[ReviewedFinding]) -> Content:
    """Sort a result's findings into what its objects say and what was removed.

    Until every finding is reviewed the objects say all that the software found, marked as unverified.
    A label of which every finding was rejected is left out altogether: to report it as absent would
    be a statement that nobody made.
    """
    everything = Content(
        word,
        stated.case,
        stated.labelmap_key,
        stated.research_only,
        stated.labels,
        shown=tuple(each.finding for each in findings),
        arrays_key=stated.arrays_key,
        found=stated.case.found,
        marks=stated.marks,
    )
    if word is not Word.ACCEPTED:
        return everything
    shown = tuple(each.finding for each in findings if each.state is ReviewState.ACCEPTED)
    removed = tuple(each.finding for each in findings if each.state is not ReviewState.ACCEPTED)
    reviewers = {each.reviewer for each in findings if each.reviewer is not None}
    return replace(
        everything,
        labels=tuple(label for label in stated.labels if not _is_dropped(label, shown, removed)),
        shown=shown,
        removed=removed,
        reviewers=_latest_of_each(reviewers),
        found=without_rejected(stated.case.found, removed),
    )


def _is_dropped(label: Label, shown: Sequence[Finding], removed: Sequence[Finding]) -> bool:
    """Tell whether everything that was said of a label was rejected.

    A finding with voxels is known by their value, one without by the label's code.
    """

    def speaks_of_it(finding: Finding) -> bool:
        if finding.segment_value is not None:
            return finding.segment_value == label.value
        return finding.label == label.type

    return any(map(speaks_of_it, removed)) and not any(map(speaks_of_it, shown))


def _latest_of_each(reviewers: Collection[Reviewer]) -> tuple[Reviewer, ...]:
    latest: dict[tuple[str, str], Reviewer] = {}
    for reviewer in sorted(reviewers, key=lambda each: each.at):
        latest[(reviewer.name, reviewer.organization)] = reviewer
    return tuple(sorted(latest.values(), key=lambda each: (each.at, each.name)))


def removed_in_words(removed: Sequence[Finding]) -> str:
    """Say which findings a reviewer removed, in the report's language (English)."""
    counted = Counter(finding.title.en for finding in removed)
    named = ", ".join(f"{title} ({count})" if count > 1 else title for title, count in counted.items())
    noun = "finding was" if len(removed) == 1 else "findings were"
    return f"{len(removed)} {noun} rejected by the reviewer and removed from this report: {named}."
