"""Values of a version's parameters: an installation's, a rule's over them, and what a run is given. Pure.

The SDK says what may be set (`allward_sdk.settings`). Kept with a run are only the values that differ from
the vendor's defaults, in one form, so that equal work has equal keys.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

from allward.kernel.texts import Text
from allward_sdk.errors import AllwardError, UsageError
from allward_sdk.manifest import Manifest
from allward_sdk.parameters import BooleanParameter, ChoiceParameter, Parameter
from allward_sdk.settings import Value, form_schema, is_whole, with_values

Values: TypeAlias = Mapping[str, Value]
"""Name of a parameter -> value."""


class WrongValuesError(AllwardError):
    """Values that a plug-in does not take. Told to the administrator who sets them.

    Attributes
    ----------
    faults
        Name of the parameter -> what is wrong with its value.
    """

    def __init__(self, faults: Mapping[str, Text]) -> None:
        self.faults = dict(faults)
        first = next(iter(self.faults.values()))
        self.text = first
        super().__init__(first.en)


def faults_of_values(manifest: Manifest, values: Values) -> dict[str, Text]:
    """Return what is wrong with values, by the name of the parameter; empty if nothing is."""
    faults = {}
    for name, value in values.items():
        try:
            _refuse_wrong_kind(name, value)
            with_values(manifest, {name: value})
        except UsageError as error:
            faults[name] = Text(str(error), _wanted_in_chinese(manifest, name))
    return faults


def _refuse_wrong_kind(name: str, value: object) -> None:
    """Refuse what the wire may bring and no parameter takes: a list, an object, nothing at all."""
    if not isinstance(value, bool | int | float | str):
        raise UsageError(f"Parameter {name!r} is a number, a word, true or false, not {value!r}.")


def refuse_wrong_values(manifest: Manifest, values: Values) -> None:
    """Refuse values that a plug-in does not take.

    Raises
    ------
    WrongValuesError
        With each of them.
    """
    faults = faults_of_values(manifest, values)
    if faults:
        raise WrongValuesError(faults)


def chosen_values(manifest: Manifest, *levels: Values) -> dict[str, Value]:
    """Return what differs from the vendor's defaults when a later level goes before an earlier one.

    Parameters
    ----------
    levels
        Values of the installation first, those of the rule after them.

    Raises
    ------
    WrongValuesError
        If the plug-in does not take one of them.
    """
    merged: dict[str, Value] = {}
    for level in levels:
        merged |= level
    refuse_wrong_values(manifest, merged)
    defaults = {parameter.name: parameter.default for parameter in manifest.parameters}
    return {name: value for name, value in sorted(in_one_form(merged).items()) if value != defaults[name]}


def in_one_form(values: Values) -> dict[str, Value]:
    """Return values in the one form in which they are kept: 1 and 1.0 are the same number."""
    return {name: value if isinstance(value, bool | str) else float(value) for name, value in values.items()}


def values_in_force(manifest: Manifest, chosen: Values) -> dict[str, Value]:
    """Return the value of every parameter of a plug-in; those that nobody chose are its defaults."""
    return {
        parameter.name: chosen.get(parameter.name, parameter.default) for parameter in manifest.parameters
    }


def manifest_with(manifest: Mapping[str, Any], chosen: Values) -> Manifest:
    """Return a stored manifest with values in its stages."""
    read = Manifest.model_validate(manifest)
    return with_values(read, chosen) if chosen else read


def schema_of(manifest: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the JSON Schema of what may be set in a version; None if nothing may."""
    return form_schema(Manifest.model_validate(manifest)) if manifest.get("parameters") else None


def parameters_json(manifest: Mapping[str, Any], chosen: Values) -> list[dict[str, Any]]:
    """Return every parameter of a plug-in with the value in force, as a result and the screen name it."""
    read = Manifest.model_validate(manifest)
    in_force = values_in_force(read, chosen)
    return [
        {
            "name": each.name,
            "title": each.title.model_dump(),
            "value": in_force[each.name],
            "said": _said_alone(each, in_force[each.name]).to_json(),
            "is_default": each.name not in chosen,
        }
        for each in read.parameters
    ]


def values_in_words(manifest: Manifest, chosen: Values) -> Text | None:
    """Return which values are not the vendor's, with their units; None if all are."""
    named = [parameter for parameter in manifest.parameters if parameter.name in chosen]
    if not named:
        return None
    said = [_said(parameter, chosen[parameter.name]) for parameter in named]
    en, zh = "; ".join(each.en for each in said), "；".join(each.zh for each in said)
    return Text(f"Parameters: {en}.", f"参数：{zh}。")


def _said(parameter: Parameter, value: Value) -> Text:
    title, said = parameter.title, _said_alone(parameter, value)
    en, zh = f"{title.en}: {said.en}", f"{title.zh}：{said.zh}"
    return Text(en, zh)


def _said_alone(parameter: Parameter, value: Value) -> Text:
    """Return a value as a person reads it, with its unit."""
    if isinstance(parameter, BooleanParameter):
        return Text("on", "开") if value else Text("off", "关")
    if isinstance(parameter, ChoiceParameter):
        choice = next(each for each in parameter.choices if each.name == value)
        return Text(choice.title.en, choice.title.zh)
    number = f"{float(value):g}" + ("" if parameter.unit == "1" else f" {parameter.unit}")
    return Text(number, number)


def _wanted_in_chinese(manifest: Manifest, name: str) -> str:
    parameter = next((each for each in manifest.parameters if each.name == name), None)
    if parameter is None:
        return f"该插件没有参数“{name}”。"
    title = parameter.title.zh
    if isinstance(parameter, BooleanParameter):
        return f"“{title}”只能为开或关。"
    if isinstance(parameter, ChoiceParameter):
        return f"“{title}”只能为：{'、'.join(choice.title.zh for choice in parameter.choices)}。"
    unit = "" if parameter.unit == "1" else f" {parameter.unit}"
    whole = "整数，且" if is_whole(parameter) else ""
    return f"“{title}”须为{whole}介于 {parameter.least:g} 与 {parameter.largest:g}{unit} 之间的数。"
