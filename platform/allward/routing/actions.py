"""Every way rules are written."""

from allward.registry.models import Installation
from allward.routing.models import RoutingRule
from allward.tenancy.scope import required_scope


def add_rule(*, name: str, app: str, slot: str, installation: Installation, priority: int) -> RoutingRule:
    """Create a rule, or point the one of this name to another installation."""
    rule, _ = RoutingRule.objects.update_or_create(
        tenant_id=required_scope().acting,
        name=name,
        defaults={"app": app, "slot": slot, "installation": installation, "priority": priority},
    )
    return rule
