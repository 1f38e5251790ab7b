"""What is fetched goes the way of what is sent: into the spool, then into the index of its hospital.

Fetching and receiving are blind to one another; here, above both, they meet.
"""

import logging
from collections.abc import Callable
from types import TracebackType
from typing import Self
from uuid import UUID

from django.db import Error as DatabaseError
from django.db import connections

from allward.ingest.asked import AskedFor
from allward.ingest.multipart import MalformedBodyError, MultipartParser, checked_boundary, media_type
from allward.ingest.pacing import Allowed, Move
from allward.ingest.stow_intake import Failure, Intake, StowRefusedError
from allward.retrieval.archive import ArchiveAwayError
from allward.retrieval.expected import cap_of_move, expected_of_study
from allward.studies.received import RETRIEVED
from allward.tenancy.scope import Scope
from allward_sdk.errors import BadInputError

log = logging.getLogger(__name__)


class SpoolReception:
    """Takes the objects of one study for one hospital; what is wrong with one stops no other."""

    def __init__(self, tenant_id: UUID, study_instance_uid: str, peer: str) -> None:
        scope = Scope.of_tenant(tenant_id, actor=RETRIEVED)
        self._intake = Intake(scope, peer, study_instance_uid)

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Drop what was not indexed: it will be fetched again."""
        self._intake.close()

    def begin(self) -> None:
        """Begin one object."""
        try:
            self._intake.begin_part({})
        except StowRefusedError as error:
            raise ArchiveAwayError(error.text.en) from error

    def write(self, block: bytes | memoryview) -> None:
        """Take its next bytes."""
        self._intake.part_bytes(memoryview(block))

    def end(self) -> str:
        """Check it and make it durable; return why it is refused."""
        before = len(self._intake.failures)
        self._intake.end_part()
        return "; ".join(map(_words, self._intake.failures[before:]))

    def multipart(self, content_type: str) -> Callable[[bytes], None]:
        """Return what takes the bytes of a multipart body, the last time with none."""
        kind, parameters = media_type(content_type)
        if kind != "multipart/related":
            raise BadInputError(f"it answers with {kind or 'no type'} instead of multipart/related")
        try:
            parser = MultipartParser(checked_boundary(parameters), self._intake)
        except MalformedBodyError as error:
            raise BadInputError(str(error)) from error

        def feed(block: bytes) -> None:
            try:
                if block:
                    parser.feed(block)
                else:
                    parser.finish()
            except MalformedBodyError as error:
                raise BadInputError(f"its answer is cut off or malformed: {error}") from error
            except StowRefusedError as error:
                raise ArchiveAwayError(error.text.en) from error

        return feed

    def index(self) -> list[str]:
        """Index what came; return why objects are not in the index, one text for each."""
        try:
            report = self._intake.index()
        except StowRefusedError as error:
            raise ArchiveAwayError(error.text.en) from error
        return [
            *map(_words, self._intake.failures),
            *(f"kept in quarantine: {reason}" for reason in report.reasons.values()),
        ]


def _words(failure: Failure) -> str:
    reason = failure.reason.name.lower().replace("_", " ")
    return f"{failure.sop_instance_uid or 'an object'} was refused: {reason}"


def asked_for(study_instance_uid: str) -> tuple[AskedFor, ...]:
    """Return which hospitals have asked archives to send us a study."""
    return tuple(
        AskedFor(
            tenant_id=expected.tenant_id,
            sender_ae_title=expected.archive_ae_title,
            originator_ae_title=expected.originator_ae_title,
            message_id=expected.message_id,
        )
        for expected in expected_of_study(study_instance_uid)
    )


def cap_of(move: Move) -> Allowed | None:
    """Return how fast the images of a C-MOVE may come; without a database as fast as they do.

    Called in threads of associations, which hold no connection to the database beyond it.
    """
    try:
        cap = cap_of_move(move.sender_ae_title, move.originator_ae_title, move.message_id)
    except DatabaseError as error:
        log.warning("the cap of what %s sends is not known: %s", move.sender_ae_title, error)
        return None
    finally:
        connections.close_all()
    return Allowed(cap.archive_id, cap.bits_per_s) if cap is not None else None
