"""What the decision trace of a study's present revision says, for its line."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from allward.runs.models import DecisionTrace
from allward.studies.models import Study


@dataclass(frozen=True, slots=True)
class Said:
    """Reasons in both languages."""

    not_evaluable: tuple[dict[str, str], ...] = ()
    did_not_run: tuple[dict[str, str], ...] = ()


def traces_of_studies(studies: Sequence[Study]) -> dict[UUID, Said]:
    """Return for each study what kept apps from running on its present revision."""
    revision = {study.pk: study.revision for study in studies}
    mute: dict[UUID, list[dict[str, str]]] = defaultdict(list)
    other: dict[UUID, list[dict[str, str]]] = defaultdict(list)
    for trace in DecisionTrace.objects.filter(study_id__in=revision, ran=False).order_by("pk"):
        if trace.study_revision != revision[trace.study_id]:
            continue
        reasons = (mute if trace.not_evaluable else other)[trace.study_id]
        if trace.detail not in reasons:
            reasons.append(trace.detail)
    return {pk: Said(tuple(mute[pk]), tuple(other[pk])) for pk in revision}
