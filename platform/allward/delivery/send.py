"""C-STORE of one stored object to one destination. Network only: no database, no decisions.

Every wait has an end. pynetdicom's own limits cover connecting, negotiating and waiting for an answer,
but not a peer that stops reading in the middle of an object: a timer cuts the line then.
"""

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Timer

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.filereader import read_file_meta_info
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import AE, _config
from pynetdicom.association import Association
from pynetdicom.presentation import PresentationContext, build_context

from allward_sdk.errors import AllwardError, TemporaryError

log = logging.getLogger(__name__)

CONNECT_S = 10.0
"""Limit for connecting, and for each answer while an association is negotiated or released, in seconds."""
STORE_S = 60.0
"""Limit for one object from its first byte to the answer, in seconds."""
LONGEST_S = 3 * CONNECT_S + STORE_S
"""No sending lasts longer than connecting, negotiating, storing and releasing together, in seconds."""

_UNCOMPRESSED = (ExplicitVRLittleEndian, ImplicitVRLittleEndian)

_config.STORE_SEND_CHUNKED_DATASET = True
"""pynetdicom: a file is sent as it lies in storage, byte for byte, never decoded."""


class NotDeliveredError(TemporaryError):
    """The destination did not take the object; trying again may help.

    Attributes
    ----------
    may_be_held
        Bytes had left before it failed, so the object may have arrived all the same.
    """

    def __init__(self, message: str, *, may_be_held: bool) -> None:
        super().__init__(message)
        self.may_be_held = may_be_held


class RefusedError(AllwardError):
    """The destination does not take such objects; only a person can change that."""


@dataclass(frozen=True, slots=True)
class Peer:
    """The DICOM node on the other side, and the name under which we call it."""

    host: str
    port: int
    called_ae_title: str
    calling_ae_title: str

    def __str__(self) -> str:
        return f"{self.called_ae_title} at {self.host}:{self.port}"


def send_instance(peer: Peer, path: Path, *, store_s: float = STORE_S) -> str:
    """Store the DICOM file at `path` at `peer`; sending it twice leaves one object there.

    Returns
    -------
    What the destination remarked on it; empty if nothing.

    Raises
    ------
    NotDeliveredError
        If it cannot be reached, rejects the association, answers with a failure or not at all.
    RefusedError
        If it takes neither this SOP class nor a transfer syntax that we can give it.
    """
    meta = read_file_meta_info(path)
    sop_class, stored = UID(meta.MediaStorageSOPClassUID), UID(meta.TransferSyntaxUID)
    with _association(peer, _contexts(sop_class, stored)) as association:
        accepted = {UID(context.transfer_syntax[0]) for context in association.accepted_contexts}
        content = _sendable(path, stored, accepted, what=f"{sop_class.name} to {peer}")
        with _time_limit(association, store_s):
            try:
                answer = association.send_c_store(content)
            except (RuntimeError, OSError) as error:  # RuntimeError: the peer hung up before we began
                raise NotDeliveredError(f"{peer}: {error}", may_be_held=False) from error
    return _judge_answer(answer, peer=peer, sop_class=sop_class)


def echo(peer: Peer) -> None:
    """Ask with C-ECHO whether `peer` is there and knows us; raises `NotDeliveredError` if not."""
    with _association(peer, [build_context("1.2.840.10008.1.1")]) as association:
        answer = association.send_c_echo()
    if answer.get("Status") != 0x0000:
        raise NotDeliveredError(f"{peer} does not answer C-ECHO with success", may_be_held=False)


def _contexts(sop_class: UID, stored: UID) -> list[PresentationContext]:
    """Propose the stored transfer syntax and the uncompressed ones, each alone.

    In one context the peer would choose among them, and might not choose the stored one.
    """
    syntaxes = dict.fromkeys((stored, *_UNCOMPRESSED))
    return [build_context(sop_class, syntax) for syntax in syntaxes]


@contextmanager
def _association(peer: Peer, contexts: list[PresentationContext]) -> Iterator[Association]:
    entity = AE(ae_title=peer.calling_ae_title)
    entity.connection_timeout = CONNECT_S
    entity.acse_timeout = CONNECT_S
    entity.dimse_timeout = STORE_S
    entity.network_timeout = STORE_S
    try:
        association = entity.associate(peer.host, peer.port, contexts=contexts, ae_title=peer.called_ae_title)
    except OSError as error:  # the host's name means nothing to the resolver
        raise NotDeliveredError(f"{peer} cannot be reached: {error.strerror}", may_be_held=False) from error
    if not association.is_established:
        raise _not_established(association, peer, contexts)
    try:
        yield association
    finally:
        if association.is_established:
            association.release()


def _not_established(
    association: Association, peer: Peer, contexts: list[PresentationContext]
) -> NotDeliveredError | RefusedError:
    answer = association.acceptor.primitive
    if association.is_rejected and answer is not None:
        return NotDeliveredError(f"{peer} rejected the association: {answer.reason_str}", may_be_held=False)
    if answer is not None and answer.result == 0 and not association.accepted_contexts:
        return RefusedError(f"{peer} does not take {UID(str(contexts[0].abstract_syntax)).name}")
    return NotDeliveredError(f"{peer} cannot be reached", may_be_held=False)


def _sendable(path: Path, stored: UID, accepted: set[UID], *, what: str) -> Path | Dataset:
    """Return the file as it is if the peer takes its transfer syntax, else in one that it takes."""
    if stored in accepted:
        return path
    other = next((syntax for syntax in _UNCOMPRESSED if syntax in accepted), None)
    if other is None:
        raise RefusedError(f"cannot send {what}: no transfer syntax in common (stored: {stored.name})")
    dataset = dcmread(path)
    if stored.is_compressed:
        dataset.decompress()
    return dataset


@contextmanager
def _time_limit(association: Association, limit_s: float) -> Iterator[None]:
    timer = Timer(limit_s, _hang_up, args=(association,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _hang_up(association: Association) -> None:
    line = association.dul.socket.socket if association.dul.socket else None
    if line is None:
        return
    try:
        line.shutdown(socket.SHUT_RDWR)
    except OSError as error:
        log.info("the line was gone already: %s", error)


def _judge_answer(answer: Dataset, *, peer: Peer, sop_class: UID) -> str:
    """Read a C-STORE status.

    Source
    ------
    PS3.4 B.2.3 (storage statuses), PS3.7 C (general statuses).
    """
    status = answer.get("Status")
    if status is None:
        raise NotDeliveredError(f"{peer} took the object but did not answer", may_be_held=True)
    comment = str(answer.get("ErrorComment", "")).strip()
    said = f"0x{status:04X}" + (f", {comment}" if comment else "")
    if status in (0x0000, 0x0111):  # 0x0111: it has this instance already
        return ""
    if status & 0xF000 == 0xB000 or status in (0x0001, 0x0107, 0x0116):
        return f"{peer} stored it with a warning: {said}"
    if status == 0x0122:
        raise RefusedError(f"{peer} does not take {sop_class.name} ({said})")
    if status == 0x0124:
        raise RefusedError(f"{peer} does not allow us to store ({said})")
    if status & 0xFF00 == 0xA700:
        raise NotDeliveredError(f"{peer} has no room left ({said})", may_be_held=False)
    raise NotDeliveredError(f"{peer} did not store the object ({said})", may_be_held=False)
