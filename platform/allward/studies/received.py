"""What ingest hands to the study index, and what the index says about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from allward_dicom.header import Header

RETRIEVED = "RETRIEVED_FROM_ARCHIVE"
"""The source of what this platform fetched from an archive itself; longer than an AE title can be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectFacts:
    """What the index keeps of one object.

    `instance_id` is chosen when the bytes arrive and becomes the id of the row, so that indexing the same
    bytes a second time after a crash finds its own traces.
    """

    instance_id: UUID
    sha256: str
    size_bytes: int
    received_at: datetime
    source: str
    header: Header


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedInstance(ObjectFacts):
    """One object whose bytes are whole and synced at `path`, before it is in the index."""

    path: Path
    department_id: UUID | None = None
    same_patient: bool = False
    """A person's word that its study is this patient's although it states another number."""


class Fate(StrEnum):
    """What became of a received object."""

    NEW = "new"
    KNOWN = "known"
    CONFLICT = "conflict"
    OTHER_PATIENT = "other_patient"
    """Not indexed: its study belongs to a patient of another number."""


@dataclass(frozen=True, slots=True)
class IndexOutcome:
    """What became of each object of a batch, by `instance_id`, and the studies that changed."""

    fates: Mapping[UUID, Fate]
    study_ids: frozenset[UUID]

    def count(self, fate: Fate) -> int:
        """Return how many objects had this fate."""
        return sum(found is fate for found in self.fates.values())


class PatientNumber(NamedTuple):
    """What identifies a patient within a tenant."""

    issuer: str
    patient_id: str


def patient_number(header: Header) -> PatientNumber:
    """Return whose object this is.

    An object without Patient ID belongs to a patient of its own study: two people without a number must
    never become one.
    """
    if header.patient_id:
        return PatientNumber(header.issuer_of_patient_id or "", header.patient_id)
    return PatientNumber(f"study {header.study_instance_uid}", "")


def date_of(text: str | None) -> date | None:
    """Read a DICOM date; None if it is absent or none (PS3.5 6.2, DA; the old form with dots too)."""
    digits = (text or "").replace(".", "")
    if len(digits) != 8 or not digits.isascii() or not digits.isdigit():
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def is_synthetic(header: Header) -> bool:
    """Tell whether an image is the platform's own phantom, which says so in its Study Description."""
    return (header.study_description or "").startswith("SYNTHETIC PHANTOM")
