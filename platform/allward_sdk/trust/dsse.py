"""DSSE envelopes with one signature: made, and opened by whoever trusts the key (ADR 0018).

What is signed differs by its payload type; the form around it and the words of refusal are these.
"""

import json
from typing import Any, NoReturn

from pydantic import Field, ValidationError
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import Signer

from allward_sdk.errors import UntrustedError
from allward_sdk.parts import Strict
from allward_sdk.trust.keys import PublisherKey, TrustStore

CANNOT_BE_READ = (ValueError, RecursionError)
"""What hostile JSON and base64 raise; pydantic's error is a ValueError."""


class _Signature(Strict):
    keyid: str
    sig: str


class _Envelope(Strict):
    """The shape of an envelope: one signature, no more."""

    payload: str
    payloadType: str  # noqa: N815  # DSSE's own name
    signatures: tuple[_Signature] = Field(min_length=1, max_length=1)


def sign_bytes(payload: bytes, payload_type: str, signer: Signer) -> bytes:
    """Return the bytes of an envelope around a payload."""
    envelope = Envelope(payload, payload_type, {})
    envelope.sign(signer)
    return canonical(envelope.to_dict())


def read_envelope(data: str | bytes, payload_type: str, *, place: str) -> Envelope:
    """Read an envelope; nothing is said yet of who signed it.

    Raises
    ------
    UntrustedError
        If it is no envelope of this payload type with one signature.
    """
    try:
        told = _Envelope.model_validate_json(data)
        envelope = Envelope.from_dict(told.model_dump(mode="json"))
    except CANNOT_BE_READ as error:
        refuse(error, place)
    if envelope.payload_type != payload_type:
        raise UntrustedError(f"{place}: payloadType: Input should be '{payload_type}'")
    return envelope


def signer_of(envelope: Envelope, trust: TrustStore, *, place: str) -> PublisherKey:
    """Return the key that signed an envelope; its state is not judged here.

    Raises
    ------
    UntrustedError
        If the key is not in the store, or the signature is not by it.
    """
    (keyid,) = envelope.signatures
    key = trust.keys.get(keyid)
    if key is None:
        raise UntrustedError(
            f"{place}: signatures.0.keyid: the key {keyid[:64]!r} is not trusted here; if you know whose it"
            " is, trust its public half first, which `allward plugin key show` prints there"
        )
    try:
        envelope.verify([key.to_sslib()], 1)
    except VerificationError as error:
        raise UntrustedError(
            f"{place}: signatures.0.sig: not a signature of this payload by {key.publisher} (key {keyid})"
        ) from error
    return key


def refuse(error: Exception, place: str) -> NoReturn:
    """Say where something that came from outside is not as it should be."""
    fault = str(error)
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        fault = ": ".join((".".join(map(str, first["loc"])) or "JSON", first["msg"]))
    raise UntrustedError(f"{place}: {fault}") from error


def canonical(value: dict[str, Any]) -> bytes:
    """Return the one form in which JSON is signed and written."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
