"""What a publisher signs: which plug-in, which version, and the digest of every file in the package.

It travels as a DSSE envelope, `signature.json` (ADR 0018). Both have one form only: the same content is
always the same bytes, and other bytes are refused.
"""

from typing import Annotated

from pydantic import Field
from securesystemslib.signer import Signer

from allward_sdk.errors import UntrustedError
from allward_sdk.parts import Sha256, Strict
from allward_sdk.trust.dsse import CANNOT_BE_READ, canonical, read_envelope, refuse, sign_bytes, signer_of
from allward_sdk.trust.keys import PublisherKey, TrustStore

PAYLOAD_TYPE = "application/vnd.allward.package.v1+json"


class FileDigest(Strict):
    """What is signed of one file."""

    sha256: Sha256
    bytes: Annotated[int, Field(ge=0)]


class Payload(Strict):
    """The signed statement."""

    plugin: str
    """Id of the plug-in."""
    version: str
    contract: int
    files: dict[str, FileDigest]
    """Every entry of the package but the envelope itself."""

    def to_bytes(self) -> bytes:
        """Return the bytes that are signed."""
        return canonical(self.model_dump(mode="json"))


def sign(payload: Payload, signer: Signer) -> bytes:
    """Return the bytes of `signature.json`."""
    return sign_bytes(payload.to_bytes(), PAYLOAD_TYPE, signer)


def verify(data: bytes, trust: TrustStore, *, place: str) -> tuple[PublisherKey, Payload]:
    """Return who signed these bytes of `signature.json`, and what; the key's state is not judged here.

    Parameters
    ----------
    place
        File and entry, with which the words of an error begin.

    Raises
    ------
    UntrustedError
        If it is no envelope in its one form, the key is not in the store, or the signature is not by it.
    """
    envelope = read_envelope(data, PAYLOAD_TYPE, place=place)
    if canonical(envelope.to_dict()) != data:
        raise UntrustedError(f"{place}: not in the one form in which an envelope is written")
    key = signer_of(envelope, trust, place=place)
    return key, _payload_of(envelope.payload, f"{place}: payload")


def _payload_of(signed: bytes, place: str) -> Payload:
    try:
        payload = Payload.model_validate_json(signed)
    except CANNOT_BE_READ as error:
        refuse(error, place)
    if payload.to_bytes() != signed:
        raise UntrustedError(f"{place}: not in the one form in which a payload is written")
    return payload
