"""Why runs came to be, or did not."""

from dataclasses import asdict, dataclass
from uuid import UUID

from django.db import transaction

from allward.runs.models import DecisionTrace


@dataclass(frozen=True, slots=True)
class Trace:
    """Why a rule did or did not start an app on a series."""

    rule_name: str
    app: str
    series_id: UUID | None
    ran: bool
    clause: str
    not_evaluable: bool
    detail: dict[str, str]


@transaction.atomic
def write_traces(*, study_id: UUID, study_revision: int, traces: list[Trace]) -> None:
    """Keep what was decided for a revision of a study, in place of what was decided for it before."""
    DecisionTrace.objects.filter(study_id=study_id, study_revision=study_revision).delete()
    DecisionTrace.objects.bulk_create(
        DecisionTrace(study_id=study_id, study_revision=study_revision, **asdict(trace)) for trace in traces
    )
