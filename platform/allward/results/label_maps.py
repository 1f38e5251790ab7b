"""Label maps of a result that no job wrote: those that an app drew, and those that readers corrected."""

import gzip
import hashlib
from uuid import UUID

import numpy as np
import numpy.typing as npt

from allward.storage.place import storage

LabelArray = npt.NDArray[np.uint8]

_QUICK = 1
"""Level of compression: a label map is nearly all background."""


def keep_label_map(tenant_id: UUID, run_id: UUID, labels_kji: LabelArray) -> str:
    """Write a label map beside its run, and return its key; the same voxels have the same key and bytes."""
    content = np.ascontiguousarray(labels_kji, dtype=np.uint8).tobytes()
    packed = gzip.compress(content, compresslevel=_QUICK, mtime=0)
    key = f"{tenant_id}/results/{run_id}.{hashlib.sha256(packed).hexdigest()[:32]}.u8.gz"
    storage().write(key, packed)
    return key
