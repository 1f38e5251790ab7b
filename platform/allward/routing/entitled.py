"""Whether a plug-in may begin a run under what its publisher allows the hospital; if so, it is counted."""

from uuid import UUID

from allward.entitlements.actions import Use, admit
from allward.registry.trust import trust_of
from allward.routing.facts import Decision
from allward.routing.models import RoutingRule
from allward_sdk.manifest import Manifest
from allward_sdk.trust.keys import TrustStore


def under_entitlement(decision: Decision, rule: RoutingRule, manifest: Manifest, study_id: UUID) -> Decision:
    """Return the decision to run, with a warning if there is one, or why it cannot be; counts the study.

    Asked once, before a run is scheduled: what has begun is never stopped.
    """
    version = rule.installation.plugin_version
    needed = manifest.licences.entitlement
    use = Use(
        app=rule.app,
        slot=rule.slot,
        plugin_id=version.plugin_id,
        plugin_version=version.version,
        study_id=study_id,
        needs_entitlement=needed,
    )
    admission = admit(use, trust_of(rule.tenant_id) if needed else TrustStore())
    if admission.text is None:
        return decision
    if not admission.admitted:
        return Decision(False, "entitlement", admission.text)
    return Decision(True, decision.clause, decision.detail.followed_by(admission.text))
