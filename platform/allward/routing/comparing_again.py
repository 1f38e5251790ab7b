"""What an examination that became known, or a person's word on two numbers, means for later examinations.

Only what an app has read already is read again, and only where its prior is another one now.
"""

from django.db.models import Q

from allward.routing.events import StudyRouted
from allward.routing.priors import studies_of_person
from allward.routing.route import compare_again
from allward.studies.events import PatientsLinked
from allward.studies.models import Study
from allward.studies.states import StudyState


def compare_later_studies(event: StudyRouted) -> None:
    """Compare later examinations of a patient with one that has come, or got other images, since."""
    study = Study.objects.select_related("patient").get(pk=event.study_id)
    if study.study_date is None:
        return
    later = studies_of_person(study.patient).filter(study_date__gt=study.study_date)
    for each in later.order_by("study_date", "pk"):
        compare_again(each)


def compare_linked_studies(event: PatientsLinked) -> None:
    """Compare examinations under two numbers anew: with one another, or no longer."""
    numbers = Q(patient_id=event.one_id) | Q(patient_id=event.other_id)
    for study in Study.objects.filter(numbers, state=StudyState.COMPLETE).order_by("study_date", "pk"):
        compare_again(study)
