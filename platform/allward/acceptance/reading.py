"""Reads what a job left and what is known of its case, and lets `comparing` judge both."""

import gzip
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pydicom
from pydantic import TypeAdapter
from pydicom.dataset import Dataset

from allward.acceptance.actions.running import Ended
from allward.acceptance.comparing import Answer, Known, Question, compare, judged_to_json
from allward.acceptance.groups import groups_of
from allward.acceptance.models import AcceptanceCase
from allward.acceptance.orders import ReaderMark
from allward.acceptance.queries import image_json
from allward.acceptance.segmentations import reference_masks
from allward.runs.models import Job
from allward.storage.folder import MissingBytesError
from allward.storage.place import storage
from allward.studies.models import Instance
from allward_sdk.errors import BadInputError, TemporaryError
from allward_sdk.found import Found
from allward_sdk.geometry import Geometry
from allward_sdk.manifest import Manifest

_FOUND: TypeAdapter[tuple[Found, ...]] = TypeAdapter(tuple[Found, ...])

_DECODE_ERRORS = (ValueError, RuntimeError, NotImplementedError, AttributeError, KeyError, IndexError)
"""What pydicom raises on pixels that it cannot decode."""


def groups_of_case(case: AcceptanceCase) -> dict[str, str]:
    """Return the subgroups that a case belongs to."""
    patient = case.study.patient
    return groups_of(
        image_json(case.series_id),
        sex=patient.sex,
        birth_date=patient.birth_date,
        study_date=case.study.study_date,
    )


def ended_of(case: AcceptanceCase, job: Job) -> Ended:
    """Judge a case whose job is done.

    Raises
    ------
    BadInputError
        If its reference cannot be read, or lies on another grid than what the job read.
    TemporaryError
        If the storage cannot be read just now.
    """
    try:
        answer = _answer(job)
        known = _known(case, answer)
    except (MissingBytesError, FileNotFoundError) as error:
        raise TemporaryError(f"what a case needs cannot be read from the storage: {error}") from error
    of_set = case.acceptance_set
    question = Question(of_set.label, of_set.least_score)
    judged = compare(answer, known, question, case=str(case.pk))
    return Ended(judged_to_json(judged), groups_of_case(case))


def _answer(job: Job) -> Answer:
    geometry = Geometry.from_json(job.geometry or {})
    return Answer(
        manifest=Manifest.model_validate(job.plugin_version.manifest),
        geometry=geometry,
        labels_kji=_label_map(job.labelmap_key, geometry) if job.labelmap_key else None,
        found=_FOUND.validate_python(job.found),
        took_s=round(sum(job.timings_s.values()), 3) if job.timings_s else None,
    )


def _label_map(key: str, geometry: Geometry) -> npt.NDArray[np.uint8]:
    return np.frombuffer(gzip.decompress(storage().read(key)), dtype=np.uint8).reshape(geometry.shape_kji)


def _known(case: AcceptanceCase, answer: Answer) -> Known:
    marks = None if case.marks is None else tuple(ReaderMark(**mark) for mark in case.marks)
    return Known(_masks(case, answer), marks, case.present)


def _masks(case: AcceptanceCase, answer: Answer) -> Mapping[str, npt.NDArray[np.bool_]]:
    if case.segmentation is None:
        return {}
    uid = case.segmentation["sop_instance_uid"]
    instance = Instance.objects.filter(tenant_id=case.tenant_id, sop_instance_uid=uid).first()
    if instance is None:
        raise BadInputError(f"The segmentation {uid} is no longer in the archive.")
    mapped = {int(number): label for number, label in case.segmentation["labels"].items()}
    dataset: Dataset = pydicom.dcmread(storage().path(instance.storage_key))
    try:
        return reference_masks(dataset, answer.geometry, mapped, answer.manifest.labels)
    except _DECODE_ERRORS as error:
        raise BadInputError(f"The segmentation {uid} cannot be read: {error}") from error
