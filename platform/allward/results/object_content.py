"""What each DICOM object of a result has to say now, and the digest by which it is known. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from allward.results.object_digests import hashed, said_of, said_of_plugins, said_of_tracked
from allward.results.object_records import without_rejected
from allward.results.object_state import Word
from allward.results.states import ReviewState
from allward_dicom.found_objects import FoundObject, objects_of_found
from allward_dicom.provenance import SegmentAlgorithm, Tracked, derived_uid
from allward_sdk.found import Found
from allward_sdk.manifest import Label
from allward_sdk.results import CaseResult, Finding

Kind = str
"""`seg`, `sr`, `key images`, or the name of one of `objects_of_found`."""
KEY_IMAGES: Kind = "key images"


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
    drawn: SegmentAlgorithm = "AUTOMATIC"
    """Who drew its voxels."""


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
    segments
        Labels of the map that the app drew, without those of removed findings; None: a plug-in drew it.
    tracked
        The shown findings by the value of their voxels, where the app drew them.
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
    segments: tuple[Label, ...] | None = None
    tracked: Mapping[int, Tracked] = field(default_factory=dict)

    @property
    def outlined(self) -> tuple[Label, ...]:
        """Labels that the Segmentation has, one segment each."""
        return self.labels if self.segments is None else self.segments

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Which objects there have to be; a Segmentation comes first, the report refers to it."""
        if self.word in (Word.REJECTED, Word.OVER) or not self.case.plugins:
            return ()  # an object names the plug-in whose work it is
        is_outlined = self.case.evaluable and self.labelmap_key and self.outlined
        segmentation = ("seg",) if is_outlined else ()
        return (*segmentation, "sr", *self._selection, *self.found_objects)

    @property
    def _selection(self) -> tuple[Kind, ...]:
        """Key images are a person's choice: there are none before every finding was judged."""
        is_chosen = self.word is Word.ACCEPTED and bool(self.reviewers and self.tracked)
        return (KEY_IMAGES,) if is_chosen else ()

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
        if kind == KEY_IMAGES:
            return _digest_of_key_images(self, generation)
        said: list[Any] = [
            kind,
            generation,
            refers_to,
            self.labelmap_key,
            said_of_plugins(self.case),
        ]
        removed = [each.id for each in self.removed if kind == "sr" or each.segment_value is not None]
        said += [[label.name for label in self.labels], removed]
        if self.segments is not None:
            said += [[label.name for label in self.segments], said_of_tracked(self.tracked)]
        if kind == "sr":
            said += [self.research_only, self.case.evaluable, list(self.case.reasons)]
            said += [said_of(finding) for finding in self.shown]
            said += [[each.name, each.organization, each.at.isoformat()] for each in self.reviewers]
        return hashed(said)


def _digest_of_key_images(content: Content, generation: int) -> str:
    said: list[Any] = [KEY_IMAGES, generation, content.labelmap_key, said_of_tracked(content.tracked)]
    said += [[by.name, by.organization, by.at.isoformat()] for by in content.reviewers]
    return hashed(said)


def _digest_of_found(content: Content, each: FoundObject, generation: int) -> str:
    """Return the hash over all that an object of records says; only a document names the reviewers."""
    said: list[Any] = [
        each.name,
        generation,
        content.arrays_key,
        said_of_plugins(content.case),
        content.research_only,
        [record.model_dump(mode="json") for record in each.records],
    ]
    if each.kind == "document":
        said += [[by.name, by.organization, by.at.isoformat()] for by in content.reviewers]
    return hashed(said)


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
    drawn: tuple[Label, ...] | None = None
    """Labels of the map that the app drew; None: a plug-in drew it, and `labels` are its labels."""


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
        segments=stated.drawn,
        tracked=_tracked(stated, findings),
    )
    if word is not Word.ACCEPTED:
        return everything
    accepted = [each for each in findings if each.state is ReviewState.ACCEPTED]
    shown = tuple(each.finding for each in accepted)
    removed = tuple(each.finding for each in findings if each.state is not ReviewState.ACCEPTED)
    reviewers = {each.reviewer for each in findings if each.reviewer is not None}
    return replace(
        everything,
        labels=_undropped(stated.labels, shown, removed, by_value=stated.drawn is None),
        segments=None if stated.drawn is None else _undropped(stated.drawn, shown, removed, by_value=True),
        tracked=_tracked(stated, accepted),
        shown=shown,
        removed=removed,
        reviewers=_latest_of_each(reviewers),
        found=without_rejected(stated.case.found, removed),
    )


def _tracked(stated: Stated, findings: Iterable[ReviewedFinding]) -> dict[int, Tracked]:
    if stated.drawn is None:
        return {}
    return {
        each.finding.segment_value: Tracked(each.finding.id, each.finding.tracking_uid, each.drawn)
        for each in findings
        if each.finding.segment_value is not None
    }


def _undropped(
    labels: Iterable[Label], shown: Sequence[Finding], removed: Sequence[Finding], *, by_value: bool
) -> tuple[Label, ...]:
    """Return the labels of which not everything that was said was rejected.

    A finding with voxels is known by their value, one without by the label's code; where the values are
    not those of these labels, every finding is known by its code.
    """

    def speaks_of(finding: Finding, label: Label) -> bool:
        if by_value and finding.segment_value is not None:
            return finding.segment_value == label.value
        return finding.label == label.type

    def is_dropped(label: Label) -> bool:
        is_removed = any(speaks_of(finding, label) for finding in removed)
        return is_removed and not any(speaks_of(finding, label) for finding in shown)

    return tuple(label for label in labels if not is_dropped(label))


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
