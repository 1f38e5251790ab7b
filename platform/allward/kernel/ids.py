"""Identifiers."""

import secrets
import time
import uuid
from datetime import datetime


def new_id() -> uuid.UUID:
    """Make a UUID of version 7: unique, and rising with time so that indexes stay compact.

    Source
    ------
    RFC 9562 section 5.7.
    """
    milliseconds = time.time_ns() // 1_000_000
    value = milliseconds << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62)
    return uuid.UUID(int=value)


def first_id_at(moment: datetime) -> uuid.UUID:
    """Return the smallest id that `new_id` makes from `moment` on: rows since then are a range of the key.

    Source
    ------
    RFC 9562 section 5.7.
    """
    milliseconds = int(moment.timestamp() * 1000)
    return uuid.UUID(int=milliseconds << 80 | 7 << 76 | 2 << 62)


def new_dicom_uid() -> str:
    """Make a DICOM UID from a random UUID.

    Source
    ------
    PS3.5 B.2 (UUID derived UID).
    """
    return f"2.25.{uuid.uuid4().int}"
