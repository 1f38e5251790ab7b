"""The bytes that are kept of a submission: where they lie, and whether they are what was handed in."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from allward.kernel.texts import Text
from allward_sdk.errors import AllwardError

_PIECE_BYTES = 1 << 20
_HEARD_EVERY = 256
"""Pieces between two signs of life."""

_OTHER = Text(
    "The bytes that are kept here are not those that were handed in. Hand the package in again.",
    "此处保存的内容与提交时不一致。请重新提交插件包。",
)


def key_of(tenant_id: UUID, submission_id: UUID) -> str:
    """Return where in the storage a submission lies, and nothing else does."""
    return f"{tenant_id}/submissions/{submission_id}.allward"


class OtherBytesError(AllwardError):
    """What is kept of a submission was changed or is gone; the text is for the vendor and the operator."""

    def __init__(self) -> None:
        super().__init__(_OTHER.en)
        self.text = _OTHER


def refuse_other_bytes(path: Path, digest: str, *, heard: Callable[[], None] = lambda: None) -> None:
    """Raise `OtherBytesError` unless a file has this sha256.

    Parameters
    ----------
    heard
        Called now and then while the file is read, which may take minutes.
    """
    found = hashlib.sha256()
    try:
        with path.open("rb") as file:
            pieces = 0
            while piece := file.read(_PIECE_BYTES):
                found.update(piece)
                pieces += 1
                if pieces % _HEARD_EVERY == 0:
                    heard()
    except FileNotFoundError as error:
        raise OtherBytesError from error
    if found.hexdigest() != digest:
        raise OtherBytesError
