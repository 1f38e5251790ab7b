"""What relay, executor and a radiologist do, one after another."""

import time
from functools import partial

from django.conf import settings
from tests.executing import here
from tests.platform_database import Hospital, inside, run_pipeline
from tests.small_study import study_of

from allward.execution.run_job import run_job
from allward.kernel.ids import new_id
from allward.results.actions import review_finding
from allward.results.models import FindingRecord, Result
from allward.runs.claims import claim_next
from allward.tenancy.scope import Scope, within
from allward.worklist.queries import items_of
from allward_dicom.phantom import PhantomSpec

MODELS = settings.ALLWARD.home / "models"
SPEC = PhantomSpec(slices=12, size=64, slice_spacing_mm=10.0)


def settle() -> None:
    """Let the quiet time pass and the pipeline run dry."""
    time.sleep(0.4)
    run_pipeline()


def work_off(hospital: Hospital, *, most: int = 20) -> int:
    """Carry out every job that waits in this hospital."""
    done = 0
    while (claimed := claim_next(worker="test")) is not None and done < most:
        run_job(claimed, here())
        done += claimed.tenant_id == hospital.tenant_id
        run_pipeline()
    return done


def reviewer(hospital: Hospital) -> Scope:
    """A radiologist of the hospital."""
    return Scope(
        acting=hospital.tenant_id,
        readable=frozenset({hospital.tenant_id}),
        home=hospital.tenant_id,
        user_id=new_id(),
        actor="radiologist",
    )


def review_all(
    hospital: Hospital, result: Result, decision: str = "accept", *, most: int | None = None
) -> None:
    """Give a word on the findings of a result, or on the first of them."""
    say = partial(review_finding, decision=decision, reason="other", author_name="Dr Test")
    with within(reviewer(hospital)):
        for finding in FindingRecord.objects.filter(result=result).order_by("ordinal")[:most]:
            say(finding_id=finding.pk, version=finding.version)


def newest_result(hospital: Hospital) -> Result:
    """Return what the latest run of the hospital's only series said."""
    with inside(hospital):
        result = Result.objects.order_by("run__revision").last()
    assert result is not None
    return result


def item(hospital: Hospital, study_id):
    """Return the study's line of the worklist."""
    study = study_of(hospital, study_id)
    with inside(hospital):
        return items_of([study])[0]
