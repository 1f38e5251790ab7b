"""Every rule as a function: it is given what is there and returns each fault with its place."""

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Literal, TypeAlias

from pydantic import BaseModel, Field, ValidationError

from allward_sdk import cases, codes, graphs, tensors
from allward_sdk.check.contents import Contents, ExemptError
from allward_sdk.dicom_places import without_dicom
from allward_sdk.errors import ManifestError
from allward_sdk.faults import faults_of
from allward_sdk.manifest import Manifest
from allward_sdk.operators import Resample
from allward_sdk.package import REQUIRED_FILES, digest_of_file
from allward_sdk.parameters import ChoiceParameter, Parameter
from allward_sdk.parts import Code, Localised
from allward_sdk.questions import is_question, questions_in_files, questions_in_texts
from allward_sdk.references import input_of
from allward_sdk.stages import SegmentationStage

if TYPE_CHECKING:
    import onnx

_SPDX_WORD = r"\(*[A-Za-z0-9][A-Za-z0-9.+-]*\)*"
_SPDX = re.compile(f"{_SPDX_WORD}( (AND|OR|WITH) {_SPDX_WORD})*")
_HAN = re.compile(r"[\u3400-\u9fff]")
_UNIT_OF_METHOD = {"volume": "mL", "largest_axial_diameter": "mm", "box_diameter": "mm"}
"""Unit of each method that has one; what a model predicts may be in any."""

_LEAST_SPACING_MM, _LARGEST_SPACING_MM = 0.1, 20.0
"""From the pixels of a detector to the coarsest grid on which a body is looked for."""

Find: TypeAlias = Callable[[Contents], list[str]]
"""Returns every fault it finds, each with its place; raises `ExemptError` where it does not apply."""


def faults_of_files(contents: Contents) -> list[str]:
    """Find files that every package has, and this one has not."""
    return [
        f"{name} is missing or empty" for name in REQUIRED_FILES if not contents.files.get(name, "").strip()
    ]


def faults_of_bill(contents: Contents) -> list[str]:
    """Find what a CycloneDX bill of materials says of another version or other models than are there."""
    try:
        bill = _Bill.model_validate_json(contents.files.get("sbom.json", ""))
    except ValidationError:
        raise ExemptError("sbom.json is no CycloneDX JSON") from None
    version = contents.manifest.plugin.version
    told = bill.metadata.component.version
    other = told not in ("", version)
    faults = [f"sbom.json: metadata.component.version is {told}, not {version}"] if other else []
    digests = {component.bom_ref: component.sha256 for component in bill.components}
    for model in contents.manifest.models.values():
        found = digests.get(model.file)
        if found is None:
            faults.append(f"sbom.json: components has no bom-ref {model.file} with its SHA-256")
        elif found != model.sha256:
            faults.append(f"sbom.json: components: {model.file}: its SHA-256 is {found}, not {model.sha256}")
    return faults


class _Hash(BaseModel):
    alg: str
    content: str


class _Component(BaseModel):
    bom_ref: str = Field(default="", alias="bom-ref")
    version: str = ""
    hashes: tuple[_Hash, ...] = ()

    @property
    def sha256(self) -> str | None:
        return next((each.content.lower() for each in self.hashes if each.alg == "SHA-256"), None)


class _Metadata(BaseModel):
    component: _Component


class _Bill(BaseModel):
    """What is read of CycloneDX 1.6."""

    bomFormat: Literal["CycloneDX"]  # noqa: N815  # the format's own word
    metadata: _Metadata
    components: tuple[_Component, ...] = ()


def faults_of_spacings(contents: Contents) -> list[str]:
    """Find spacings that no image is prepared to: written in another unit, or by mistake."""
    return [
        f"stages.{stage.name}.input.prepare.{number}.spacing_mm: {spacing:g} mm lies outside"
        f" {_LEAST_SPACING_MM:g} to {_LARGEST_SPACING_MM:g} mm"
        for stage in contents.manifest.stages
        for number, operator in enumerate(getattr(input_of(stage), "prepare", ()))
        if isinstance(operator, Resample)
        for spacing in operator.spacing_mm
        if not _LEAST_SPACING_MM <= spacing <= _LARGEST_SPACING_MM
    ]


def faults_of_questions(contents: Contents) -> list[str]:
    """Find what a new plug-in asks its maker, and nobody has answered."""
    return [*questions_in_texts(contents.manifest), *questions_in_files(contents.files)]


def faults_of_cases(contents: Contents) -> list[str]:
    """Find acceptance cases that cannot be read."""
    faults = []
    for name, text in contents.cases.items():
        try:
            cases.parse_case(text, source=name)
        except ManifestError as error:
            faults += faults_of(error)
    return faults


