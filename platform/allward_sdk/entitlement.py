"""What a publisher lets one hospital use, for how long and for how many studies (ADR 0019).

A token is a DSSE envelope, signed with the key that signs the publisher's packages. It is issued and checked
without a network.
"""

from datetime import datetime, timedelta
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from pydantic import AwareDatetime, Field, model_validator
from pydantic_core import PydanticCustomError
from securesystemslib.signer import Signer

from allward_sdk.errors import UntrustedError
from allward_sdk.parts import Sha256, Strict
from allward_sdk.trust.dsse import CANNOT_BE_READ, canonical, read_envelope, refuse, sign_bytes, signer_of
from allward_sdk.trust.keys import PublisherKey, TrustStore

PAYLOAD_TYPE = "application/vnd.allward.entitlement.v1+json"

MOST_CHARACTERS = 20_000
"""Of a token; one with every field filled takes about 1,500."""

Slot: TypeAlias = Annotated[str, Field(pattern=r"^[a-z_]+\.[a-z_]+$")]


class Hospital(Strict):
    """The hospital that a token is bound to."""

    id: UUID
    """Its id, which never changes; the platform's page of entitlements shows it."""
    code: str = Field(min_length=1, max_length=50)
    """Its short name, for people."""


class Quota(Strict):
    """How many studies may be analysed; each is counted once, however often it runs."""

    studies: int = Field(ge=1)
    per: Literal["month", "total"]
    """A month of the calendar in UTC, or as long as the token is there."""


class Entitlement(Strict):
    """The signed statement."""

    id: UUID
    """Of this token; a renewal has another one."""
    keyid: Sha256
    """Key of the publisher who issues it."""
    tenant: Hospital
    plugin: Annotated[str, Field(pattern=r"^[a-z0-9]+(\.[a-z0-9-]+)+\.?$", max_length=100)]
    """Id of a plug-in, or the beginning of ids with a full stop at its end."""
    kind: Literal["trial", "licence"]
    features: tuple[Slot, ...] = ()
    """Slots of apps in which it may be used; empty: all that the plug-in fills."""
    not_before: AwareDatetime
    expires: AwareDatetime
    """From this moment on it no longer holds."""
    grace_days: int = Field(default=0, ge=0, le=365)
    """So long after the end new runs begin still, with a warning."""
    quota: Quota | None = None
    issued_at: AwareDatetime

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> "Entitlement":
        if self.expires <= self.not_before:
            raise PydanticCustomError("order", "expires must be later than not_before")
        return self

    def covers(self, plugin_id: str) -> bool:
        """Tell whether it is about this plug-in."""
        if self.plugin.endswith("."):
            return plugin_id.startswith(self.plugin)
        return plugin_id == self.plugin

    @property
    def grace_until(self) -> datetime:
        """The end of the grace; without one the same as `expires`."""
        return self.expires + timedelta(days=self.grace_days)

    def to_bytes(self) -> bytes:
        """Return the bytes that are signed."""
        return canonical(self.model_dump(mode="json"))


def issue(entitlement: Entitlement, signer: Signer) -> str:
    """Return the text of a token.

    Raises
    ------
    UntrustedError
        If the entitlement names another key than the one that signs.
    """
    if entitlement.keyid != signer.public_key.keyid:
        raise UntrustedError(f"keyid: {entitlement.keyid} is not the key that signs")
    return sign_bytes(entitlement.to_bytes(), PAYLOAD_TYPE, signer).decode()


def read_token(text: str | bytes, *, place: str = "token") -> Entitlement:
    """Return what a token says, without asking who signed it.

    Raises
    ------
    UntrustedError
        If it is no token.
    """
    if len(text) > MOST_CHARACTERS:
        raise UntrustedError(f"{place}: longer than {MOST_CHARACTERS} characters: no token")
    envelope = read_envelope(text, PAYLOAD_TYPE, place=place)
    try:
        told = Entitlement.model_validate_json(envelope.payload)
    except CANNOT_BE_READ as error:
        refuse(error, f"{place}: payload")
    (keyid,) = envelope.signatures
    if told.keyid != keyid:
        raise UntrustedError(
            f"{place}: payload: keyid: {told.keyid} is not the key of the signature, {keyid}"
        )
    return told


def verify_token(
    text: str | bytes, trust: TrustStore, *, place: str = "token"
) -> tuple[PublisherKey, Entitlement]:
    """Return who issued a token, and what it says; a rotated key's tokens hold, a revoked one's do not.

    Raises
    ------
    UntrustedError
        If it is no token, was altered, or its key is unknown, revoked, or not one for these plug-ins.
    """
    told = read_token(text, place=place)
    key = signer_of(read_envelope(text, PAYLOAD_TYPE, place=place), trust, place=place)
    if key.state == "revoked":
        reason = f": {key.reason}" if key.reason else ""
        raise UntrustedError(f"{place}: the key {key.keyid} of {key.publisher} was revoked{reason}")
    if not key.may_sign(told.plugin):
        raise UntrustedError(
            f"{place}: payload: plugin: {key.publisher} may sign {', '.join(key.prefixes)}"
            f" but not {told.plugin}"
        )
    return key, told


def in_form(text: str | bytes) -> str:
    """Return a token that `read_token` has read in the one form in which it is kept."""
    return canonical(read_envelope(text, PAYLOAD_TYPE, place="token").to_dict()).decode()
