"""A pickle as data: its opcodes are read one by one, and nothing is ever imported or called.

Python's own unpickler runs what a pickle names. This one knows lists, numbers, texts and the few names with
which PyTorch writes tensors, each of which becomes a record; every other name ends the reading. It needs the
standard library alone, since it runs in a process that may open no file.
"""

import pickletools
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from allward_importers.stand_ins import (
    CALLS,
    STORAGES,
    TORCH_TYPES,
    Dtype,
    HostileError,
    Named,
    Storage,
    Tensor,
    checked_key,
)

MOST_STEPS = 5_000_000
"""Opcodes of one pickle; the largest checkpoints that are known have some ten thousand."""


@dataclass(slots=True)
class _Mark:
    """Where the arguments of a later opcode begin."""


def load(data: bytes) -> Any:
    """Read a pickle of protocol 2 to 5.

    Returns
    -------
    dicts, lists, tuples, texts, bytes, numbers, None, and `Tensor`s; what is shared stays shared

    Raises
    ------
    HostileError
        If it names what no tensor needs, or is no sound pickle.
    """
    machine = _Machine()
    try:
        for steps, (opcode, argument, _) in enumerate(pickletools.genops(BytesIO(data))):
            if steps > MOST_STEPS:
                raise HostileError(f"more than {MOST_STEPS} steps")
            machine.step(opcode.name, argument)
        return machine.result()
    except (
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        AttributeError,
        struct.error,
        OverflowError,
    ) as error:
        if isinstance(error, HostileError):
            raise
        raise HostileError(f"its pickle is damaged: {error}") from error


@dataclass(slots=True)
class _Machine:
    stack: list[Any] = field(default_factory=list)
    memo: dict[int, Any] = field(default_factory=dict)

    def step(self, name: str, argument: Any) -> None:
        if name in _VALUES:
            self.stack.append(_VALUES[name](argument))
        elif name in _STEPS:
            _STEPS[name](self, argument)
        else:
            raise HostileError(f"the opcode {name}, which no checkpoint needs")

    def result(self) -> Any:
        if len(self.stack) != 1:
            raise HostileError("its pickle is damaged: it ends too early")
        return self.stack[0]

    def pop(self, *kinds: type) -> Any:
        value = self.stack.pop()
        if isinstance(value, _Mark) or (kinds and not isinstance(value, kinds)):
            raise HostileError("its pickle is damaged: a value is not of the kind that its place needs")
        return value

    def since_mark(self) -> list[Any]:
        last = max(number for number, value in enumerate(self.stack) if isinstance(value, _Mark))
        values = self.stack[last + 1 :]
        del self.stack[last:]
        return values

    def top(self, kind: type) -> Any:
        if not isinstance(self.stack[-1], kind):
            raise HostileError("its pickle is damaged: a value is not of the kind that its place needs")
        return self.stack[-1]


def _drop(machine: _Machine, argument: Any) -> None:
    """Begin, end and frames change nothing."""


def _tuple(machine: _Machine, count: int) -> None:
    values = [machine.pop() for _ in range(count)]
    machine.stack.append(tuple(reversed(values)))


def _put(machine: _Machine, argument: Any) -> None:
    machine.memo[int(argument)] = machine.stack[-1]


def _memoize(machine: _Machine, argument: Any) -> None:
    machine.memo[len(machine.memo)] = machine.stack[-1]


def _set_items(machine: _Machine, values: list[Any]) -> None:
    target = machine.top(dict)
    for key, value in zip(values[::2], values[1::2], strict=True):
        target[checked_key(key)] = value


def _append(machine: _Machine, argument: Any) -> None:
    value = machine.pop()
    machine.top(list).append(value)


def _extend(machine: _Machine, argument: Any) -> None:
    values = machine.since_mark()
    machine.top(list).extend(values)


def _set_item(machine: _Machine, argument: Any) -> None:
    value, key = machine.pop(), machine.pop()
    _set_items(machine, [key, value])


