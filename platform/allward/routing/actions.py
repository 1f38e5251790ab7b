"""Every way rules are written."""

from allward.registry.models import Installation
from allward.routing.models import RoutingRule
from allward.tenancy.scope import required_scope


def add_rule(*, name: str, app: str, slot: str, installation: Installation, priority: int) -> RoutingRule:
    """Create the rule of a plug-in for a slot in a department, or point it to another version."""
    version = installation.plugin_version
    rule = RoutingRule.objects.filter(
        tenant_id=required_scope().acting,
        app=app,
        slot=slot,
        installation__plugin_version__plugin_id=version.plugin_id,
        installation__department=installation.department,
    ).first()
    if rule is None:
        return RoutingRule.objects.create(
            name=name, app=app, slot=slot, installation=installation, priority=priority
        )
    rule.name, rule.installation = name, installation
    rule.save(update_fields=["name", "installation"])
    return rule


def set_urgency(rule: RoutingRule, *, priority: int, due_within_s: int | None) -> None:
    """Say how urgent a rule's runs are, and how long after a complete study their results should be there."""
    rule.priority, rule.due_within_s = priority, due_within_s
    rule.save(update_fields=["priority", "due_within_s"])
