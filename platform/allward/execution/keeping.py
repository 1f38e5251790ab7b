"""What an attempt leaves in the storage: label map and arrays, under keys of its own."""

import gzip
from dataclasses import dataclass
from hashlib import sha256

from allward.storage.arrays import pack_arrays
from allward.storage.place import storage
from allward_engine.requests import SegmentResult


@dataclass(frozen=True, slots=True)
class Kept:
    """Keys and digests of what was written; empty where the plug-in finds nothing of the kind."""

    labelmap_key: str = ""
    labelmap_sha256: str = ""
    arrays_key: str = ""
    arrays_sha256: str = ""

    def forget(self) -> None:
        """Delete what was written, since the attempt came too late."""
        for key in (self.labelmap_key, self.arrays_key):
            if key:
                storage().delete(key)


def keep(result: SegmentResult, *, tenant_id: object, name: str) -> Kept:
    """Write what a plug-in found.

    Parameters
    ----------
    name
        Unique to the attempt, so that two attempts at a job never write the same file.

    Raises
    ------
    StorageFullError
        If it cannot be written.
    """
    labelmap_key = labelmap_sha256 = arrays_key = arrays_sha256 = ""
    if result.labels_kji is not None:
        packed = gzip.compress(result.labels_kji.tobytes(), compresslevel=1)
        labelmap_key, labelmap_sha256 = f"{tenant_id}/labelmaps/{name}.u8.gz", sha256(packed).hexdigest()
        storage().write(labelmap_key, packed)
    if result.arrays:
        packed = pack_arrays(result.arrays)
        arrays_key, arrays_sha256 = f"{tenant_id}/arrays/{name}.npz", sha256(packed).hexdigest()
        storage().write(arrays_key, packed)
    return Kept(labelmap_key, labelmap_sha256, arrays_key, arrays_sha256)
