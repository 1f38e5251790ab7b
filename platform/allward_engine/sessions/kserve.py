"""The words of KServe's open inference protocol, version 2, with tensors as bytes behind the JSON.

Source: KServe, "Open Inference Protocol (V2)"; Triton, "Binary Tensor Data Extension".
"""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from allward_engine.grids import FloatImage

HEADER_LENGTH = "Inference-Header-Content-Length"
"""HTTP header: bytes of JSON before the first tensor; without it all of the body is JSON."""

Bytes = npt.NDArray[np.uint8]

_FLOATS: dict[str, type] = {"FP16": np.float16, "FP32": np.float32, "FP64": np.float64}


def request_header(
    input_name: str, tensor: FloatImage, outputs: Sequence[str], *, urgent: bool = False
) -> bytes:
    """Return the JSON that goes before the bytes of the one input.

    A server that has priority levels takes an urgent request first; 1 is the greatest there, 0 the default.
    """
    given = {
        "name": input_name,
        "shape": list(tensor.shape),
        "datatype": "FP32",
        "parameters": {"binary_data_size": tensor.nbytes},
    }
    asked = [{"name": name, "parameters": {"binary_data": True}} for name in outputs]
    parameters = {"parameters": {"priority": 1}} if urgent else {}
    return json.dumps({"inputs": [given], "outputs": asked, **parameters}).encode()


def read_response(said: bytes, tensors: Bytes, outputs: Sequence[str]) -> tuple[FloatImage, ...]:
    """Return the outputs that were asked for, in that order, as float32 in `tensors` where they can.

    Parameters
    ----------
    said
        The JSON.
    tensors
        The bytes behind it.

    Raises
    ------
    ValueError
        If the body is not what the protocol says, or an output is missing or no floating-point number.
    """
    answer = json.loads(said)
    if not isinstance(answer, dict) or not isinstance(answer.get("outputs"), list):
        raise ValueError("the answer names no outputs")
    found: dict[str, FloatImage] = {}
    place = 0
    for output in answer["outputs"]:
        size = output.get("parameters", {}).get("binary_data_size")
        raw = None if size is None else tensors[place : place + size]
        place += size or 0
        found[str(output["name"])] = _tensor(output, raw)
    missing = [name for name in outputs if name not in found]
    if missing:
        raise ValueError(f"the answer lacks {', '.join(map(repr, missing))}")
    return tuple(found[name] for name in outputs)


def _tensor(output: Mapping[str, Any], raw: Bytes | None) -> FloatImage:
    kind = _FLOATS.get(output["datatype"])
    if kind is None:
        raise ValueError(f"{output['name']!r} is {output['datatype']}, not a floating-point number")
    shape = [int(size) for size in output["shape"]]
    values = np.asarray(output["data"], np.float32) if raw is None else _read_as(raw, kind)
    if values.size != math.prod(shape) or min(shape, default=0) < 0:
        raise ValueError(f"{output['name']!r} has {values.size} values for the shape {tuple(shape)}")
    return values.astype(np.float32, copy=False).reshape(shape)


def _read_as(raw: Bytes, kind: type) -> npt.NDArray[Any]:
    """Return bytes as numbers: in place where they lie on the right boundary, else copied there."""
    if raw.size % np.dtype(kind).itemsize:
        raise ValueError(f"{raw.size} bytes are no whole number of values")
    values: npt.NDArray[Any] = raw.view(kind)
    return values if values.flags.aligned else values.copy()
