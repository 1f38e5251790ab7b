"""What can become true of a submission and of a vendor's key."""

from dataclasses import dataclass
from uuid import UUID

from allward.kernel.events import Event


@dataclass(frozen=True, slots=True)
class PackageSubmitted(Event):
    """A package waits to be checked."""

    submission_id: UUID


@dataclass(frozen=True, slots=True)
class SubmissionTurnedDown(Event):
    """A package was refused or declined: its bytes are kept no longer."""

    submission_id: UUID


@dataclass(frozen=True, slots=True)
class SubmissionAccepted(Event):
    """The operator has said yes: the catalogue is to list the package."""

    submission_id: UUID


@dataclass(frozen=True, slots=True)
class SubmissionYanked(Event):
    """A published version was withdrawn: the catalogue is to say so."""

    submission_id: UUID


@dataclass(frozen=True, slots=True)
class VendorKeyChanged(Event):
    """A vendor's key proves less than before: the catalogue is to say so."""

    key_id: UUID
