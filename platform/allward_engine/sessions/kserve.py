"""The words of KServe's open inference protocol, version 2, with tensors as bytes behind the JSON.

Source: KServe, "Open Inference Protocol (V2)"; Triton, "Binary Tensor Data Extension".
"""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from allward_engine.grids import FloatImage

HEADER_LENGTH = "Inference-Header-Content-Length"
"""HTTP header: bytes of JSON before the first tensor; without it all of the body is JSON."""

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


def read_response(body: bytes, header_length: int | None, outputs: Sequence[str]) -> tuple[FloatImage, ...]:
    """Return the outputs that were asked for, in that order, as float32 of the caller's own.

    Raises
    ------
    ValueError
        If the body is not what the protocol says, or an output is missing or no floating-point number.
    """
    said = json.loads(body[:header_length])
    if not isinstance(said, dict) or not isinstance(said.get("outputs"), list):
        raise ValueError("the answer names no outputs")
    found: dict[str, FloatImage] = {}
    place = len(body) if header_length is None else header_length
    for output in said["outputs"]:
        size = output.get("parameters", {}).get("binary_data_size")
        raw = None if size is None else body[place : place + size]
        place += size or 0
        found[str(output["name"])] = _tensor(output, raw)
    missing = [name for name in outputs if name not in found]
    if missing:
        raise ValueError(f"the answer lacks {', '.join(map(repr, missing))}")
    return tuple(found[name] for name in outputs)


def _tensor(output: Mapping[str, Any], raw: bytes | None) -> FloatImage:
    kind = _FLOATS.get(output["datatype"])
    if kind is None:
        raise ValueError(f"{output['name']!r} is {output['datatype']}, not a floating-point number")
    shape = [int(size) for size in output["shape"]]
    values = np.asarray(output["data"], np.float32) if raw is None else np.frombuffer(raw, kind)
    if values.size != math.prod(shape) or min(shape, default=0) < 0:
        raise ValueError(f"{output['name']!r} has {values.size} values for the shape {tuple(shape)}")
    return np.array(values, np.float32).reshape(shape)
