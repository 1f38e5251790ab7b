"""A study is complete once no new image came for the quiet time."""

from uuid import UUID

from django.db import transaction

from allward.kernel.clock import now
from allward.kernel.states import check_transition
from allward.outbox.publish import publish
from allward.studies.events import StudyChanged, StudyCompleted
from allward.studies.models import Instance, PendingCompletion, Study
from allward.studies.queries import input_digest
from allward.studies.states import MAY_BECOME, StudyState
from allward.tenancy.scope import acting_tenant_id


def complete_study(study_id: UUID) -> bool:
    """Complete a study of the acting tenant if its quiet time has passed; return whether that was done.

    Its revision rises, and `StudyCompleted` is told, only if the received images are others than at the last
    completion. A study that somebody else is working on, or that got a new image meanwhile, is left alone.
    """
    with transaction.atomic():
        study = Study.objects.select_for_update(skip_locked=True).filter(pk=study_id).first()
        pending = PendingCompletion.objects.filter(study_id=study_id, due_at__lte=now())
        if study is None or not pending.exists():
            return False
        pending.delete()
        check_transition(MAY_BECOME, old=StudyState(study.state), new=StudyState.COMPLETE, what="a study")
        study.state = StudyState.COMPLETE
        digest = _images_digest(study_id)
        if digest != study.completed_digest:
            study.completed_digest = digest
            study.revision += 1
            publish(StudyCompleted(study_id=study_id), tenant_id=acting_tenant_id())
        study.save(update_fields=["state", "completed_digest", "revision"])
        publish(StudyChanged(study_id=study_id), tenant_id=acting_tenant_id())
        return True


def _images_digest(study_id: UUID) -> str:
    """Return a digest over what was received; what the platform wrote itself does not count."""
    digests = Instance.objects.filter(study_id=study_id, series__is_result=False).values_list(
        "sha256", flat=True
    )
    return input_digest(list(digests))
