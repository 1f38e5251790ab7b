"""The process that reads a checkpoint: file in, JSON and the bytes of tensors out, nothing else in its reach.

Standard library alone; it is started by `checkpoint` and has three open files: the checkpoint on descriptor
`source`, memory for tensors on `target`, and the answer on standard output.
"""

import codecs
import json
import os
import sys
import zipfile
from typing import Any, BinaryIO

from allward_importers import pickled
from allward_importers.confinement import confine
from allward_importers.stand_ins import HostileError, Storage, Tensor

MOST_PICKLE_BYTES = 64 << 20
MOST_VALUES = 2_000_000
"""Values of the answer, shared ones counted as often as they stand there."""
MOST_DEPTH = 64
_CHUNK_BYTES = 1 << 20
_ALIGNED = 64

_ENCODINGS = ("ascii", "cp437", "latin-1", "raw-unicode-escape", "unicode-escape", "utf-8")
"""What names in zips and texts in pickles are written in."""

_BYTES = {
    **{"float32": 4, "float64": 8, "float16": 2, "bfloat16": 2},
    **{"int64": 8, "int32": 4, "int16": 2, "int8": 1, "uint8": 1, "bool": 1},
}
"""Type -> bytes of one element."""


class Archive:
    """The zip in which PyTorch keeps a pickle and the elements of every storage."""

    def __init__(self, file: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(file)
        names = self._zip.namelist()
        if len(set(names)) < len(names):
            raise HostileError("an entry that stands there twice")
        pickles = [name for name in names if name.endswith("/data.pkl") and name.count("/") == 1]
        if len(pickles) != 1:
            raise HostileError("no single data.pkl, which PyTorch writes")
        self._top = pickles[0].removesuffix("data.pkl")
        if f"{self._top}constants.pkl" in names or any(n.startswith(f"{self._top}code/") for n in names):
            raise HostileError("the code of a TorchScript archive; save its state_dict instead")
        if f"{self._top}byteorder" in names and self._read("byteorder", 16) != b"little":
            raise HostileError("another byte order than little")

    def _read(self, name: str, most: int) -> bytes:
        entry = self._entry(name)
        if entry.file_size > most:
            raise HostileError(f"{name} of {entry.file_size} bytes")
        return self._zip.read(entry)

    def _entry(self, name: str) -> zipfile.ZipInfo:
        try:
            entry = self._zip.getinfo(self._top + name)
        except KeyError as error:
            raise HostileError(f"{name}, which is missing") from error
        if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != entry.compress_size:
            raise HostileError(f"{name} in a compressed form, which PyTorch never writes")
        return entry

    def pickle(self) -> bytes:
        """Return the bytes of the pickle."""
        return self._read("data.pkl", MOST_PICKLE_BYTES)

    def copy(self, storage: Storage, target: int) -> None:
        """Append the elements of a storage to an open file."""
        entry = self._entry(f"data/{storage.key}")
        if entry.file_size != storage.count * _BYTES[storage.dtype]:
            raise HostileError(f"a storage that claims {storage.count} elements in {entry.file_size} bytes")
        with self._zip.open(entry) as reader:
            while chunk := reader.read(_CHUNK_BYTES):
                _write_all(target, chunk)


def _write_all(target: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(target, view) :]


class Answer:
    """Turns what was read into JSON; tensors become numbers of a table, dicts lists of pairs."""

    def __init__(self) -> None:
        self.tensors: list[Tensor] = []
        self._values = 0

    def of(self, value: Any, depth: int = 0) -> Any:
        """Return a value in plain JSON.

        Raises
        ------
        HostileError
            If it is nested too deeply, or grows beyond measure because its parts are shared.
        """
        self._values += 1
        if self._values > MOST_VALUES or depth > MOST_DEPTH:
            raise HostileError("more values than any checkpoint holds")
        if isinstance(value, Tensor):
            self.tensors.append(value)
            return {"tensor": len(self.tensors) - 1}
        if isinstance(value, dict):
            pairs = [[self.of(key, depth + 1), self.of(each, depth + 1)] for key, each in value.items()]
            return {"dict": pairs}
        if isinstance(value, list | tuple):
            return {"list": [self.of(each, depth + 1) for each in value]}
        if isinstance(value, str | int | float | None):
            return value
        return None


def read(source: BinaryIO, target: int, keep: list[str] | None) -> dict[str, Any]:
    """Read a checkpoint and write the elements of its tensors.

    Parameters
    ----------
    keep
        Keys of the outermost dict that are wanted; None for all.

    Returns
    -------
    "value", the checkpoint in JSON, and "tensors", where the elements of each lie
    """
    archive, answer = Archive(source), Answer()
    value = pickled.load(archive.pickle())
    if keep is not None and isinstance(value, dict):
        value = {key: each for key, each in value.items() if key in keep}
    found = {"value": answer.of(value)}
    places: dict[str, int] = {}
    end = 0
    for tensor in answer.tensors:
        storage = tensor.storage
        if storage.key not in places:
            _write_all(target, bytes(-end % _ALIGNED))
            places[storage.key] = end + -end % _ALIGNED
            archive.copy(storage, target)
            end = places[storage.key] + storage.count * _BYTES[storage.dtype]
    return {**found, "tensors": [_described(tensor, places) for tensor in answer.tensors]}


def _described(tensor: Tensor, places: dict[str, int]) -> dict[str, Any]:
    size = _BYTES[tensor.storage.dtype]
    return {
        "dtype": tensor.storage.dtype,
        "start": places[tensor.storage.key] + tensor.offset * size,
        "shape": list(tensor.shape),
        "strides": [step * size for step in tensor.strides],
    }


def main(source: int, target: int, keep: str) -> None:
    """Confine this process, then read; the answer is one JSON object, "refused" if nothing came of it."""
    with os.fdopen(source, "rb") as file:
        for name in _ENCODINGS:
            codecs.lookup(name)  # found now, since no file can be opened later
        means = confine()
        try:
            said = {**read(file, target, json.loads(keep)), "confined_by": means}
        except HostileError as error:
            said = {"refused": str(error)}
        except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
            said = {"refused": f"its zip is damaged: {error}"}
        except MemoryError:
            said = {"refused": "more memory than a checkpoint needs"}
        sys.stdout.write(json.dumps(said, allow_nan=True))
        sys.stdout.flush()
