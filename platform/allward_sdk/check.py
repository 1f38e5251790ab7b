"""The rules that `allward plugin check` prints, each with its verdict: done, failed, or exempt and why."""

import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from allward_sdk import codes, graph_limits, graphs, tensors
from allward_sdk.dicom_places import without_dicom
from allward_sdk.errors import ManifestError, UsageError
from allward_sdk.manifest import Manifest, read_manifest
from allward_sdk.package import REQUIRED_FILES, digest_of_file, extract_models, read_package
from allward_sdk.parts import Localised
from allward_sdk.stages import SegmentationStage

if TYPE_CHECKING:
    import onnx

_SPDX_WORD = r"\(*[A-Za-z0-9][A-Za-z0-9.+-]*\)*"
_SPDX = re.compile(f"{_SPDX_WORD}( (AND|OR|WITH) {_SPDX_WORD})*")
_HAN = re.compile(r"[\u3400-\u9fff]")
_UNIT_OF_METHOD = {"volume": "mL", "largest_axial_diameter": "mm", "box_diameter": "mm"}
"""Unit of each method that has one; what a model predicts may be in any."""


Level: TypeAlias = Literal["runs", "speaks DICOM", "clinical"]
"""What a rule is about: that the plug-in runs, that a PACS understands it, that people may rely on it."""


@dataclass(frozen=True)
class RuleResult:
    """One rule and what became of it."""

    rule: str
    verdict: Literal["done", "failed", "exempt"]
    detail: str = ""
    """Every fault, or the reason of an exemption."""
    level: Level = "runs"
    """What the rule is about."""


@dataclass(frozen=True)
class Contents:
    """What the rules look at, from a folder or from a package."""

    manifest: Manifest
    files: dict[str, str]
    """The text files that are there."""
    models: dict[str, Path]
    """Model name -> file, for those that are there."""
    graphs: "dict[str, onnx.ModelProto]"
    """Model name -> graph, for those that can be read."""
    unreadable: dict[str, str]
    """Model name -> why it cannot be read."""

    def file_of(self, model: str) -> str:
        """Return the file of a model as the manifest names it."""
        return self.manifest.models[model].file


Rule: TypeAlias = Callable[[Contents], list[str]]
"""Returns every fault it finds; raises `_ExemptError` where it does not apply."""


class _ExemptError(Exception):
    """The rule cannot be applied here; the message says why."""


def check(path: Path) -> tuple[RuleResult, ...]:
    """Apply every rule to a plug-in's folder or `.allward` file, in the order of `RULES`.

    A manifest or package that cannot be read fails its rule and ends the check.

    Raises
    ------
    UsageError
        If `onnx` is not installed, or nothing is at `path`.
    """
    if not path.exists():
        raise UsageError(f"{path}: nothing is there.")
    first = "plugin.toml keeps the schema" if path.is_dir() else "the package is whole"
    try:
        with _contents(path) as contents:
            return (RuleResult(first, "done"), *(_apply(rule, contents) for rule in RULES))
    except ManifestError as error:
        return (RuleResult(first, "failed", str(error)),)


@contextmanager
def _contents(path: Path) -> Iterator[Contents]:
    if path.is_dir():
        yield _contents_of_folder(path)
        return
    package = read_package(path)
    with tempfile.TemporaryDirectory() as temporary, zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name).decode("utf-8", "replace") for name in REQUIRED_FILES}
        yield _loaded(package.manifest, files, extract_models(package, Path(temporary)))


def _contents_of_folder(folder: Path) -> Contents:
    manifest = read_manifest(folder / "plugin.toml")
    files = {
        name: (folder / name).read_text(encoding="utf-8", errors="replace")
        for name in REQUIRED_FILES
        if (folder / name).is_file()
    }
    models = {name: folder / model.file for name, model in manifest.models.items()}
    return _loaded(manifest, files, {name: file for name, file in models.items() if file.is_file()})


def _loaded(manifest: Manifest, files: dict[str, str], models: dict[str, Path]) -> Contents:
    contents = Contents(manifest, files, models, graphs={}, unreadable={})
    for name, file in sorted(models.items()):
        try:
            contents.graphs[name] = graphs.load_graph(file)
        except ValueError as error:
            contents.unreadable[name] = str(error)
    return contents


def _apply(rule: tuple[Level, str, Rule], contents: Contents) -> RuleResult:
    level, name, find_faults = rule
    try:
        faults = find_faults(contents)
    except _ExemptError as reason:
        return RuleResult(name, "exempt", str(reason), level)
    return RuleResult(name, "failed" if faults else "done", "; ".join(faults), level)


def _faults_of_files(contents: Contents) -> list[str]:
    return [
        f"{name} is missing or empty" for name in REQUIRED_FILES if not contents.files.get(name, "").strip()
    ]


def _faults_of_licences(contents: Contents) -> list[str]:
    licences = contents.manifest.licences
    named = {"code": licences.code, "weights": licences.weights}
    return [
        f"licences.{key}: {value!r} is no SPDX expression"
        for key, value in named.items()
        if not _SPDX.fullmatch(value)
    ]


def _faults_of_texts(contents: Contents) -> list[str]:
    return [
        f"{place}.zh: {text.zh!r} has no Chinese character"
        for place, text in _texts(contents.manifest)
        if not _HAN.search(text.zh)
    ]


