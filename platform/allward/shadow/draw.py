"""Which studies a shadow is given. Pure."""

from hashlib import sha256
from hmac import digest
from uuid import UUID

_OUT_OF = 1 << 64


def is_drawn(*, shadow_id: UUID, study_instance_uid: str, share_percent: float) -> bool:
    """Tell whether a study belongs to a shadow's share.

    The same study is drawn or not drawn whenever it is asked, however often images of it arrive, and a
    greater share holds every study of a smaller one. Two shadows draw independently of each other.

    Parameters
    ----------
    share_percent : 0 (no study) to 100 (every one)

    Source
    ------
    HMAC with SHA-256 (RFC 2104), keyed with the shadow's id; its first 64 bits are taken as a share.
    """
    told = digest(shadow_id.bytes, study_instance_uid.encode(), sha256)
    return int.from_bytes(told[:8], "big") * 100.0 < share_percent * _OUT_OF
