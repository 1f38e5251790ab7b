"""What the rules look at: manifest, text files, models and acceptance cases of a folder or of a package."""

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from allward_sdk import graphs
from allward_sdk.manifest import Manifest, read_manifest
from allward_sdk.package import CASE_FILE, REQUIRED_FILES, extract_models, is_case, read_package

if TYPE_CHECKING:
    import onnx


class ExemptError(Exception):
    """The rule cannot be applied here; the message says why."""


@dataclass(frozen=True)
class Contents:
    """What the rules look at, from a folder or from a package."""

    manifest: Manifest
    files: dict[str, str]
    """The text files that are there."""
    models: dict[str, Path]
    """Model name -> file, for those that are there."""
    cases: dict[str, str] = field(default_factory=dict)
    """Path in the package -> text, of the files that describe acceptance cases."""
    graphs: "dict[str, onnx.ModelProto]" = field(default_factory=dict)
    """Model name -> graph, for those that can be read."""
    unreadable: dict[str, str] = field(default_factory=dict)
    """Model name -> why it cannot be read."""

    def file_of(self, model: str) -> str:
        """Return the file of a model as the manifest names it."""
        return self.manifest.models[model].file


@contextmanager
def opened(path: Path) -> Iterator[Contents]:
    """Read a plug-in's folder or `.allward` file.

    Raises
    ------
    ManifestError
        If its manifest, or the package around it, cannot be read.
    UsageError
        If `onnx` is not installed.
    """
    if path.is_dir():
        yield _contents_of_folder(path)
        return
    package = read_package(path)
    with tempfile.TemporaryDirectory() as temporary, zipfile.ZipFile(path) as archive:
        cases = [name for name in package.names if is_case(name)]
        texts = {name: archive.read(name).decode("utf-8", "replace") for name in (*REQUIRED_FILES, *cases)}
        yield _loaded(
            Contents(
                manifest=package.manifest,
                files={name: texts[name] for name in REQUIRED_FILES},
                models=extract_models(package, Path(temporary)),
                cases={name: texts[name] for name in cases},
            )
        )


def _contents_of_folder(folder: Path) -> Contents:
    manifest = read_manifest(folder / "plugin.toml")
    models = {name: folder / model.file for name, model in manifest.models.items()}
    files = [folder / name for name in REQUIRED_FILES]
    cases = sorted((folder / "acceptance").glob(f"*/{CASE_FILE}"))
    return _loaded(
        Contents(
            manifest=manifest,
            files={path.name: _text(path) for path in files if path.is_file()},
            models={name: file for name, file in models.items() if file.is_file()},
            cases={path.relative_to(folder).as_posix(): _text(path) for path in cases},
        )
    )


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _loaded(contents: Contents) -> Contents:
    for name, file in sorted(contents.models.items()):
        try:
            contents.graphs[name] = graphs.load_graph(file)
        except ValueError as error:
            contents.unreadable[name] = str(error)
    return contents
