"""What can become true of a retrieval."""

from dataclasses import dataclass
from uuid import UUID

from allward.kernel.events import Event


@dataclass(frozen=True, slots=True)
class RetrievalRequested(Event):
    """Studies wait to be fetched from an archive."""

    archive_id: UUID
