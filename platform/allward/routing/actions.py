"""Every way rules are written, and what a version's life means for them: one transaction for both."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import transaction

from allward.audit.actions import record
from allward.registry import actions as registry
from allward.registry.models import Installation
from allward.routing.conditions import Conditions
from allward.routing.models import RoutingRule
from allward.runs.states import Priority
from allward.tenancy.scope import required_scope


@transaction.atomic
def enable_installation(installation_id: UUID) -> Installation:
    """Let new runs begin with a version: the rules of its plug-in point to it, each slot has one."""
    installation = registry.enable(installation_id)
    _point_rules(installation)
    return installation


@transaction.atomic
def roll_back_installation(installation_id: UUID) -> Installation:
    """Go back to the version before; the rules go with it. Raises as `registry.roll_back`."""
    installation = registry.roll_back(installation_id)
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
    rules = RoutingRule.objects.filter(
        tenant_id=required_scope().acting,
        installation__plugin_version__plugin_id=version.plugin_id,
        installation__department=installation.department,
    )
    slots = version.manifest["fills"]
    rules.filter(slot__in=slots).update(installation=installation)
    for slot in sorted(set(slots) - set(rules.values_list("slot", flat=True))):
        add_rule(name=version.manifest["plugin"]["title"]["en"], slot=slot, installation=installation)


def add_rule(*, name: str, slot: str, installation: Installation, **options: Any) -> RoutingRule:
    """Create a rule that runs an installed version in a slot.

    Parameters
    ----------
    options
        `priority`, `due_within_s`, `enabled`, `conditions` (a `Conditions`).
    """
    conditions: Conditions = options.pop("conditions", Conditions())
    rule = RoutingRule.objects.create(
        name=name,
        app=slot.partition(".")[0],
        slot=slot,
        installation=installation,
        conditions=conditions.to_json(),
        **options,
    )
    _note(rule, "added")
    return rule


@transaction.atomic
def change_rule(rule: RoutingRule, **changes: Any) -> RoutingRule:
    """Change some of a rule's `name`, `priority`, `due_within_s`, `enabled` and `conditions`."""
    if "conditions" in changes:
        changes["conditions"] = changes["conditions"].to_json()
    for name, value in changes.items():
        setattr(rule, name, value)
    rule.save(update_fields=[*changes])
    _note(rule, "changed", fields=changes)
    return rule


@transaction.atomic
def delete_rule(rule: RoutingRule) -> None:
    """Delete a rule; what it has started goes on."""
    _note(rule, "deleted")
    rule.delete()


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
