"""When a study counts as complete: no new image for the quiet time (`ALLWARD_STUDY_QUIET_S`)."""

from allward.kernel.clock import now
from allward.studies.actions import complete_study
from allward.studies.models import PendingCompletion
from allward.tenancy.scope import Scope, within

BATCH = 100


def complete_due_studies(*, using: str = "dispatcher") -> int:
    """Complete every study whose quiet time has passed, each in its tenant's scope; return how many.

    The relay calls it each second. Two callers at once do no harm: a study is locked while it is completed,
    and the other one passes it over.
    """
    due = list(
        PendingCompletion.objects.using(using)
        .filter(due_at__lte=now())
        .order_by("due_at")
        .values_list("study_id", "tenant_id")[:BATCH]
    )
    completed = 0
    for study_id, tenant_id in due:
        with within(Scope.of_tenant(tenant_id)):
            completed += complete_study(study_id)
    return completed
