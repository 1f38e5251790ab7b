"""What an app would write on a result, from accepted findings alone, and what guidelines say of it now."""

from uuid import UUID

from allward.counsel.advising import context_of, counsel_on
from allward.reporting.content import AdviceFacts
from allward.reporting.facts import accepted_findings, advice_facts, held_result, records_of
from allward.results.models import Result
from allward_runner.abilities import Counsel, Draft, Reporting
from allward_runner.apps import load_app
from allward_sdk.parts import Localised

_NOTHING = Draft((), (), ())


def draft_of(result: Result, counsel: Counsel) -> Draft:
    """Ask the app of a result for its draft; one that drafts nothing leaves the page to the reader."""
    app = load_app(result.run.app)
    if not isinstance(app, Reporting):
        return _NOTHING
    findings = tuple(accepted_findings(result).values())
    limits = [Localised(**each) for each in result.reasons]
    return app.draft(context_of(result), findings, counsel, evaluable=result.evaluable, reasons=limits)


def counsel_of(result: Result) -> Counsel:
    """Return what guidelines and models say of a result now, with findings by the ids that the app gave."""
    return counsel_on(result).counsel


def advice_now(result: Result) -> tuple[AdviceFacts, ...]:
    """Return what is advised on a result now, as reports keep it."""
    return advice_facts(counsel_of(result), records_of(result))


def advice_held(result_id: UUID) -> tuple[AdviceFacts, ...]:
    """Return what is advised on a result, which changes no more until this transaction ends."""
    return advice_now(held_result(result_id))
