"""The Django core on a fresh, migrated PostgreSQL, as the application role; transactions really commit."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.core.management import call_command

from allward.acceptance.actions import set_requirement
from allward.tenancy.actions import add_department, add_tenant
from allward.tenancy.scope import Scope, carrying, within


@functools.cache
def migrated() -> None:
    """Make the tables, once for the whole run."""
    call_command("migrate", database="owner", verbosity=0, interactive=False, skip_checks=True)


@dataclass(frozen=True, slots=True)
class Hospital:
    """A tenant made for one test."""

    tenant_id: UUID
    code: str
    department_id: UUID


def make_hospital(*, use: str = "research", asks_for_acceptance: bool = False) -> Hospital:
    """Make a tenant of its own for a test, with one department; only a test of it asks for acceptance."""
    migrated()
    code = f"h-{uuid4().hex[:12]}"
    tenant, _ = add_tenant(code=code, name_en=f"Hospital {code}", name_zh=f"医院 {code}")
    with within(Scope.of_tenant(tenant.pk, actor="test")):
        department = add_department(code="imaging", name_en="Imaging", name_zh="影像科", use=use)
        if use == "clinical" and not asks_for_acceptance:
            set_requirement(None, required=False)
    return Hospital(tenant.pk, code, department.pk)


@contextmanager
def inside(hospital: Hospital) -> Iterator[None]:
    """Run a block in the hospital's scope, in one transaction that commits."""
    with within(Scope.of_tenant(hospital.tenant_id, actor="test")):
        yield


def run_pipeline() -> int:
    """Expand events and run every step that is due, as relay and workers do; return how many ran."""
    from allward.config.tasks import STEPS
    from allward.ingest.completeness import complete_due_studies
    from allward.outbox.deliver import deliver
    from allward.outbox.relay import expand, take_due
    from allward.pipeline import PIPELINE

    count = 0
    while True:
        complete_due_studies()
        expand(PIPELINE)
        due = take_due()
        if not due:
            return count
        for delivery_id, tenant_id, _ in due:
            with carrying(Scope.of_tenant(tenant_id, actor="pipeline")):
                deliver(delivery_id, STEPS)
            count += 1
