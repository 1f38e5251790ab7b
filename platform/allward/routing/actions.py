"""Every way rules are written, and what a version's life means for them: one transaction for both."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet

from allward.acceptance.gate import (
    acceptance_ends_with,
    refuse_values_of_rule,
    refuse_what_is_not_accepted,
)
from allward.acceptance.queries import RuleValues
from allward.audit.actions import record
from allward.kernel.clock import now
from allward.outbox.publish import publish
from allward.registry import actions as registry
from allward.registry.models import Installation
from allward.registry.parameters import Values, faults_of_values, in_one_form, refuse_wrong_values
from allward.routing.conditions import Conditions
from allward.routing.models import RoutingRule
from allward.runs.models import DecisionTrace
from allward.runs.states import Priority
from allward.studies.events import StudyCompleted
from allward.tenancy.scope import required_scope
from allward_sdk.manifest import Manifest

REFUSED_LATELY = timedelta(days=7)
"""So long a study that was refused for want of an entitlement waits for one."""


@transaction.atomic
def enable_installation(installation_id: UUID) -> Installation:
    """Let new runs begin with a version: the rules of its plug-in point to it, each slot has one.

    Raises
    ------
    NotPermittedError
        If its place asks for acceptance first, of it or of the values that a rule sets.
    WrongValuesError
        If a rule sets a value that this version does not take: that has to be decided first.
    """
    refuse_what_is_not_accepted(installation_id)
    installation = registry.enable(installation_id)
    for rule in _rules_beside(installation):
        refuse_wrong_values(_manifest(installation), rule.parameters)
        _refuse_what_is_not_accepted(rule, installation)
    _point_rules(installation)
    return installation


@transaction.atomic
def change_values(installation_id: UUID, values: Values) -> Installation:
    """Set values of a version's parameters in a place; accepted with others, it is only verified again.

    Raises
    ------
    NotPermittedError
        If it is or was enabled, and its place asks for acceptance with these values first.
    WrongValuesError
        If the version does not take one of them.
    """
    ends = acceptance_ends_with(installation_id, values)
    installation = registry.set_parameters(installation_id, values)
    return registry.withdraw_acceptance(installation_id) if ends else installation


@transaction.atomic
def roll_back_installation(installation_id: UUID) -> Installation:
    """Go back to the version before; the rules go with it. Raises as `registry.roll_back`.

    Nothing may stand in the way: a value that the earlier version does not take is dropped from its rule.
    """
    installation = registry.roll_back(installation_id)
    for rule in _rules_beside(installation):
        wrong = faults_of_values(_manifest(installation), rule.parameters)
        if wrong:
            kept = {name: value for name, value in rule.parameters.items() if name not in wrong}
            rule.parameters = kept
            rule.save(update_fields=["parameters"])
            _note(rule, "changed", fields={"parameters": kept})
    _point_rules(installation)
    return installation


@transaction.atomic
def uninstall_installation(installation_id: UUID) -> Installation:
    """Take a version out of a department, together with the rules that point to it."""
    installation = registry.uninstall(installation_id)
    for rule in RoutingRule.objects.filter(
        tenant_id=required_scope().acting, installation_id=installation_id
    ):
        delete_rule(rule)
    return installation


def _point_rules(installation: Installation) -> None:
    """Point what a department has for this plug-in to one version, and add the rules that it lacks."""
    version = installation.plugin_version
    rules = _rules_beside(installation)
    slots = version.manifest["fills"]
    rules.filter(slot__in=slots).update(installation=installation)
    for slot in sorted(set(slots) - set(rules.values_list("slot", flat=True))):
        add_rule(name=version.manifest["plugin"]["title"]["en"], slot=slot, installation=installation)


def _rules_beside(installation: Installation) -> QuerySet[RoutingRule]:
    """Return the rules of an installation's plug-in in its place, to whichever version they point."""
    return RoutingRule.objects.filter(
        tenant_id=required_scope().acting,
        installation__plugin_version__plugin_id=installation.plugin_version.plugin_id,
        installation__department=installation.department,
    )


