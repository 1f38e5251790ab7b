"""The studies that archives hold of one patient: found, and told from those that are here already."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from allward.retrieval.archive import ArchiveAwayError, ArchiveRefusedError
from allward.retrieval.models import SourceArchive
from allward.retrieval.queries import known_studies
from allward.retrieval.reaching import asked
from allward.retrieval.rows import StudyQuery, StudyRow
from allward.tenancy.scope import Scope, within
from allward_sdk.errors import BadInputError


@dataclass(frozen=True, slots=True)
class Found:
    """What one archive answered."""

    archive: SourceArchive
    rows: tuple[StudyRow, ...] = ()
    error: str = ""
    """Why it did not answer."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whose studies are looked for."""

    patient_id: str
    issuer: str


def find_priors(archives: Sequence[SourceArchive], person: Person) -> list[Found]:
    """Ask archives, one after the other, for all studies of a patient; open no transaction around it.

    A study belongs to the patient only under the same issuer: one that the archive states, or the one that
    is said of the archive.
    """
    return [_of_archive(archive, person) for archive in archives]


def _of_archive(archive: SourceArchive, person: Person) -> Found:
    query = StudyQuery(patient_id=person.patient_id, issuer_of_patient_id=person.issuer)
    try:
        rows = asked(archive).find_studies(query)
    except (ArchiveAwayError, ArchiveRefusedError, BadInputError) as error:
        return Found(archive, error=str(error))
    return Found(archive, tuple(row for row in rows if _is_of(row, archive, person)))


def _is_of(row: StudyRow, archive: SourceArchive, person: Person) -> bool:
    return (row.issuer_of_patient_id or archive.issuer_of_patient_id) == person.issuer


def not_here(
    tenant_id: UUID, found: Sequence[Found], *, scope: Scope
) -> list[tuple[SourceArchive, StudyRow]]:
    """Return what has to be fetched: each study once, from the first archive that has it.

    A study of which the hospital has as many instances as the archive says is left out.
    """
    uids = [row.study_instance_uid for each in found for row in each.rows]
    with within(scope):
        known = known_studies(tenant_id, uids)
    wanted: dict[str, tuple[SourceArchive, StudyRow]] = {}
    for each in found:
        for row in each.rows:
            here = known.get(row.study_instance_uid, 0)
            if not here or (row.instance_count is not None and here < row.instance_count):
                wanted.setdefault(row.study_instance_uid, (each.archive, row))
    return list(wanted.values())
