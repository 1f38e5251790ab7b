"""Whether an app may begin a run by what it claims for itself; a plug-in is judged in the registry."""

from allward.kernel.clock import now
from allward.kernel.texts import Text
from allward.registry.permits import AppFacts, refusal_of_app
from allward.registry.trust import authority_of
from allward.routing.facts import Decision
from allward.routing.models import RoutingRule
from allward_runner.apps import load_app
from allward_runner.case import AppDefinition


def refusal_by_app(rule: RoutingRule) -> Decision | None:
    """Say why the app of a rule may begin no run today, or None."""
    app = load_app(rule.app)
    if app.intended_use is None:
        return None
    facts = AppFacts(app.version, app.intended_use, authority_of(rule.tenant_id))
    remark = refusal_of_app(facts, day=now().date())
    if remark is None:
        return None
    named = Text(f"The app {app.title.en}: {remark.text.en}", f"应用 {app.title.zh}：{remark.text.zh}")
    return Decision(False, f"app_{remark.code}", named)


def status_together(app: AppDefinition, status: str) -> str:
    """Return the status of a run: for research, if the plug-in or the app is.

    Parameters
    ----------
    status
        The plug-in's `intended_use.status`.
    """
    claimed = app.intended_use.status if app.intended_use is not None else status
    return "research" if "research" in (status, claimed) else "cleared"
