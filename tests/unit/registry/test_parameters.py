"""Values of parameters: which differ from the vendor's, in one form, refused with a sentence for each."""

import pytest
from tests.small_package import SmallPlugin, write_manifest

from allward.registry.parameters import (
    WrongValuesError,
    chosen_values,
    faults_of_values,
    manifest_with,
    parameters_json,
    schema_of,
    values_in_force,
    values_in_words,
)
from allward.runs.keys import job_key
from allward_sdk.manifest import parse_manifest
from allward_sdk.results import PluginUse

MANIFEST = parse_manifest(write_manifest(SmallPlugin(least=0.2), sha256="a" * 64))
STORED = MANIFEST.model_dump(mode="json")
WITHOUT = parse_manifest(write_manifest(SmallPlugin(), sha256="a" * 64))


def test_a_rules_value_goes_before_the_installations_and_the_default_stands_behind_both():
    assert chosen_values(MANIFEST) == {}
    assert chosen_values(MANIFEST, {"sure": 0.6}) == {"sure": 0.6}
    assert chosen_values(MANIFEST, {"sure": 0.6}, {"sure": 0.7}) == {"sure": 0.7}
    assert values_in_force(MANIFEST, {}) == {"sure": 0.5}


def test_a_rule_that_says_the_default_takes_back_what_the_installation_sets():
    assert chosen_values(MANIFEST, {"sure": 0.6}, {"sure": 0.5}) == {}


def test_equal_work_has_one_key_however_its_values_were_written():
    keys = {
        job_key(input_digest="i", plugin_digest="p", parameters=chosen_values(MANIFEST, values))
        for values in ({}, {"sure": 0.5})
    }
    assert keys == {job_key(input_digest="i", plugin_digest="p", parameters={})}
    other = job_key(input_digest="i", plugin_digest="p", parameters=chosen_values(MANIFEST, {"sure": 0.6}))
    assert other not in keys


@pytest.mark.parametrize("wrong", [0.1, 0.95, "0.5", True, None, [0.5], {"sure": 1}, float("nan")])
def test_a_value_that_the_plugin_does_not_take_is_refused_in_both_languages(wrong):
    with pytest.raises(WrongValuesError) as refused:
        chosen_values(MANIFEST, {"sure": wrong})
    (text,) = refused.value.faults.values()
    assert "sure" in text.en
    assert "最低概率" in text.zh


def test_every_wrong_value_is_named_and_an_unknown_name_too():
    faults = faults_of_values(MANIFEST, {"sure": 5, "nothing": 1})
    assert set(faults) == {"sure", "nothing"}
    assert "no parameter" in faults["nothing"].en


def test_the_stage_is_given_the_value_and_the_record_names_it():
    changed = manifest_with(STORED, {"sure": 0.6})
    assert changed.stages[0].output.threshold == 0.6
    (said,) = parameters_json(STORED, {"sure": 0.6})
    assert (said["value"], said["said"]["zh"], said["is_default"]) == (0.6, "0.6", False)


def test_the_trace_says_what_differs_and_nothing_else():
    words = values_in_words(MANIFEST, {"sure": 0.6})
    assert words is not None
    assert (words.en, words.zh) == ("Parameters: Least probability: 0.6.", "参数：最低概率：0.6。")
    assert values_in_words(MANIFEST, {}) is None


def test_a_plugin_without_parameters_has_no_form():
    assert schema_of(WITHOUT.model_dump(mode="json")) is None
    form = schema_of(STORED)
    assert form is not None
    assert form["properties"]["sure"]["minimum"] == 0.2


def test_a_result_names_values_only_where_a_plugin_has_parameters():
    use = PluginUse(slot="s", id="org.test.bright", version="1.0.0", digest="a" * 64)
    assert set(use.model_dump(mode="json")) == {"slot", "id", "version", "digest"}
    told = use.model_copy(update={"parameters": {"sure": 0.6}})
    assert PluginUse.model_validate(told.model_dump(mode="json")) == told
