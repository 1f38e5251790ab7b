"""A plug-in as one file, `name-1.2.0.allward`: a zip whose bytes follow from its content alone.

Entries are stored uncompressed (weights hardly shrink, and compressors differ in their bytes), sorted
by name, with one fixed time and mode. The sha256 of the file is therefore the package's identity.
Whatever is read may come from anybody: a package is either exactly what the contract expects, or
refused with the place of the fault.
"""

import hashlib
import os
import re
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from allward_sdk.errors import ManifestError
from allward_sdk.manifest import Manifest, read_manifest
from allward_sdk.manifest_text import read_manifest_text

REQUIRED_FILES = ("plugin.toml", "MODEL_CARD.md", "LICENSE", "sbom.json")
OPTIONAL_FILES = ("NOTICE",)
SIGNATURE_FILE = "signature.json"
"""The envelope of a signed package, see `allward_sdk.trust`; a folder has none."""

MAX_PACKAGE_BYTES = 8 << 30
"""Unpacked size of a whole package; the largest published segmentation ensembles are about 1 GiB."""
MAX_TEXT_BYTES = 4 << 20
"""Size of any entry that is neither a model nor below `acceptance/`."""
CASE_FILE = "case.toml"
"""Name of the file that describes an acceptance case."""
MAX_CASE_BYTES = 64 << 10
"""Size of a `case.toml`; the longest of the reference apps has 2 KiB."""
MAX_ENTRIES = 4096
MAX_RATIO = 50
"""Unpacked to packed size of one entry; float weights reach 1.1, prose about 4."""

_FIXED_TIME = (1980, 1, 1, 0, 0, 0)
FIXED_MODE = stat.S_IFREG | 0o644
_CHUNK_BYTES = 1 << 20
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, UnicodeDecodeError, NotImplementedError)
"""What zipfile raises on bytes that are no sound zip; NotImplementedError: a method it does not know."""
_ENCRYPTED = 0x01 | 0x20 | 0x40
"""Bits of a zip entry: encrypted, patch data, strong encryption (APPNOTE 4.4.4)."""
_ACCEPTANCE = re.compile(r"acceptance(/[A-Za-z0-9_][A-Za-z0-9_.-]*)+")


@dataclass(frozen=True)
class Package:
    """A package file that was read and found whole."""

    path: Path
    manifest: Manifest
    digest: str
    """sha256 of the file, in hexadecimal: the package's identity."""
    names: tuple[str, ...]
    """Its entries, sorted."""


def package_name(manifest: Manifest) -> str:
    """Return the file name of a package: last part of the id, version, `.allward`."""
    return f"{manifest.plugin.id.rpartition('.')[2]}-{manifest.plugin.version}.allward"


def pack(folder: Path, output: Path) -> Package:
    """Write the package of a plug-in folder into the folder `output`, in one step, and read it back.

    The same content gives the same bytes on every machine. Files that are not part of a package (a
    recipe, notes) stay out of it.

    Raises
    ------
    ManifestError
        If a file is missing, is a link, differs from its digest, or a model is not named in the manifest.
    """
    manifest = read_manifest(folder / "plugin.toml")
    names = _names_in_folder(folder, manifest)
    for model in manifest.models.values():
        _refuse_wrong_digest(digest_of_file(folder / model.file), model.sha256, f"{folder}: {model.file}")
    output.mkdir(parents=True, exist_ok=True)
    target = output / package_name(manifest)
    with replacing(target) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name in names:
            _store(archive, folder / name, name)
    return read_package(target)


def _store(archive: zipfile.ZipFile, source: Path, name: str) -> None:
    entry = zipfile.ZipInfo(name, _FIXED_TIME)
    entry.create_system = 3
    entry.external_attr = FIXED_MODE << 16
    entry.file_size = source.stat().st_size
    with source.open("rb") as reader, archive.open(entry, "w") as writer:
        while chunk := reader.read(_CHUNK_BYTES):
            writer.write(chunk)


def _names_in_folder(folder: Path, manifest: Manifest) -> list[str]:
    candidates = [*REQUIRED_FILES, *(name for name in OPTIONAL_FILES if (folder / name).exists())]
    for part in ("models", "acceptance"):
        candidates += [
            path.relative_to(folder).as_posix()
            for path in sorted((folder / part).rglob("*"))
            if path.is_symlink() or not path.is_dir()
        ]
    for name in candidates:
        if (folder / name).is_symlink():
            raise ManifestError(f"{folder}: {name}: a link, not a file")
    candidates = [name for name in candidates if (folder / name).is_file()]
    refuse_wrong_names(candidates, manifest, place=str(folder))
    return sorted(candidates)


def read_package(path: Path) -> Package:
    """Read a package and check all of it: names, sizes, manifest, and the digest of every model.

    Raises
    ------
    ManifestError
        If anything is not as the contract asks, with the entry concerned.
    """
    with opened(path) as archive:
        entries = archive.infolist()
        refuse_dangerous(entries, path)
        manifest = read_manifest_text(
            _read_small(archive, "plugin.toml", path), source=f"{path.name}: plugin.toml"
        )
        names = sorted(entry.filename for entry in entries)
        refuse_wrong_names(names, manifest, place=path.name)
        for model in manifest.models.values():
            _refuse_wrong_digest(
                _digest_of_entry(archive, model.file), model.sha256, f"{path.name}: {model.file}"
            )
    return Package(path=path, manifest=manifest, digest=digest_of_file(path), names=tuple(names))


