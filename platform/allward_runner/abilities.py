"""What an app may be able to do beyond assessing: be corrected, ask the reader, advise, draft a report.

Each is a protocol of its own. The platform asks with `isinstance` and offers on the screen what there is;
an app that has none of them is an app like any other. All of it is pure, as `AppDefinition.assess` is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from allward_runner.case import Case
from allward_runner.guideline_tables import GuidelineTable
from allward_sdk.manifest import Label
from allward_sdk.parts import Localised
from allward_sdk.results import Finding, PointLps

Answer = bool | float | str
"""What a reader answered; a choice is the name of the option."""


@dataclass(frozen=True, slots=True)
class Outline:
    """Voxels of one finding.

    Attributes
    ----------
    mask
        Boolean, shape (k, j, i) of the box alone.
    first_kji
        Voxel of the case at which the box begins.
    """

    mask: npt.NDArray[np.bool_]
    first_kji: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Calipers:
    """Two lines that a reader drew across a finding: ends of the long and of the short axis, LPS mm."""

    long_lps_mm: tuple[PointLps, PointLps]
    short_lps_mm: tuple[PointLps, PointLps] | None = None


@runtime_checkable
class Correctable(Protocol):
    """An app whose findings a reader may outline, measure and add."""

    def outline_at(self, case: Case, point_lps_mm: PointLps) -> Outline | None:
        """Return the structure at a point; None: nothing there can be told from what is around it."""

    def finding_of(
        self,
        case: Case,
        outline: Outline,
        *,
        value: int,
        like: Finding | None,
        calipers: Calipers | None = None,
    ) -> tuple[Finding, Label]:
        """Measure an outline that a person drew or accepted, and name it.

        Parameters
        ----------
        value
            Its voxel value in the label map.
        like
            The finding that this one takes the place of: it keeps its tracking UID and what a correction
            does not touch. None: a new one.
        calipers
            Diameters that the person drew; they stand before those of the outline, and their method says so.

        Raises
        ------
        BadInputError
            If the outline has no voxel, or lies where the app has nothing to say.
        """


@dataclass(frozen=True, slots=True)
class Question:
    """What the app has to know and cannot see in the images.

    Attributes
    ----------
    finding_id
        None: about the patient or the order.
    options
        Of a choice, by name; empty otherwise.
    unit
        UCUM, of a number.
    why
        Which guideline or model asks for it.
    least, most
        Of a number: the smallest and the largest that can be an answer.
    known
        What order, header or finding say; the reader may correct it. None: not known.
    answer
        What a reader said; it stands before what is known. None: nothing that can be used.
    """

    name: str
    title: Localised
    kind: str
    """`yes_no`, `number`, `choice`, `choices` (names joined by commas) or `date` (YYYY-MM-DD)."""
    why: Localised
    finding_id: str | None = None
    options: Mapping[str, Localised] = field(default_factory=dict)
    unit: str | None = None
    least: float | None = None
    most: float | None = None
    known: Answer | None = None
    answer: Answer | None = None
    needed: bool = True
    """Nothing more can be said without it; False: it was asked for once and is answered or known."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What readers answered: about the patient by name; about a finding by its id, then by name."""

    of_patient: Mapping[str, Answer] = field(default_factory=dict)
    of_findings: Mapping[str, Mapping[str, Answer]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Advice:
    """What one rule or one model says.

    Attributes
    ----------
    source
        Guideline or model with its edition, for example "Lung-RADS v2022".
    rule_id
        The rule that fired, as the table names it; empty for a model.
    category
        For example "4A"; None where the source has none.
    probability
        Of malignancy, 0 to 1; None: no model.
    finding_id
        None: of the whole examination.
    used
        What it rests on, by the names of inputs.
    recommended
        What follows from it; None where the source asks for nothing.
    looked_at
        What `used` holds, in words.
    """

    source: Localised
    said: Localised
    rule_id: str = ""
    category: str | None = None
    probability: float | None = None
    finding_id: str | None = None
    used: Mapping[str, Answer] = field(default_factory=dict)
    notes: tuple[Localised, ...] = ()
    recommended: Localised | None = None
    looked_at: tuple[Localised, ...] = ()


@dataclass(frozen=True, slots=True)
class Counsel:
    """All that is advised, and all that has to be asked to advise more."""

    advice: tuple[Advice, ...]
    questions: tuple[Question, ...]


@runtime_checkable
class Advising(Protocol):
    """An app that judges reviewed findings by guidelines and models."""

    @property
    def guidelines(self) -> Mapping[str, Localised]:
        """Every guideline that it brings, by name; a hospital says which it uses, in which order."""

    def counsel(
        self,
        context: Mapping[str, str],
        findings: Sequence[Finding],
        answers: Answers,
        *,
        guidelines: Sequence[str],
        evaluable: bool,
    ) -> Counsel:
        """Advise on accepted findings; what is missing is asked for, never assumed.

        Parameters
        ----------
        context
            `Case.clinical_context`, and what the order tells.
        guidelines
            Those that the hospital uses, in its order of preference; empty: none, and that is asked.
        """


@runtime_checkable
class Tabled(Protocol):
    """An app whose guidelines stand in tables that a person can read."""

    @property
    def guideline_tables(self) -> tuple[GuidelineTable, ...]:
        """Every table that it reads, whether a hospital uses it or not."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a report and the finding that it speaks of; None: of the whole."""

    text: Localised
    finding_id: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """What an app would write, for a person to change and sign.

    Attributes
    ----------
    findings, impression
        影像所见 and 诊断意见, in the order in which they are read.
    critical
        Findings of which somebody has to be told at once (危急值), by id, and why.
    """

    technique: tuple[Sentence, ...]
    findings: tuple[Sentence, ...]
    impression: tuple[Sentence, ...]
    critical: Mapping[str, Localised] = field(default_factory=dict)


@runtime_checkable
class Reporting(Protocol):
    """An app that drafts a report from accepted findings."""

    def draft(
        self,
        context: Mapping[str, str],
        findings: Sequence[Finding],
        counsel: Counsel,
        *,
        evaluable: bool,
        reasons: Sequence[Localised] = (),
    ) -> Draft:
        """Write what the findings say. Not evaluable or nothing found is said so, and is no normal.

        Parameters
        ----------
        reasons
            `CaseResult.reasons` in both languages: what limits the examination, such as lungs cut off.
        """
