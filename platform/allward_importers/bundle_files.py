"""A MONAI bundle's files: a folder or a zip, its configuration as data, references followed, nothing run.

MONAI's configuration may hold Python: values that begin with `$` are evaluated, and `_target_` names what is
called. Here a reference such as `@patch_size` is followed, and an expression is refused with its place.
"""

import importlib
import json
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from allward_importers.json_files import Table
from allward_importers.refusal import RefusedError

_MOST_TEXT_BYTES = 4 << 20
_MOST_MODEL_BYTES = 8 << 30
_MOST_REFERENCES = 20
_WANTED = ("configs", "models", "LICENSE")
CONFIGURATIONS = ("inference.json", "inference.yaml", "inference.yml")


@contextmanager
def opened(bundle: Path) -> Iterator[Path]:
    """Return the folder of a bundle, of a zip the parts that an import reads.

    Raises
    ------
    RefusedError
        If it is neither, or the zip holds what no bundle does.
    """
    if bundle.is_dir():
        yield bundle
        return
    with TemporaryDirectory() as temporary:
        try:
            with zipfile.ZipFile(bundle) as archive:
                _unpack(archive, Path(temporary), bundle)
        except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError) as error:
            raise RefusedError(f"{bundle}: neither a folder nor a sound zip: {error}") from error
        yield Path(temporary)


def _unpack(archive: zipfile.ZipFile, into: Path, bundle: Path) -> None:
    """Unpack configurations, models and licence under names that are made here."""
    for entry in archive.infolist():
        path = PurePosixPath(entry.filename)
        parts = [part for part in path.parts if part not in ("/", ".", "..")]
        start = next((number for number, part in enumerate(parts) if part in _WANTED), None)
        if entry.is_dir() or start is None or len(parts) - start > 2:
            continue
        most = _MOST_MODEL_BYTES if parts[start] == "models" else _MOST_TEXT_BYTES
        if entry.file_size > most:
            raise RefusedError(f"{bundle}: {entry.filename} unpacks to {entry.file_size} bytes.")
        target = into.joinpath(*parts[start:])
        target.parent.mkdir(exist_ok=True)
        with archive.open(entry) as reader, target.open("wb") as writer:
            shutil.copyfileobj(reader, writer, length=1 << 20)


class Configuration:
    """`inference.json`, read as data."""

    def __init__(self, data: Any, place: str) -> None:
        self._table = Table(data, place)

    @property
    def keys(self) -> tuple[str, ...]:
        """What it defines."""
        return tuple(self._table.data)

    def table(self, *names: str) -> Table:
        """Return the first of several definitions that is there, all references in it followed.

        Raises
        ------
        RefusedError
            If none is there, or one holds an expression.
        """
        for name in names:
            if name in self._table.data:
                place = f"{self._table.place}: {name}"
                return Table(self._resolved(self._table.data[name], place, 0), place)
        raise RefusedError(f"{self._table.place}: {' or '.join(names)} is missing.")

    def _resolved(self, value: Any, place: str, depth: int) -> Any:
        if depth > _MOST_REFERENCES:
            raise RefusedError(f"{place}: references lead in a circle.")
        if isinstance(value, dict):
            return {key: self._resolved(each, f"{place}.{key}", depth) for key, each in value.items()}
        if isinstance(value, list):
            return [self._resolved(each, f"{place}.{n}", depth) for n, each in enumerate(value)]
        if isinstance(value, str) and value[:1] in ("$", "%"):
            return Expression(value)
        if isinstance(value, str) and value[:1] == "@":
            return self._resolved(self._followed(value, place), place, depth + 1)
        return value

    def _followed(self, reference: str, place: str) -> Any:
        value: Any = self._table.data
        for part in reference[1:].replace("::", "#").split("#"):
            try:
                value = value[int(part)] if isinstance(value, list) else value[part]
            except (KeyError, IndexError, ValueError, TypeError) as error:
                raise RefusedError(f"{place}: {reference} leads nowhere.") from error
        return value


class Expression(str):
    """Python in a configuration, which is not run; whoever needs its value refuses it."""

    __slots__ = ()


def refuse_expressions(value: Any, place: str) -> None:
    """Refuse a value that holds an expression anywhere; raises RefusedError with the place and the text."""
    if isinstance(value, Expression):
        raise RefusedError(
            f"{place} is {str(value)!r}: Python that the bundle wants to run. Write the value itself there."
        )
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        refuse_expressions(each, f"{place}.{key}")


def read_configuration(folder: Path) -> Configuration:
    """Read a bundle's inference configuration; raises RefusedError if there is none that can be read."""
    for name in CONFIGURATIONS:
        path = folder / "configs" / name
        if path.is_file():
            return Configuration(_read(path), name)
    raise RefusedError(f"{folder}: no configs/inference.json is there.")


def read_metadata(folder: Path) -> Table:
    """Read `configs/metadata.json`; raises RefusedError if it cannot be read."""
    return Table(_read(folder / "configs" / "metadata.json"), "metadata.json")


def _read(path: Path) -> Any:
    try:
        if path.stat().st_size > _MOST_TEXT_BYTES:
            raise RefusedError(f"{path.name}: larger than {_MOST_TEXT_BYTES >> 20} MiB.")
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".json":
            return json.loads(text)
        yaml = importlib.import_module("yaml")
    except OSError as error:
        raise RefusedError(f"configs/{path.name}: cannot be read: {error.strerror}.") from error
    except ModuleNotFoundError as error:
        raise RefusedError(f"{path.name}: to read YAML, PyYAML is needed: pip install pyyaml.") from error
    except (ValueError, RecursionError) as error:
        raise RefusedError(f"{path.name}: not valid JSON: {error}") from error
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise RefusedError(f"{path.name}: not valid YAML: {error}") from error
