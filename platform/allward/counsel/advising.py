"""What an app advises on a result: over accepted findings alone, with guidelines in use and answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from allward.counsel.models import GuidelineUse, ReaderAnswers
from allward.results.models import FindingRecord, Result
from allward.results.states import ReviewState
from allward.studies.queries import first_header_of_series
from allward_runner.abilities import Advising, Answers, Counsel
from allward_runner.apps import app_names, load_app
from allward_runner.case import AppDefinition
from allward_runner.run import CONTEXT_KEYWORDS
from allward_sdk.parts import Localised
from allward_sdk.results import Finding

NOTHING = Counsel((), ())
"""Of an app that advises nothing."""


@dataclass(frozen=True, slots=True)
class Advised:
    """What is advised on a result as its review stands now.

    Attributes
    ----------
    counsel
        Findings by the ids that the app gave them, as `CaseResult` has them.
    records
        Every finding of the result in its order.
    answers
        The latest; None: nobody has answered.
    guidelines
        Those that the hospital uses and the app still brings, by name, in the hospital's order.
    """

    result: Result
    advises: bool
    counsel: Counsel
    records: tuple[FindingRecord, ...]
    answers: ReaderAnswers | None
    guidelines: Mapping[str, Localised]

    @property
    def counted(self) -> tuple[FindingRecord, ...]:
        """Accepted findings: nothing else is counted."""
        return tuple(each for each in self.records if each.review_state == ReviewState.ACCEPTED)

    @property
    def by_record(self) -> Counsel:
        """What is advised, with findings by the ids of their records, as the wire names them."""
        ids = {each.finding["id"]: str(each.pk) for each in self.counted}
        return Counsel(
            advice=tuple(replace(one, finding_id=_named(one.finding_id, ids)) for one in self.counsel.advice),
            questions=tuple(
                replace(one, finding_id=_named(one.finding_id, ids)) for one in self.counsel.questions
            ),
        )


def counsel_on(result: Result, *, answers: Mapping[str, Any] | None = None) -> Advised:
    """Ask the app of a result for its advice.

    Parameters
    ----------
    answers
        Instead of those that are kept: what would be advised with them.
    """
    records = tuple(FindingRecord.objects.filter(result=result).order_by("ordinal"))
    kept = latest_answers(result)
    app = load_app(result.run.app)
    if not isinstance(app, Advising):
        return Advised(result, False, NOTHING, records, kept, {})
    guidelines = in_use_of(app, guidelines_of(result.tenant_id, result.run.app))
    advised = Advised(result, True, NOTHING, records, kept, guidelines)
    said = answers if answers is not None else ({} if kept is None else kept.answers)
    counsel = app.counsel(
        context_of(result),
        [Finding.model_validate(each.finding) for each in advised.counted],
        _answers(said, advised.counted),
        guidelines=tuple(guidelines),
        evaluable=result.evaluable,
    )
    return replace(advised, counsel=counsel)


def advising_apps() -> dict[str, AppDefinition]:
    """Return the installed apps that judge findings by guidelines, by name."""
    apps = {name: load_app(name) for name in app_names()}
    return {name: app for name, app in apps.items() if isinstance(app, Advising)}


def latest_answers(result: Result) -> ReaderAnswers | None:
    """Return what readers have answered last about a result."""
    return ReaderAnswers.objects.filter(result=result).order_by("-version").first()


def guidelines_of(tenant_id: UUID, app: str) -> GuidelineUse | None:
    """Return what a hospital says of an app's guidelines; None: nothing yet."""
    return GuidelineUse.objects.filter(tenant_id=tenant_id, app=app).order_by("-version").first()


def in_use_of(app: Advising, use: GuidelineUse | None) -> dict[str, Localised]:
    """Return the guidelines in use that the app still brings, in the hospital's order."""
    names = [] if use is None else use.in_use
    return {name: app.guidelines[name] for name in names if name in app.guidelines}


def context_of(result: Result) -> dict[str, str]:
    """Return what the images tell of the patient and the order, by DICOM keyword."""
    header = first_header_of_series(result.series_id)
    if header is None:
        return {}
    told = {keyword: header.text(tag) for keyword, tag in CONTEXT_KEYWORDS.items()}
    return {keyword: text for keyword, text in told.items() if text}


def _answers(said: Mapping[str, Any], accepted: Sequence[FindingRecord]) -> Answers:
    """Return answers by the app's ids of accepted findings."""
    of_findings = said.get("of_findings", {})
    return Answers(
        of_patient=said.get("of_patient", {}),
        of_findings={
            each.finding["id"]: of_findings[str(each.pk)] for each in accepted if str(each.pk) in of_findings
        },
    )


def _named(finding_id: str | None, ids: Mapping[str, str]) -> str | None:
    return None if finding_id is None else ids[finding_id]
