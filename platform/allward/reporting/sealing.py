"""Tokens of FHIR servers at rest: encrypted with a key that is derived from the deployment's own."""

import base64
from functools import cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from allward_sdk.errors import BadInputError

_USE = b"allward reporting: tokens of connections"


@cache
def _fernet() -> Fernet:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=_USE).derive(settings.SECRET_KEY.encode())
    return Fernet(base64.urlsafe_b64encode(key))


def seal(token: str) -> str:
    """Return the form of a token that the database keeps; empty stays empty."""
    return _fernet().encrypt(token.encode()).decode("ascii") if token else ""


def unseal(sealed: str) -> str:
    """Return the token.

    Raises
    ------
    BadInputError
        If it was sealed under another `ALLWARD_SECRET_KEY`.
    """
    if not sealed:
        return ""
    try:
        return _fernet().decrypt(sealed.encode("ascii")).decode()
    except InvalidToken:
        raise BadInputError(
            "the token of this connection was kept under another ALLWARD_SECRET_KEY: enter it again"
        ) from None
