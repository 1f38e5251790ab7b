"""Values of a plug-in's parameters: checked against their limits, put into the stages, shown as a form."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from allward_sdk.classes import ClassificationStage
from allward_sdk.detection import DetectionStage
from allward_sdk.errors import UsageError
from allward_sdk.operators import RemoveSmall
from allward_sdk.parameters import BooleanParameter, ChoiceParameter, NumberParameter, Parameter
from allward_sdk.stages import SegmentationStage, Stage

if TYPE_CHECKING:
    from allward_sdk.manifest import Manifest

Value: TypeAlias = float | str | bool
"""Of a number, the name of a choice, of a boolean."""


def declared_number(stage: Stage, key: str) -> float | None:
    """Return what a stage says at a place that a parameter may set; None if it says nothing there."""
    if key == "threshold" and isinstance(stage, SegmentationStage | DetectionStage):
        return stage.output.threshold
    if key == "most" and isinstance(stage, DetectionStage):
        return float(stage.output.most)
    if key == "keep_above" and isinstance(stage, ClassificationStage) and stage.rescore is not None:
        return stage.rescore.keep_above
    if key == "below_ml" and isinstance(stage, SegmentationStage):
        return next((each.below_ml for each in stage.output.clean if isinstance(each, RemoveSmall)), None)
    return None


def faults_of_parameters(manifest: "Manifest") -> Iterator[str]:
    """Yield every parameter that sets what its stage has not, or whose default is not what the stage says."""
    stages = {stage.name: stage for stage in manifest.stages}
    names = [parameter.name for parameter in manifest.parameters]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"parameters: two parameters are named {name!r}"
    for parameter in manifest.parameters:
        for place in parameter.sets:
            where = f"parameters.{parameter.name}.sets"
            if place.stage not in stages:
                yield f"{where}: no stage is named {place.stage!r}"
            else:
                yield from _faults_of_place(where, parameter, stages[place.stage], place.key)


def _faults_of_place(where: str, parameter: Parameter, stage: Stage, key: str) -> Iterator[str]:
    if isinstance(parameter, BooleanParameter):
        if not isinstance(stage, SegmentationStage) or not stage.input.mirror:
            yield f"{where}: stage {stage.name!r} mirrors nothing that could be switched off"
        return
    said = declared_number(stage, key)
    if said is None:
        yield f"{where}: stage {stage.name!r} ({stage.operation}) has no {key} that could be set"
        return
    default = _number(parameter, parameter.default)
    if default != said:
        yield f"parameters.{parameter.name}.default: is {default:g}, but stage {stage.name!r} says {said:g}"
    if key == "most" and any(number % 1 for number in _limits(parameter)):
        yield f"parameters.{parameter.name}: {key} is a whole number"


def _limits(parameter: NumberParameter | ChoiceParameter) -> tuple[float, ...]:
    if isinstance(parameter, ChoiceParameter):
        return tuple(choice.value for choice in parameter.choices)
    return parameter.least, parameter.largest


def _number(parameter: NumberParameter | ChoiceParameter, value: Value) -> float:
    return parameter.value_of(str(value)) if isinstance(parameter, ChoiceParameter) else float(value)


def with_values(manifest: "Manifest", values: Mapping[str, Value]) -> "Manifest":
    """Return the manifest with values in its stages; a parameter's new default is its value.

    Raises
    ------
    UsageError
        If there is no such parameter, or a value lies outside its limits.
    """
    parameters = {parameter.name: parameter for parameter in manifest.parameters}
    tables = manifest.model_dump(mode="json")
    stages = {stage["name"]: stage for stage in tables["stages"]}
    for name, value in values.items():
        if name not in parameters:
            known = ", ".join(parameters) or "none"
            raise UsageError(f"{manifest.plugin.id} has no parameter {name!r}; it has: {known}.")
        _refuse_outside(parameters[name], value)
        for place in parameters[name].sets:
            _put(stages[place.stage], place.key, parameters[name], value)
        if not isinstance(parameters[name], BooleanParameter):
            next(table for table in tables["parameters"] if table["name"] == name)["default"] = value
        elif not value:
            tables["parameters"] = [table for table in tables["parameters"] if table["name"] != name]
    return type(manifest).model_validate(tables)


def _refuse_outside(parameter: Parameter, value: Value) -> None:
    place = f"Parameter {parameter.name!r}"
    if isinstance(parameter, BooleanParameter):
        if not isinstance(value, bool):
            raise UsageError(f"{place} is true or false, not {value!r}.")
    elif isinstance(parameter, ChoiceParameter):
        names = [choice.name for choice in parameter.choices]
        if value not in names:
            raise UsageError(f"{place} is one of {', '.join(names)}, not {value!r}.")
    elif isinstance(value, bool | str) or not parameter.least <= value <= parameter.largest:
        raise UsageError(
            f"{place} lies between {parameter.least:g} and {parameter.largest:g}, not {value!r}."
        )
    elif value % 1 and is_whole(parameter):
        raise UsageError(f"{place} is a whole number, not {value!r}.")


def is_whole(parameter: NumberParameter) -> bool:
    """Tell whether a parameter counts something, so that only whole numbers fit."""
    return any(place.key == "most" for place in parameter.sets)


def _put(stage: dict[str, Any], key: str, parameter: Parameter, value: Value) -> None:
    if isinstance(parameter, BooleanParameter):
        if not value:
            stage["input"]["mirror"] = []
        return
    number = _number(parameter, value)
    if key == "below_ml":
        next(each for each in stage["output"]["clean"] if each["do"] == "remove_small")[key] = number
    elif key == "keep_above":
        stage["rescore"][key] = number
    else:
        stage["output"][key] = int(number) if key == "most" else number


def read_values(manifest: "Manifest", words: Sequence[str]) -> dict[str, Value]:
    """Read values as they are typed, ``name=value`` each.

    Raises
    ------
    UsageError
        If a word is not of this form. Limits are looked at by `with_values`.
    """
    kinds = {parameter.name: parameter.kind for parameter in manifest.parameters}
    values: dict[str, Value] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals:
            raise UsageError(f"--set wants NAME=VALUE, not {word!r}.")
        kind = kinds.get(name)
        if kind == "number":
            try:
                values[name] = float(text)
            except ValueError as error:
                raise UsageError(f"Parameter {name!r} is a number, not {text!r}.") from error
        else:
            values[name] = {"true": True, "false": False}.get(text, text) if kind == "boolean" else text
    return values


def form_schema(manifest: "Manifest") -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of the values of a plug-in's parameters.

    What a form needs beside it stands at `x-title`, `x-explanation`, `x-unit` and `x-choices`, texts in both
    languages.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:allward:parameters:{manifest.plugin.id}:{manifest.plugin.version}",
        "type": "object",
        "additionalProperties": False,
        "properties": {parameter.name: _field(parameter) for parameter in manifest.parameters},
    }


def _field(parameter: Parameter) -> dict[str, Any]:
    field: dict[str, Any] = {"title": parameter.title.en, "x-title": parameter.title.model_dump()}
    if parameter.explanation is not None:
        field["description"] = parameter.explanation.en
        field["x-explanation"] = parameter.explanation.model_dump()
    field["default"] = parameter.default
    if isinstance(parameter, BooleanParameter):
        return {"type": "boolean", **field}
    if isinstance(parameter, ChoiceParameter):
        names = [choice.name for choice in parameter.choices]
        titles = {choice.name: choice.title.model_dump() for choice in parameter.choices}
        return {"type": "string", "enum": names, "x-choices": titles, **field}
    whole = is_whole(parameter)
    field |= {"minimum": parameter.least, "maximum": parameter.largest, "x-unit": parameter.unit}
    if parameter.step is not None:
        field["x-step"] = parameter.step
    return {"type": "integer" if whole else "number", **field}