def _global(machine: _Machine, argument: Any) -> None:
    module, _, name = str(argument).partition(" ")
    machine.stack.append(_named(module, name))


def _stack_global(machine: _Machine, argument: Any) -> None:
    name, module = machine.pop(str), machine.pop(str)
    machine.stack.append(_named(module, name))


def _named(module: str, name: str) -> Any:
    whole = f"{module}.{name}"
    if module == "torch" and name in STORAGES:
        return Named(whole)
    if module == "torch" and name in TORCH_TYPES:
        return whole
    if whole not in CALLS:
        raise HostileError(f"`{whole}`")
    return Named(whole)


def _reduce(machine: _Machine, argument: Any) -> None:
    arguments, called = machine.pop(tuple), machine.pop(Named)
    if called.name not in CALLS:
        raise HostileError(f"a call of `{called.name}`")
    machine.stack.append(CALLS[called.name](*arguments))


def _build(machine: _Machine, argument: Any) -> None:
    """Tell an object its state: the byte order of a type; that of all else, notes of a state_dict, goes."""
    state, target = machine.pop(), machine.stack[-1]
    if isinstance(target, Dtype):
        target.order = str(state[1])
    elif not (isinstance(target, dict | Tensor) and isinstance(state, dict)):
        raise HostileError("an object that is given a state")


def _persistent(machine: _Machine, argument: Any) -> None:
    kind, storage, key, _, count = machine.pop(tuple)
    if kind != "storage" or not isinstance(storage, Named):
        raise HostileError("a reference to something that is no storage")
    dtype = STORAGES.get(storage.name.removeprefix("torch."))
    if dtype is None or not isinstance(key, str) or not isinstance(count, int) or count < 0:
        raise HostileError("a storage that is not described as PyTorch does")
    machine.stack.append(Storage(key, dtype, count))


_SAME = ("BININT", "BININT1", "BININT2", "LONG1", "LONG4", "INT", "LONG", "BINFLOAT", "FLOAT")
_TEXTS = (
    "BINUNICODE",
    "SHORT_BINUNICODE",
    "BINUNICODE8",
    "UNICODE",
    "BINSTRING",
    "SHORT_BINSTRING",
    "STRING",
)
_BYTES = ("BINBYTES", "SHORT_BINBYTES", "BINBYTES8")
_VALUES: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys((*_SAME, *_TEXTS, *_BYTES), lambda argument: argument),
    "NONE": lambda _: None,
    "NEWTRUE": lambda _: True,
    "NEWFALSE": lambda _: False,
    "EMPTY_DICT": lambda _: {},
    "EMPTY_LIST": lambda _: [],
    "EMPTY_SET": lambda _: [],
    "EMPTY_TUPLE": lambda _: (),
    "MARK": lambda _: _Mark(),
}
_STEPS: dict[str, Callable[[_Machine, Any], None]] = {
    **dict.fromkeys(("PROTO", "FRAME", "STOP"), _drop),
    **dict.fromkeys(("BINPUT", "LONG_BINPUT", "PUT"), _put),
    **dict.fromkeys(("BINGET", "LONG_BINGET", "GET"), lambda m, n: m.stack.append(m.memo[int(n)])),
    "MEMOIZE": _memoize,
    "TUPLE": lambda m, _: m.stack.append(tuple(m.since_mark())),
    "TUPLE1": lambda m, _: _tuple(m, 1),
    "TUPLE2": lambda m, _: _tuple(m, 2),
    "TUPLE3": lambda m, _: _tuple(m, 3),
    "LIST": lambda m, _: m.stack.append(m.since_mark()),
    "APPEND": _append,
    "APPENDS": _extend,
    "ADDITEMS": _extend,
    "SETITEM": _set_item,
    "SETITEMS": lambda m, _: _set_items(m, m.since_mark()),
    "GLOBAL": _global,
    "STACK_GLOBAL": _stack_global,
    "REDUCE": _reduce,
    "BUILD": _build,
    "BINPERSID": _persistent,
}
