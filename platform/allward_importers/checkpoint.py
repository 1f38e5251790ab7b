"""PyTorch checkpoints as plain arrays: without PyTorch, and without running anything that they hold.

The file is read by a process of its own (`reading_process`) that has given up files, network and the starting
of programs; what it says is checked here again before it becomes arrays.
"""

import json
import mmap
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from allward_importers.refusal import RefusedError

MOST_ANSWER_BYTES = 256 << 20
TIMEOUT_S = 900
_CODE = (
    "import sys; sys.path.insert(0, sys.argv[1]); from allward_importers.reading_process import main; "
    "main(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])"
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a checkpoint holds.

    Attributes
    ----------
    value
        Dicts, lists, texts, numbers, None, and numpy arrays for tensors (bfloat16 as float32).
    confined_by
        By which means the process that read it was confined.
    """

    value: Any
    confined_by: tuple[str, ...]


def read_checkpoint(path: Path, *, keep: Sequence[str] | None = None) -> Checkpoint:
    """Read a `.pth` or `.pt` file of PyTorch 1.6 or later.

    Parameters
    ----------
    keep
        Keys of the outermost dict that are wanted; all if None.

    Raises
    ------
    RefusedError
        If it names anything but tensors and plain values, or is damaged; the place is named.
    """
    with path.open("rb") as file, _memory() as target:
        if file.read(2) != b"PK":
            raise RefusedError(
                f"{path}: no zip, as PyTorch 1.6 and later write checkpoints; save it again with torch.save."
            )
        file.seek(0)
        answer = _ask(path, file.fileno(), target, None if keep is None else list(keep))
        if "refused" in answer:
            raise RefusedError(_sentence(path, str(answer["refused"])))
        elements = _mapped(target)
        try:
            arrays = [_array(elements, one) for one in answer["tensors"]]
            return Checkpoint(_value(answer["value"], arrays), tuple(answer["confined_by"]))
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise RefusedError(f"{path}: the process that read it did not say what it found.") from error


def _sentence(path: Path, refused: str) -> str:
    if refused.startswith("`"):
        return f"{path}: this checkpoint runs code when it is read: {refused}. It is not taken over."
    if refused.startswith("its "):
        return f"{path}: this checkpoint cannot be read: {refused}."
    return f"{path}: this checkpoint holds {refused}. It is not taken over."


@contextmanager
def _memory() -> Iterator[int]:
    """Open a file that only this process and its child see."""
    if hasattr(os, "memfd_create"):
        target = os.memfd_create("checkpoint")
        try:
            yield target
        finally:
            os.close(target)
    else:
        with tempfile.TemporaryFile() as file:
            yield file.fileno()


def _ask(path: Path, source: int, target: int, keep: list[str] | None) -> dict[str, Any]:
    """Let the process read; it has no environment, no home and no other open file."""
    root = str(Path(__file__).resolve().parent.parent)
    command = [
        sys.executable,
        "-I",
        "-S",
        "-B",
        "-c",
        _CODE,
        root,
        str(source),
        str(target),
        json.dumps(keep),
    ]
    try:
        ran = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            pass_fds=(source, target),
            env={},
            cwd="/",
            start_new_session=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise RefusedError(f"{path}: reading it took longer than {TIMEOUT_S} s.") from error
    if ran.returncode != 0 or len(ran.stdout) > MOST_ANSWER_BYTES:
        last = ran.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise RefusedError(f"{path}: the process that read it ended with {ran.returncode}: {last}")
    try:
        answer: dict[str, Any] = json.loads(ran.stdout)
    except ValueError as error:
        raise RefusedError(f"{path}: the process that read it did not say what it found.") from error
    return answer


def _mapped(target: int) -> npt.NDArray[np.uint8]:
    size = os.fstat(target).st_size
    if size == 0:
        return np.zeros(0, np.uint8)
    return np.frombuffer(mmap.mmap(target, size, prot=mmap.PROT_READ), np.uint8)


def _array(elements: npt.NDArray[np.uint8], one: dict[str, Any]) -> npt.NDArray[Any]:
    """Return one tensor as an array of its own; every byte of it has to lie inside what was written."""
    half = one["dtype"] == "bfloat16"
    dtype = np.dtype(np.uint16 if half else str(one["dtype"]))
    if dtype.kind not in "fiub":
        raise ValueError(f"{dtype} is no type of a tensor")
    shape, strides = [int(n) for n in one["shape"]], [int(n) for n in one["strides"]]
    start = int(one["start"])
    last = start + sum((n - 1) * step for n, step in zip(shape, strides, strict=True)) + dtype.itemsize
    if min((start, *shape, *strides)) < 0 or (0 not in shape and last > elements.size):
        raise ValueError("a tensor outside its storage")
    if 0 in shape:
        return np.zeros(shape, dtype)
    view: npt.NDArray[Any] = np.ndarray(shape, dtype, elements.data, start, strides)
    if half:
        return (view.astype(np.uint32) << 16).view(np.float32).reshape(shape)
    return np.array(view)


def _value(said: Any, arrays: list[npt.NDArray[Any]]) -> Any:
    if not isinstance(said, dict):
        return said
    if "tensor" in said:
        return arrays[int(said["tensor"])]
    if "list" in said:
        return [_value(each, arrays) for each in said["list"]]
    return {key: _value(each, arrays) for key, each in said["dict"]}
