"""From an archive's row to the object that asks it."""

from collections.abc import Callable
from uuid import UUID

from django.conf import settings

from allward.retrieval.archive import Archive, ArchiveRefusedError, Reception
from allward.retrieval.association import Node
from allward.retrieval.dicomweb import Address, WebArchive
from allward.retrieval.dimse import Expect, GetArchive, MoveArchive
from allward.retrieval.models import SourceArchive
from allward.retrieval.sealing import unseal
from allward.retrieval.states import Method

Receive = Callable[[UUID, str, str], Reception]
"""Makes what takes objects: of which hospital, of which study, from whom."""


def node_of(row: SourceArchive) -> Node:
    """Return the DICOM node of an archive.

    Raises
    ------
    ArchiveRefusedError
        If no title is left under which it may be called.
    """
    if not row.calling_ae_title:
        raise ArchiveRefusedError(f"{row.name} has no calling AE title of this hospital: enter it anew")
    return Node(row.host, row.port, row.called_ae_title, row.calling_ae_title)


def asked(row: SourceArchive) -> Archive:
    """Return an archive that can be tested and searched; nothing is fetched with it.

    Raises
    ------
    BadInputError
        If its secret cannot be read.
    """
    return reached(row, receive=_nobody, expect=lambda _: 1)


def reached(row: SourceArchive, *, receive: Receive, expect: Expect) -> Archive:
    """Return an archive that can also be fetched from.

    Parameters
    ----------
    expect
        Notes that a study is about to come by C-MOVE; gives the Message ID to ask with.

    Raises
    ------
    BadInputError
        If its secret cannot be read.
    """

    def reception(study_instance_uid: str) -> Reception:
        return receive(row.tenant_id, study_instance_uid, row.called_ae_title or row.base_url)

    charset = row.fallback_charset
    match Method(row.method):
        case Method.WADO_RS:
            address = Address(
                row.base_url,
                row.username,
                unseal(row.sealed_secret),
                may_be_local=settings.ALLWARD.local_addresses,
            )
            return WebArchive(address, receive=reception)
        case Method.C_GET:
            return GetArchive(node_of(row), receive=reception, fallback_charset=charset)
        case Method.C_MOVE:
            return MoveArchive(
                node_of(row), destination=row.move_destination, expect=expect, fallback_charset=charset
            )


def _nobody(tenant_id: UUID, study_instance_uid: str, peer: str) -> Reception:
    raise AssertionError("an archive that is only asked fetches nothing")
