"""Checkpoints as PyTorch writes them, made by hand: its pickle opcodes and its zip, without PyTorch."""

import pickle
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

STORAGES = {
    "float32": "FloatStorage", "float64": "DoubleStorage", "float16": "HalfStorage", "int64": "LongStorage",
    "int32": "IntStorage", "int16": "ShortStorage", "int8": "CharStorage", "uint8": "ByteStorage",
    "bool": "BoolStorage",
}  # fmt: skip


def text(value: str) -> bytes:
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def name(module: str, attribute: str) -> bytes:
    return f"c{module}\n{attribute}\n".encode()


def number(value: int) -> bytes:
    return (
        b"J" + struct.pack("<i", value) if abs(value) < 2**31 else b"\x8a\x09" + value.to_bytes(9, "little")
    )


def numbers(values: Any) -> bytes:
    return b"(" + b"".join(number(int(value)) for value in values) + b"t"


def tensor(key: str, dtype: str, count: int, **view: Any) -> bytes:
    """The opcodes of one tensor; `view` has offset, shape and strides in elements."""
    storage = (
        b"(" + text("storage") + name("torch", STORAGES[dtype]) + text(key) + text("cpu") + number(count)
    )
    arguments = storage + b"tQ" + number(view["offset"]) + numbers(view["shape"]) + numbers(view["strides"])
    hooks = name("collections", "OrderedDict") + b")R"
    return name("torch._utils", "_rebuild_tensor_v2") + b"(" + arguments + b"\x89" + hooks + b"tR"


def array(key: str, values: np.ndarray) -> bytes:
    strides = [step // values.itemsize for step in values.strides]
    return tensor(key, values.dtype.name, values.size, offset=0, shape=values.shape, strides=strides)


def mapping(pairs: dict[str, bytes]) -> bytes:
    return b"}(" + b"".join(text(key) + value for key, value in pairs.items()) + b"u"


def whole(value: bytes) -> bytes:
    return b"\x80\x02" + value + b"."


def write_zip(path: Path, data: bytes, storages: dict[str, bytes] | None = None, **more: Any) -> Path:
    with zipfile.ZipFile(path, "w", more.get("compression", zipfile.ZIP_STORED)) as archive:
        archive.writestr("archive/data.pkl", data)
        archive.writestr("archive/version", "3\n")
        for key, elements in (storages or {}).items():
            archive.writestr(f"archive/data/{key}", elements)
        for entry, elements in more.get("entries", {}).items():
            archive.writestr(entry, elements)
    return path


def save(path: Path, arrays: dict[str, np.ndarray]) -> Path:
    """Write what ``torch.save`` writes of a dict of tensors."""
    kept = {str(n): np.array(values, order="C") for n, values in enumerate(arrays.values())}
    pairs = {key: array(str(n), kept[str(n)]) for n, key in enumerate(arrays)}
    return write_zip(path, whole(mapping(pairs)), {key: values.tobytes() for key, values in kept.items()})


def save_plain(path: Path, value: Any) -> Path:
    """Write a checkpoint whose pickle is Python's own."""
    return write_zip(path, pickle.dumps(value, protocol=2))
