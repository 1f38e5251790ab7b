"""What stands for the tensors and numbers of a pickle: records, and what makes them of their arguments."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

STORAGES = {
    "FloatStorage": "float32",
    "DoubleStorage": "float64",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "int64",
    "IntStorage": "int32",
    "ShortStorage": "int16",
    "CharStorage": "int8",
    "ByteStorage": "uint8",
    "BoolStorage": "bool",
}
"""Storage classes of PyTorch -> their elements."""

_SCALARS = {
    **{"f2": "e", "f4": "f", "f8": "d", "b1": "?"},
    **{"i1": "b", "i2": "h", "i4": "i", "i8": "q", "u1": "B", "u2": "H", "u4": "I", "u8": "Q"},
}
"""Types of numpy -> how `struct` reads them."""


class HostileError(ValueError):
    """The pickle asks for something that plain data does not need; the message names it."""


@dataclass(frozen=True, slots=True)
class Storage:
    """Where the elements of tensors lie."""

    key: str
    dtype: str
    count: int


@dataclass(frozen=True, slots=True)
class Tensor:
    """A view of a storage; offset and strides in elements."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """A name that is allowed, such as `torch._utils._rebuild_tensor_v2`."""

    name: str


@dataclass(slots=True)
class Dtype:
    """A type of numpy, whose byte order is told afterwards."""

    code: str
    order: str = "<"


def _tensor(
    storage: Storage, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *ignored: Any
) -> Tensor:
    """Return a view whose every element lies inside the storage."""
    numbers = (offset, *size, *stride)
    if not isinstance(storage, Storage) or not all(type(n) is int and n >= 0 for n in numbers):
        raise HostileError("a tensor that is not described as PyTorch does")
    if len(size) != len(stride) or len(size) > 8:
        raise HostileError("a tensor with more axes than PyTorch writes")
    last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if 0 not in size and last >= storage.count:
        raise HostileError(f"a tensor of {size} in a storage of {storage.count} elements")
    elements = 1
    for n in size:
        elements *= n
    if elements > max(storage.count, 1):
        raise HostileError(f"a tensor of {size} blown up from {storage.count} elements")
    return Tensor(storage, offset, tuple(size), tuple(stride))


def _parameter(tensor: Tensor, *ignored: Any) -> Tensor:
    if not isinstance(tensor, Tensor):
        raise HostileError("a parameter that is no tensor")
    return tensor


def _scalar(dtype: Dtype, data: bytes = b"") -> Any:
    if not isinstance(dtype, Dtype) or dtype.code not in _SCALARS:
        raise HostileError("a number of numpy that is none")
    order = ">" if dtype.order == ">" else "<"
    return struct.unpack(f"{order}{_SCALARS[dtype.code]}", data)[0]


def _encode(text: str, encoding: str) -> bytes:
    if encoding not in ("latin1", "latin-1"):
        raise HostileError(f"a text in {encoding!r}")
    return text.encode("latin-1")


def _ordered(pairs: Any = ()) -> dict[Any, Any]:
    return {checked_key(key): value for key, value in pairs}


def checked_key(key: Any) -> str | int | float | bytes | None:
    """Return the key of a dict; anything but texts and numbers is refused."""
    if isinstance(key, str | int | float | bytes | None):
        return key
    raise HostileError("a key that is neither text nor number")


def _collected(values: Any = ()) -> list[Any]:
    if not isinstance(values, list | tuple):
        raise HostileError("a set of what is no list")
    return list(values)


TORCH_TYPES = frozenset({*STORAGES.values(), "float", "double", "half", "long", "int", "contiguous_format"})
"""Types that a checkpoint may mention; they become texts."""
CALLS: dict[str, Callable[..., Any]] = {
    "collections.OrderedDict": _ordered,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_parameter": _parameter,
    "torch.nn.parameter.Parameter": _parameter,
    "torch.Size": lambda *sizes: tuple(_collected(*sizes)),
    "torch.device": lambda *names: ":".join(str(name) for name in names),
    "torch.serialization._get_layout": str,
    "numpy.dtype": lambda code, *ignored: Dtype(str(code)),
    "numpy.core.multiarray.scalar": _scalar,
    "numpy._core.multiarray.scalar": _scalar,
    "_codecs.encode": _encode,
    "__builtin__.set": _collected,
    "builtins.set": _collected,
    "__builtin__.bytes": lambda *none: b"",
}
"""Every name that may be called, and what stands in its place; none of it reaches outside its arguments."""
