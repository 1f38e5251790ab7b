"""One HL7 message to one listener over MLLP, and what its acknowledgement means. Network only.

Every wait has an end: connecting, writing, and the answer, all within one limit.

Source
------
HL7 v2.5.1 2.9.2 (acknowledgement codes), implementation guide, appendix C (MLLP).
"""

import socket
import time
from dataclasses import dataclass

import hl7

from allward_sdk.errors import AllwardError, TemporaryError
from allward_sdk.local_addresses import connect

_START, _END = b"\x0b", b"\x1c\r"
_MOST_ANSWER_BYTES = 1 << 20
CONNECT_S = 10.0
ANSWER_S = 30.0
"""Limit from the first byte to the whole answer, in seconds."""


class NotTakenError(TemporaryError):
    """The receiver did not take the message; trying again may help.

    Attributes
    ----------
    may_be_held
        Bytes had left before it failed, so the receiver may have the message all the same.
    """

    def __init__(self, message: str, *, may_be_held: bool) -> None:
        super().__init__(message)
        self.may_be_held = may_be_held


class RefusedMessageError(AllwardError):
    """The receiver says that the message is wrong: the same bytes again would not help."""


@dataclass(frozen=True, slots=True)
class Listener:
    """Where a message goes."""

    host: str
    port: int
    may_be_local: bool = False
    """Whether it may lie at a loopback or link-local address."""

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def send_message(listener: Listener, message: str, *, control_id: str, answer_s: float = ANSWER_S) -> None:
    """Send a message and wait until the receiver says that it has it (AA or CA).

    Raises
    ------
    NotTakenError
        If it cannot be reached, does not answer, answers something else, or rejects it for now (AR, CR).
    RefusedMessageError
        If it finds an error in the message (AE, CE).
    BadInputError
        If it lies at this machine's own or a link-local address, and may not.
    """
    try:
        line = connect(listener.host, listener.port, timeout_s=CONNECT_S, may_be_local=listener.may_be_local)
    except OSError as error:
        raise NotTakenError(f"{listener} cannot be reached: {error}", may_be_held=False) from error
    with line:
        try:
            line.settimeout(answer_s)
            line.sendall(_START + message.encode("utf-8") + _END)
            answer = _answer(line, until=time.monotonic() + answer_s)
        except OSError as error:
            raise NotTakenError(f"{listener} did not answer: {error}", may_be_held=True) from error
    judge(answer, control_id=control_id, who=str(listener))


def _answer(line: socket.socket, *, until: float) -> bytes:
    """Read one framed answer."""
    received = b""
    while _END not in received:
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the limit of time is over")
        line.settimeout(left)
        block = line.recv(1 << 16)
        if not block:
            raise ConnectionError("it hung up before it had answered")
        received += block
        if len(received) > _MOST_ANSWER_BYTES:
            raise ConnectionError("its answer has no end")
    return received.partition(_END)[0].partition(_START)[2]


def judge(answer: bytes, *, control_id: str, who: str) -> None:
    """Read an acknowledgement.

    Raises
    ------
    NotTakenError
        If it is none, is of another message, or says "not now" (AR, CR).
    RefusedMessageError
        If it says that the message is wrong (AE, CE).
    """
    try:
        message = hl7.parse(answer.decode("utf-8", errors="replace"))
        msa = message.segment("MSA")
        code, of = str(msa(1)), str(msa(2))
    except (hl7.HL7Exception, KeyError, IndexError, ValueError) as error:
        raise NotTakenError(f"{who} does not answer with an acknowledgement", may_be_held=True) from error
    if of != control_id:
        raise NotTakenError(f"{who} acknowledges another message ({of[:40]!r})", may_be_held=True)
    said = _said(message)
    if code in ("AA", "CA"):
        return
    if code in ("AE", "CE"):
        raise RefusedMessageError(f"{who} finds an error in the message ({code}){said}")
    raise NotTakenError(f"{who} does not take the message now ({code[:8]}){said}", may_be_held=False)


def _said(message: hl7.Message) -> str:
    """Return what an acknowledgement says beside its code: MSA-3, or the text of ERR-8."""
    told = []
    for name, field in (("MSA", 3), ("ERR", 8)):
        try:
            told.append(str(message.segment(name)(field)).strip())
        except (KeyError, IndexError):
            continue
    return "".join(f": {text}" for text in told if text)[:500]
