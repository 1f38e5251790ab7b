"""Finds a plug-in package by path or id, and lays its models out as the engine reads them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from allward_sdk.errors import AllwardError, ManifestError
from allward_sdk.manifest import Manifest
from allward_sdk.package import extract_models, pack, read_package

SUFFIX = ".allward"


class PluginNotFoundError(AllwardError):
    """No plug-in package is where the caller looked."""


@dataclass(frozen=True, slots=True)
class PluginOnDisk:
    """A package that was read and found whole, its models laid out.

    Attributes
    ----------
    digest
        sha256 of the package file.
    models
        Folder with ``<sha256>.onnx`` of every model.
    """

    manifest: Manifest
    digest: str
    models: Path


def open_plugin(path: Path, scratch: Path) -> PluginOnDisk:
    """Read a package file, or pack a plug-in folder and read that.

    Parameters
    ----------
    scratch
        Existing folder for models and packages; the caller removes it.

    Raises
    ------
    PluginNotFoundError
        If nothing is at `path`.
    ManifestError
        If the package is not what the contract asks for.
    """
    if path.is_dir():
        package = pack(path, scratch / "packed")
    elif path.is_file():
        package = read_package(path)
    else:
        raise PluginNotFoundError(f"There is no plug-in at {path}.")
    models = scratch / "models"
    extract_models(package, models)
    return PluginOnDisk(manifest=package.manifest, digest=package.digest, models=models)


def find_plugin(name: str, *, slot: str, folders: Sequence[Path]) -> Path:
    """Return the package that `name` means: a path, or the id of a package in one of the folders.

    Parameters
    ----------
    name
        Path of a package file or plug-in folder, or a plug-in id; "" for whatever fills the slot.
    slot
        Slot that the package must fill when it is looked for by id.
    folders
        Where packages lie; of several versions the newest is taken.

    Raises
    ------
    PluginNotFoundError
        If there is none, or without a name more than one fits.
    """
    if name and Path(name).exists():
        return Path(name)
    fitting = [
        (manifest, path)
        for manifest, path in _packages(folders)
        if slot in manifest.fills and name in ("", manifest.plugin.id)
    ]
    ids = {manifest.plugin.id for manifest, _ in fitting}
    if len(ids) > 1:
        raise PluginNotFoundError(f"Several plug-ins fill {slot}: {', '.join(sorted(ids))}. Name one.")
    if not fitting:
        places = ", ".join(str(folder) for folder in folders)
        raise PluginNotFoundError(f"No plug-in {name or 'for ' + slot!r} was found in {places}.")
    return max(fitting, key=lambda found: _version(found[0]))[1]


def _packages(folders: Sequence[Path]) -> list[tuple[Manifest, Path]]:
    found = []
    for folder in folders:
        for path in sorted(folder.glob(f"*{SUFFIX}")):
            try:
                found.append((read_package(path).manifest, path))
            except ManifestError:
                continue
    return found


def _version(manifest: Manifest) -> tuple[int, int, int]:
    major, minor, patch = (int(part) for part in manifest.plugin.version.split("."))
    return major, minor, patch
