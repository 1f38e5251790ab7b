"""Whether two files hold the same object although their file meta information differs.

The same images come by C-STORE, by STOW-RS and from a disc, each with another group 0002: no conflict.
"""

import hashlib
import struct
from typing import BinaryIO

_START_OF_META = 132
_GROUP_LENGTH = b"\x02\x00\x00\x00UL\x04\x00"
_BLOCK = 1 << 20


def holds_same_data_set(one: BinaryIO, other: BinaryIO) -> bool:
    """Compare what follows the file meta information; False if either file does not say where that is."""
    first, second = _data_set_digest(one), _data_set_digest(other)
    return first is not None and first == second


def _data_set_digest(file: BinaryIO) -> str | None:
    """Return the sha256 of the data set (PS3.10 7.1), or None without (0002,0000)."""
    head = file.read(_START_OF_META + 12)
    if head[128:_START_OF_META] != b"DICM" or head[_START_OF_META : _START_OF_META + 8] != _GROUP_LENGTH:
        return None
    file.seek(_START_OF_META + 12 + struct.unpack_from("<I", head, _START_OF_META + 8)[0])
    digest = hashlib.sha256()
    while block := file.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()
