"""Take what a person rejected out of the records of a result, and out of their arrays. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy.typing as npt

from allward_sdk.found import Found, SlideMap, VolumeMap, channel_id, record_id
from allward_sdk.results import Finding

Arrays = Mapping[str, npt.NDArray[Any]]


def without_rejected(found: Sequence[Found], removed: Sequence[Finding]) -> tuple[Found, ...]:
    """Return the records that nobody rejected; a map loses the labels that were rejected."""
    rejected = {finding.record for finding in removed if finding.record is not None}
    kept: list[Found] = []
    for record in found:
        if record_id(record) in rejected:
            continue
        if isinstance(record, VolumeMap | SlideMap):
            labels = tuple(label for label in record.labels if channel_id(record, label) not in rejected)
            if not labels:
                continue
            record = record.model_copy(update={"labels": labels})
        kept.append(record)
    return tuple(kept)


def arrays_of_kept(
    found: Sequence[Found], kept: Sequence[Found], arrays: Arrays
) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays as the kept records need them: maps without the labels that they lost.

    Parameters
    ----------
    found
        The records as the app gave them.
    arrays
        By the names that the records give.
    """
    whole = {record_id(record): record for record in found}
    needed = dict(arrays)
    for record in kept:
        before = whole[record_id(record)]
        if isinstance(record, VolumeMap | SlideMap) and isinstance(before, VolumeMap | SlideMap):
            channels = [before.labels.index(label) for label in record.labels]
            needed[record.values] = arrays[record.values][channels]
    return needed
