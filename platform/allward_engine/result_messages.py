"""A result on the engine's socket: its records as JSON, label map and arrays in shared memory beside it.

All arrays of a result lie one after another in one piece of shared memory, each at a multiple of 64 bytes.
"""

import os
from typing import Any

import numpy as np
import numpy.typing as npt

from allward_engine.requests import LabelMap, SegmentResult
from allward_engine.wire import Message, share_array, shared_array
from allward_sdk.errors import TemporaryError

_ALIGNMENT = 64


def result_message(result: SegmentResult) -> tuple[Message, tuple[int, ...]]:
    """Return a result as a message and the descriptors that go beside it; the caller owns them.

    Raises
    ------
    TemporaryError
        If there is no shared memory left.
    """
    places, size = _places(result)
    message: Message = {"result": result.describe(), "labels": None, "arrays": places}
    descriptors: list[int] = []
    try:
        if result.labels_kji is not None:
            message["labels"] = {"shape": list(result.labels_kji.shape), "dtype": "uint8"}
            descriptors.append(share_array(result.labels_kji, "allward-labels"))
        if places:
            descriptors.append(share_array(_blob(result, places, size), "allward-arrays"))
    except TemporaryError:
        for descriptor in descriptors:
            os.close(descriptor)
        raise
    return message, tuple(descriptors)


def result_of_message(message: Message, descriptors: list[int]) -> SegmentResult:
    """Put a result together again; the descriptors may be closed afterwards.

    Raises
    ------
    TemporaryError
        If what came beside the message is not what it says.
    """
    labels_at, places = message["labels"], message["arrays"]
    if len(descriptors) != (labels_at is not None) + bool(places):
        raise TemporaryError("The engine sent a result without its label map or its arrays.")
    labels: LabelMap | None = None
    if labels_at is not None:
        labels = shared_array(descriptors[0], tuple(int(n) for n in labels_at["shape"]), "uint8")
    arrays = _arrays(descriptors[-1], places) if places else {}
    return SegmentResult.from_description(message["result"], labels, arrays)


def _places(result: SegmentResult) -> tuple[list[dict[str, Any]], int]:
    places, at = [], 0
    for name, values in result.arrays.items():
        places.append({"name": name, "shape": list(values.shape), "dtype": values.dtype.name, "at": at})
        at += -(-values.nbytes // _ALIGNMENT) * _ALIGNMENT
    return places, at


def _blob(result: SegmentResult, places: list[dict[str, Any]], size: int) -> npt.NDArray[np.uint8]:
    blob = np.zeros(max(size, 1), np.uint8)
    for place in places:
        values = np.ascontiguousarray(result.arrays[place["name"]])
        blob[place["at"] : place["at"] + values.nbytes] = values.view(np.uint8).ravel()
    return blob


def _arrays(descriptor: int, places: list[dict[str, Any]]) -> dict[str, npt.NDArray[Any]]:
    blob: npt.NDArray[np.uint8] = shared_array(descriptor, (max(os.fstat(descriptor).st_size, 1),), "uint8")
    arrays = {}
    for place in places:
        shape, kind = tuple(int(n) for n in place["shape"]), np.dtype(place["dtype"])
        size = int(np.prod(shape, dtype=np.int64)) * kind.itemsize
        part = blob[place["at"] : place["at"] + size]
        if part.nbytes != size:
            raise TemporaryError("The engine sent an array that is shorter than it says.")
        arrays[str(place["name"])] = part.view(kind).reshape(shape)
    return arrays