def _texts(manifest: Manifest) -> Iterator[tuple[str, Localised]]:
    yield "plugin.title", manifest.plugin.title
    yield "intended_use.statement", manifest.intended_use.statement
    for number, text in enumerate(manifest.intended_use.contraindications):
        yield f"intended_use.contraindications.{number}", text
    for label in manifest.labels:
        yield f"labels.{label.name}.title", label.title
    for measurement in manifest.measurements:
        yield f"measurements.{measurement.name}.title", measurement.title


def _faults_of_check_digits(contents: Contents) -> list[str]:
    return [
        f"{place}: {code.value} is no SNOMED CT concept"
        for place, code in codes.codes_of(contents.manifest)
        if code.scheme == "SCT"
        and not (codes.has_right_check_digit(code.value) and codes.is_concept(code.value))
    ]


def _faults_of_meanings(contents: Contents) -> list[str]:
    try:
        meanings = codes.known_meanings()
    except ModuleNotFoundError as error:
        raise _ExemptError("pydicom, whose dictionary is used, is not installed") from error
    return [
        f"{place}: {code.value} means {sorted(meanings[code.scheme, code.value])}, not {code.meaning!r}"
        for place, code in codes.codes_of(contents.manifest)
        if codes.means_something_else(code, meanings)
    ]


def _faults_of_units(contents: Contents) -> list[str]:
    return [
        f"measurements.{m.name}.unit: {m.method} is given in "
        f"{_UNIT_OF_METHOD.get(m.method, 'a unit of UCUM')}, not {m.unit.value}"
        for m in contents.manifest.measurements
        if (m.unit.scheme, m.unit.value) != ("UCUM", _UNIT_OF_METHOD.get(m.method, m.unit.value))
    ]


def _faults_of_places(contents: Contents) -> list[str]:
    if reasons := without_dicom(contents.manifest):
        raise _ExemptError("; ".join(reasons))
    return []


def _faults_of_digests(contents: Contents) -> list[str]:
    faults = []
    for name, model in contents.manifest.models.items():
        file = contents.models.get(name)
        found = None if file is None else digest_of_file(file)
        if found is None:
            faults.append(f"{model.file} is missing")
        elif found != model.sha256:
            faults.append(f"{model.file}: its sha256 is {found}, not {model.sha256}")
    return faults


def _faults_of_loading(contents: Contents) -> list[str]:
    _refuse_no_model(contents)
    return [f"{contents.file_of(name)}: {fault}" for name, fault in sorted(contents.unreadable.items())]


def _faults_of_validity(contents: Contents) -> list[str]:
    _refuse_no_graph(contents)
    return [
        f"{contents.file_of(name)}: {fault}"
        for name in contents.graphs
        for fault in graphs.faults_of_validity(contents.models[name])
    ]


def _in_every_graph(find: "Callable[[onnx.ModelProto], list[str]]") -> Rule:
    def find_faults(contents: Contents) -> list[str]:
        _refuse_no_graph(contents)
        return [
            f"{contents.file_of(name)}: {fault}"
            for name, graph in contents.graphs.items()
            for fault in find(graph)
        ]

    return find_faults


def _faults_of_tensors(contents: Contents) -> list[str]:
    _refuse_no_graph(contents)
    return [
        fault
        for stage in contents.manifest.stages
        for name in (stage.members if isinstance(stage, SegmentationStage) else (stage.model,))
        if name in contents.graphs
        for fault in (
            graphs.faults_of_tensors(stage, contents.graphs[name])
            if isinstance(stage, SegmentationStage)
            else tensors.faults_of_interface(stage, contents.graphs[name])
        )
    ]


def _refuse_no_model(contents: Contents) -> None:
    if not contents.models:
        raise _ExemptError("no model is there")


def _refuse_no_graph(contents: Contents) -> None:
    if not contents.graphs:
        raise _ExemptError("no model could be read")


RULES: tuple[tuple[Level, str, Rule], ...] = (
    ("clinical", "licence, model card and bill of materials are there", _faults_of_files),
    ("clinical", "licences are SPDX expressions", _faults_of_licences),
    ("clinical", "texts are in Chinese and English", _faults_of_texts),
    ("speaks DICOM", "SNOMED CT codes have the right check digit", _faults_of_check_digits),
    ("speaks DICOM", "codes mean what their text says", _faults_of_meanings),
    ("speaks DICOM", "measurements are in the unit of their method", _faults_of_units),
    ("speaks DICOM", "results become DICOM objects", _faults_of_places),
    ("runs", "every model is there with its digest", _faults_of_digests),
    ("runs", "models are ONNX files", _faults_of_loading),
    ("runs", "weights are inside the models", _in_every_graph(graphs.faults_of_external_data)),
    ("runs", "models use standard operators only", _in_every_graph(graphs.faults_of_operators)),
    ("runs", "models use an allowed opset", _in_every_graph(graphs.faults_of_opset)),
    ("runs", "models ask for no more than a machine has", _in_every_graph(graph_limits.faults_of_demands)),
    ("runs", "models are valid", _faults_of_validity),
    ("runs", "models take and give what the stages say", _faults_of_tensors),
)