def faults_of_licences(contents: Contents) -> list[str]:
    """Find licences that SPDX does not know."""
    licences = contents.manifest.licences
    named = {"code": licences.code, "weights": licences.weights}
    return [
        f"licences.{key}: {value!r} is no SPDX expression"
        for key, value in named.items()
        if not _SPDX.fullmatch(value) and not is_question(value)
    ]


def faults_of_texts(contents: Contents) -> list[str]:
    """Find texts whose Chinese is none."""
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
    for parameter in manifest.parameters:
        yield from _texts_of_parameter(parameter)


def _texts_of_parameter(parameter: Parameter) -> Iterator[tuple[str, Localised]]:
    place = f"parameters.{parameter.name}"
    yield f"{place}.title", parameter.title
    if parameter.explanation is not None:
        yield f"{place}.explanation", parameter.explanation
    for choice in parameter.choices if isinstance(parameter, ChoiceParameter) else ():
        yield f"{place}.choices.{choice.name}", choice.title


def faults_of_missing_codes(contents: Contents) -> list[str]:
    """Find codes that are still asked for."""
    return [
        f"{place}: {code.meaning.lstrip(' ?？')}"
        for place, code in codes.codes_of(contents.manifest)
        if is_question(code.value)
    ]


def faults_of_check_digits(contents: Contents) -> list[str]:
    """Find SNOMED CT codes with a digit that is wrong."""
    return [
        f"{place}: {code.value} is no SNOMED CT concept"
        for place, code in _given_codes(contents.manifest)
        if code.scheme == "SCT"
        and not (codes.has_right_check_digit(code.value) and codes.is_concept(code.value))
    ]


def _given_codes(manifest: Manifest) -> Iterator[tuple[str, Code]]:
    return ((place, code) for place, code in codes.codes_of(manifest) if not is_question(code.value))


def faults_of_meanings(contents: Contents) -> list[str]:
    """Find codes whose text is that of another one, as far as PS3.16's dictionary knows them."""
    try:
        meanings = codes.known_meanings()
    except ModuleNotFoundError as error:
        raise ExemptError("pydicom, whose dictionary is used, is not installed") from error
    return [
        f"{place}: {code.value} means {sorted(meanings[code.scheme, code.value])}, not {code.meaning!r}"
        for place, code in _given_codes(contents.manifest)
        if codes.means_something_else(code, meanings)
    ]


def faults_of_units(contents: Contents) -> list[str]:
    """Find measurements in another unit than their method gives."""
    return [
        f"measurements.{m.name}.unit: {m.method} is given in "
        f"{_UNIT_OF_METHOD.get(m.method, 'a unit of UCUM')}, not {m.unit.value}"
        for m in contents.manifest.measurements
        if (m.unit.scheme, m.unit.value) != ("UCUM", _UNIT_OF_METHOD.get(m.method, m.unit.value))
    ]


def faults_of_places(contents: Contents) -> list[str]:
    """Tell which results become no DICOM object."""
    return without_dicom(contents.manifest)


def faults_of_digests(contents: Contents) -> list[str]:
    """Find models that are not there or were changed."""
    faults = []
    for name, model in contents.manifest.models.items():
        file = contents.models.get(name)
        found = None if file is None else digest_of_file(file)
        if found is None:
            faults.append(f"{model.file} is missing")
        elif found != model.sha256:
            faults.append(f"{model.file}: its sha256 is {found}, not {model.sha256}")
    return faults


def faults_of_loading(contents: Contents) -> list[str]:
    """Find files that are no ONNX models."""
    _refuse_no_model(contents)
    return [f"{contents.file_of(name)}: {fault}" for name, fault in sorted(contents.unreadable.items())]


def faults_of_validity(contents: Contents) -> list[str]:
    """Find graphs that the checker of `onnx` refuses."""
    _refuse_no_graph(contents)
    return [
        f"{contents.file_of(name)}: {fault}"
        for name in contents.graphs
        for fault in graphs.faults_of_validity(contents.models[name])
    ]


def in_every_graph(find: "Callable[[onnx.ModelProto], list[str]]") -> Find:
    """Return the rule that asks something of every graph."""

    def find_faults(contents: Contents) -> list[str]:
        _refuse_no_graph(contents)
        return [
            f"{contents.file_of(name)}: {fault}"
            for name, graph in contents.graphs.items()
            for fault in find(graph)
        ]

    return find_faults


def faults_of_tensors(contents: Contents) -> list[str]:
    """Find where graphs and stages differ in names and shapes."""
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
        raise ExemptError("no model is there")


def _refuse_no_graph(contents: Contents) -> None:
    if not contents.graphs:
        raise ExemptError("no model could be read")
