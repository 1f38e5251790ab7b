"""Gathers what a plug-in is tried on: the cases of its package or of a folder, and the built-in phantoms."""

import zipfile
from collections.abc import Sequence
from pathlib import Path

from allward_runner.accept.phantoms import contents_of, phantoms_for, title_of, write_phantom
from allward_runner.accept.trying import Trial
from allward_runner.plugins import PluginOnDisk
from allward_sdk.cases import AcceptanceCase, parse_case
from allward_sdk.errors import BadInputError, ManifestError

CASES = "acceptance"
"""Folder of a plug-in that holds its cases."""
CASE_FILE = "case.toml"


def case_folder(plugin: Path, scratch: Path) -> Path:
    """Return the folder with the cases of a plug-in's folder or package, unpacked below `scratch`."""
    if plugin.is_dir():
        return plugin / CASES
    with zipfile.ZipFile(plugin) as archive:
        # `open_plugin` has read the package: no name in it leads out of the folder.
        archive.extractall(scratch, [name for name in archive.namelist() if name.startswith(f"{CASES}/")])
    return scratch / CASES


def trials_of_cases(plugin: PluginOnDisk, cases: Path, scratch: Path) -> list[Trial]:
    """Return a trial for each case below a folder, by name; phantoms are written below `scratch`.

    Raises
    ------
    ManifestError
        If a case cannot be read.
    BadInputError
        If its images are not there.
    """
    return [
        _trial(
            path.parent, parse_case(_text(path), source=f"{path.parent.name}/{CASE_FILE}"), plugin, scratch
        )
        for path in sorted(cases.glob(f"*/{CASE_FILE}"))
    ]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ManifestError(f"{path}: is not UTF-8") from error


def _trial(folder: Path, case: AcceptanceCase, plugin: PluginOnDisk, scratch: Path) -> Trial:
    if case.input.files is not None:
        images = folder / case.input.files
        if not images.exists():
            raise BadInputError(f"{folder.name}/{CASE_FILE}: input.files: there is no {case.input.files}.")
    else:
        assert case.input.phantom is not None  # the case has refused to be without both
        images = scratch / "phantoms" / case.input.phantom
        if not images.exists():
            write_phantom(case.input.phantom, plugin.manifest, images)
    return Trial(folder.name, "case", case.title, images, folder, case.expect, case.input.mpp)


def trials_of_phantoms(
    plugin: PluginOnDisk, scratch: Path, names: Sequence[str] | None = None
) -> list[Trial]:
    """Return a trial for each built-in phantom that the plug-in can read, written below `scratch`.

    Parameters
    ----------
    names
        Which ones; None for all.
    """
    trials = []
    for name in phantoms_for(plugin.manifest):
        if names is not None and name not in names:
            continue
        images = scratch / "phantoms" / name
        if not images.exists():
            write_phantom(name, plugin.manifest, images)
        holds = contents_of(name, plugin.manifest)
        trials.append(Trial(name, "phantom", title_of(name), images, images, holds=holds))
    return trials
