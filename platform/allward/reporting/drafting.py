"""What an app would write on a result, from accepted findings alone."""

from allward.reporting.facts import accepted_findings
from allward.results.models import Result
from allward.studies.queries import headers_of_series
from allward_runner.abilities import Counsel, Draft, Reporting
from allward_runner.apps import load_app
from allward_runner.run import CONTEXT_KEYWORDS

NO_COUNSEL = Counsel((), ())
"""Of an app that advises nothing."""

_NOTHING = Draft((), (), ())


def draft_of(result: Result, counsel: Counsel) -> Draft:
    """Ask the app of a result for its draft; one that drafts nothing leaves the page to the reader."""
    app = load_app(result.run.app)
    if not isinstance(app, Reporting):
        return _NOTHING
    findings = tuple(accepted_findings(result).values())
    return app.draft(context_of(result), findings, counsel, evaluable=result.evaluable)


def context_of(result: Result) -> dict[str, str]:
    """Return what the images tell of the patient and the order, by DICOM keyword."""
    headers = headers_of_series(result.series_id)
    if not headers:
        return {}
    told = {keyword: headers[0].text(tag) for keyword, tag in CONTEXT_KEYWORDS.items()}
    return {keyword: text for keyword, text in told.items() if text}