def _manifest(installation: Installation) -> Manifest:
    return Manifest.model_validate(installation.plugin_version.manifest)


def add_rule(*, name: str, slot: str, installation: Installation, **options: Any) -> RoutingRule:
    """Create a rule that runs an installed version in a slot.

    Parameters
    ----------
    options
        `priority`, `due_within_s`, `enabled`, `conditions` (a `Conditions`), `parameters`.

    Raises
    ------
    WrongValuesError
        If the plug-in does not take one of the values.
    NotPermittedError
        If they were not accepted where that is asked for.
    """
    conditions: Conditions = options.pop("conditions", Conditions())
    values: Values = options.pop("parameters", {})
    refuse_wrong_values(_manifest(installation), values)
    rule = RoutingRule(
        name=name,
        app=slot.partition(".")[0],
        slot=slot,
        installation=installation,
        conditions=conditions.to_json(),
        parameters=in_one_form(values),
        **options,
    )
    _refuse_what_is_not_accepted(rule, installation)
    rule.save(force_insert=True)
    _note(rule, "added")
    return rule


@transaction.atomic
def change_rule(rule: RoutingRule, **changes: Any) -> RoutingRule:
    """Change some of a rule's `name`, `priority`, `due_within_s`, `enabled`, `conditions`, `parameters`.

    Raises
    ------
    WrongValuesError
        If the plug-in does not take one of the values.
    NotPermittedError
        If they were not accepted where that is asked for, and the change is about them, about where the rule
        runs, or switches it on.
    """
    if "parameters" in changes:
        refuse_wrong_values(_manifest(rule.installation), changes["parameters"])
        changes["parameters"] = in_one_form(changes["parameters"])
    if "conditions" in changes:
        changes["conditions"] = changes["conditions"].to_json()
    for name, value in changes.items():
        setattr(rule, name, value)
    if {"parameters", "conditions", "enabled"} & changes.keys():
        _refuse_what_is_not_accepted(rule, rule.installation)
    rule.save(update_fields=[*changes])
    _note(rule, "changed", fields=changes)
    return rule


def _refuse_what_is_not_accepted(rule: RoutingRule, installation: Installation) -> None:
    """Refuse a rule that is switched on and sets values that were not accepted with a version."""
    if rule.enabled and rule.parameters:
        departments = frozenset(Conditions.from_json(rule.conditions).departments)
        refuse_values_of_rule(RuleValues(rule.name, installation, rule.parameters, departments))


@transaction.atomic
def delete_rule(rule: RoutingRule) -> None:
    """Delete a rule; what it has started goes on."""
    _note(rule, "deleted")
    rule.delete()


@transaction.atomic
def route_refused_again() -> int:
    """Ask the rules again about studies that were refused for want of an entitlement; return how many.

    Called when one was taken in. Older ones than `REFUSED_LATELY` stay: their reports are written.
    """
    refused = DecisionTrace.objects.filter(
        tenant_id=required_scope().acting,
        clause="entitlement",
        ran=False,
        at__gt=now() - REFUSED_LATELY,
        study_revision=F("study__revision"),
    )
    studies = sorted(set(refused.values_list("study_id", flat=True)))
    for study_id in studies:
        publish(StudyCompleted(study_id=study_id), tenant_id=required_scope().acting)
    return len(studies)


def set_urgency(rule: RoutingRule, *, priority: int, due_within_s: int | None) -> None:
    """Say how urgent a rule's runs are, and how long after a complete study their results should be there."""
    change_rule(rule, priority=Priority(priority), due_within_s=due_within_s)


def _note(rule: RoutingRule, change: str, *, fields: Iterable[str] | dict[str, Any] = ()) -> None:
    scope = required_scope()
    record(
        tenant_id=scope.acting, actor=scope.actor, action="change", what="routing rule",
        what_id=str(rule.pk), user_id=scope.user_id, user_tenant_id=scope.home, change=change,
        rule=rule.name, installation=str(rule.installation_id), fields=fields or {},
    )  # fmt: skip
