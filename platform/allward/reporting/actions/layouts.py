"""How a hospital's reports look, and who may verify them."""

from django.db import transaction

from allward.audit.actions import record
from allward.reporting.content import Layout
from allward.reporting.models import ReportingPolicy, ReportTemplate
from allward.reporting.working import SECTIONS
from allward.tenancy.scope import required_scope
from allward_sdk.errors import BadInputError


def put_template(app: str, layout: Layout) -> ReportTemplate:
    """Say how the reports of an app look; empty: of every app that has no template of its own.

    Raises
    ------
    BadInputError
        If a section is missing or stands twice: no sentence may get lost.
    """
    if sorted(section.name for section in layout.sections) != sorted(SECTIONS):
        raise BadInputError(f"name each section once: {', '.join(SECTIONS)}")
    with transaction.atomic():
        row, _ = ReportTemplate.objects.update_or_create(
            tenant_id=required_scope().acting, app=app, defaults={"layout": layout.model_dump(mode="json")}
        )
        _note("report template", str(row.pk), app=app)
    return row


def remove_template(app: str) -> None:
    """Let the reports of an app look as the others do."""
    with transaction.atomic():
        rows = ReportTemplate.objects.filter(tenant_id=required_scope().acting, app=app)
        for row in rows:
            _note("report template", str(row.pk), app=app, removed=True)
        rows.delete()


def set_policy(*, same_person_may_verify: bool) -> None:
    """Say whether one person may both report and verify."""
    with transaction.atomic():
        row, _ = ReportingPolicy.objects.update_or_create(
            tenant_id=required_scope().acting, defaults={"same_person_may_verify": same_person_may_verify}
        )
        _note("reporting policy", str(row.pk), same_person_may_verify=same_person_may_verify)


def _note(what: str, what_id: str, **detail: object) -> None:
    scope = required_scope()
    record(
        tenant_id=scope.acting, actor=scope.actor, action="change", what=what, what_id=what_id,
        user_id=scope.user_id, user_tenant_id=scope.home, **detail,
    )  # fmt: skip