def extract_models(package: Package, into: Path) -> dict[str, Path]:
    """Write every model as `<sha256>.onnx` into the folder `into`; model name -> file.

    A file appears only when it is whole and its digest is right; one that is there already is
    checked again, and replaced if it was changed.

    Raises
    ------
    ManifestError
        If a model's bytes differ from the digest in the manifest.
    """
    into.mkdir(parents=True, exist_ok=True)
    paths: dict[str, Path] = {}
    with opened(package.path) as archive:
        for name, model in package.manifest.models.items():
            target = into / f"{model.sha256}.onnx"
            if not target.is_file() or digest_of_file(target) != model.sha256:
                with replacing(target) as writer:
                    found = _digest_of_entry(archive, model.file, copy_to=writer)
                    _refuse_wrong_digest(found, model.sha256, f"{package.path.name}: {model.file}")
            paths[name] = target
    return paths


def digest_of_file(path: Path) -> str:
    """Return the sha256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def replacing(target: Path) -> Iterator[IO[bytes]]:
    """Open a temporary file that takes the name `target` if all goes well, and vanishes if not."""
    descriptor, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fchmod(descriptor, 0o644)
            os.fsync(descriptor)
        os.replace(name, target)
    finally:
        Path(name).unlink(missing_ok=True)


@contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a package; what zipfile raises at its damage, then or later, becomes a `ManifestError`."""
    try:
        archive = zipfile.ZipFile(path)
    except OSError as error:
        raise ManifestError(f"{path}: cannot be read: {error.strerror or error}") from error
    except _DAMAGE as error:
        raise ManifestError(f"{path.name}: not a package: {error}") from error
    with archive:
        try:
            yield archive
        except _DAMAGE as error:
            raise ManifestError(f"{path.name}: damaged: {error}") from error


def refuse_dangerous(entries: Sequence[zipfile.ZipInfo], path: Path) -> None:
    """Raise `ManifestError` if the zip's own directory shows an entry that no package has.

    What models are called is told by the manifest, which is not read here.
    """
    if len(entries) > MAX_ENTRIES:
        raise ManifestError(f"{path.name}: {len(entries)} entries; at most {MAX_ENTRIES} are allowed")
    if sum(entry.file_size for entry in entries) > MAX_PACKAGE_BYTES:
        raise ManifestError(f"{path.name}: larger than {MAX_PACKAGE_BYTES >> 30} GiB when unpacked")
    if sum(entry.compress_size for entry in entries) > path.stat().st_size:
        raise ManifestError(f"{path.name}: entries overlap")
    for entry in entries:
        fault = _danger_of(entry)
        if fault is not None:
            raise ManifestError(f"{path.name}: {entry.filename!r}: {fault}")


def _danger_of(entry: zipfile.ZipInfo) -> str | None:
    mode = entry.external_attr >> 16
    is_text = not entry.filename.startswith(("models/", "acceptance/"))
    faults = {
        "nothing of this name belongs into a package": not _may_be_called(entry.filename),
        "a link or special file": bool(stat.S_IFMT(mode)) and not stat.S_ISREG(mode),
        "encrypted": bool(entry.flag_bits & _ENCRYPTED),
        "packed by an unknown method": entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED),
        "unpacks to far more than its size": entry.file_size > MAX_RATIO * max(entry.compress_size, 1),
        f"larger than {MAX_TEXT_BYTES >> 20} MiB": is_text and entry.file_size > MAX_TEXT_BYTES,
        f"larger than {MAX_CASE_BYTES >> 10} KiB": is_case(entry.filename)
        and entry.file_size > MAX_CASE_BYTES,
    }
    return next((fault for fault, present in faults.items() if present), None)


def is_case(name: str) -> bool:
    """Tell whether an entry is the text that describes an acceptance case."""
    return name.startswith("acceptance/") and name.endswith(f"/{CASE_FILE}")


def _may_be_called(name: str) -> bool:
    known = name in (*REQUIRED_FILES, *OPTIONAL_FILES, SIGNATURE_FILE)
    return known or name.startswith("models/") or _ACCEPTANCE.fullmatch(name) is not None


def refuse_wrong_names(names: Sequence[str], manifest: Manifest, *, place: str) -> None:
    """Raise `ManifestError` if an entry is missing, stands there twice, or does not belong there."""
    models = {model.file for model in manifest.models.values()}
    expected = {*REQUIRED_FILES, *OPTIONAL_FILES, SIGNATURE_FILE, *models}
    for name in names:
        if name.startswith("models/") and name not in models:
            raise ManifestError(f"{place}: {name!r}: no model in plugin.toml has this file")
        if name not in expected and not _ACCEPTANCE.fullmatch(name):
            raise ManifestError(f"{place}: {name!r}: nothing of this name belongs into a package")
    if len(set(names)) < len(names):
        raise ManifestError(f"{place}: an entry stands there twice")
    for name in sorted({*REQUIRED_FILES, *models} - set(names)):
        raise ManifestError(f"{place}: {name}: missing")


def _refuse_wrong_digest(found: str, expected: str, place: str) -> None:
    if found != expected:
        raise ManifestError(f"{place}: its sha256 is {found}, but plugin.toml says {expected}")


def _read_small(archive: zipfile.ZipFile, name: str, path: Path) -> bytes:
    try:
        return archive.read(name)
    except KeyError as error:
        raise ManifestError(f"{path.name}: {name}: missing") from error


def _digest_of_entry(archive: zipfile.ZipFile, name: str, *, copy_to: IO[bytes] | None = None) -> str:
    digest = hashlib.sha256()
    with archive.open(name) as reader:
        while chunk := reader.read(_CHUNK_BYTES):
            digest.update(chunk)
            if copy_to is not None:
                copy_to.write(chunk)
    return digest.hexdigest()
