"""The tables of the guidelines are whole: each line has a source and both languages, and is read in order."""

import re
from decimal import Decimal
from typing import Any

import pytest

from lung_nodule.logic.asked import Asked
from lung_nodule.logic.guidelines.choose import TABLES
from lung_nodule.logic.guidelines.decide import (
    Fired,
    NoRule,
    WrongInputError,
    decide,
    first_that_holds,
)
from lung_nodule.logic.guidelines.table import Guideline, load

EVERY = (*TABLES, "told_at_once")
"""Guidelines, and the list of what is told beside the report."""

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def rules(guideline):
    return [*guideline.excludes, *(rule for each in guideline.rules.values() for rule in each)]


def texts(guideline):
    yield guideline.title
    yield from guideline.notes
    yield from (rule.text for rule in rules(guideline))
    yield from (advice.text for advice in guideline.advice.values())
    for wanted in guideline.inputs.values():
        yield wanted.question
        yield from wanted.words.values()


@pytest.mark.parametrize("name", EVERY)
def test_a_table_is_read_and_bears_the_name_of_its_file(name):
    assert load(name).id == name


@pytest.mark.parametrize("name", EVERY)
def test_every_text_is_there_in_chinese_and_english(name):
    for text in texts(load(name)):
        assert CHINESE.search(text.zh), text
        assert not CHINESE.search(text.en), text


@pytest.mark.parametrize("name", EVERY)
def test_every_word_of_an_input_is_told_apart(name):
    for wanted in load(name).inputs.values():
        for language in ("en", "zh"):
            said = [getattr(word, language) for word in wanted.words.values()]
            assert len(set(said)) == len(said)


def test_no_rule_of_any_table_has_the_name_of_another():
    names = [rule.id for name in EVERY for rule in rules(load(name))]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", EVERY)
def test_every_rule_says_where_it_stands_and_every_category_what_it_asks_for(name):
    guideline = load(name)
    for rule in rules(guideline):
        assert rule.source
    used = {rule.category for rule in rules(guideline) if rule.category}
    assert used == set(guideline.advice)


LARGE = {"at_least": {"mm": 6, "mm3": 113}}

SMALL: dict[str, Any] = {
    "id": "small",
    "version": "1",
    "edition": 1,
    "title": {"en": "Small", "zh": "小"},
    "source": "none",
    "measures": ["mm", "mm3"],
    "inputs": {
        "old": {"form": "yes_no", "question": {"en": "Old?", "zh": "老？"}},
        "size": {
            "form": "size",
            "step": {"mm": "0.1", "mm3": 1},
            "question": {"en": "Size?", "zh": "大小？"},
        },
        "signs": {
            "form": "words",
            "question": {"en": "Signs?", "zh": "征象？"},
            "words": {"one": {"en": "one", "zh": "一"}, "two": {"en": "two", "zh": "二"}},
        },
    },
    "rules": {
        "all": [
            {
                "id": "S-OLD",
                "category": "A",
                "when": {"old": True, "size": {"at_least": {"mm": 6, "mm3": 113}}},
            },
            {"id": "S-LARGE", "category": "B", "when": {"size": {"at_least": {"mm": 6, "mm3": 113}}}},
            {"id": "S-SMALL", "category": "C", "when": {"size": {"below": {"mm": 4, "mm3": 34}}}},
        ],
        "same": [
            {"id": "S-OLD-TOO", "category": "B", "when": {"old": True}},
            {"id": "S-ALL", "category": "B"},
        ],
        "signs": [
            {"id": "S-TWO", "category": "A", "when": {"signs": {"any_of": ["two"]}}},
            {"id": "S-ANY", "category": "B", "when": {"signs": {"any": True}}},
        ],
    },
}


@pytest.fixture
def small():
    made = {**SMALL, "rules": {}}
    for name, lines in SMALL["rules"].items():
        made["rules"][name] = [
            {**line, "text": {"en": line["id"], "zh": "规则"}, "source": "here"} for line in lines
        ]
    return Guideline.model_validate(made)


def test_the_first_rule_that_holds_says_it_with_the_inputs_that_it_used(small):
    fired = decide(small, "all", {"old": True, "size": 5.96})
    assert isinstance(fired, Fired)
    assert fired.rule.id == "S-OLD"
    assert fired.used == {"old": True, "size": Decimal("6.0")}


def test_what_is_missing_is_asked_for_and_never_taken_as_no(small):
    assert decide(small, "all", {"size": 8}) == Asked(("old",))
    assert decide(small, "all", {"old": None, "size": 8}) == Asked(("old",))
    assert decide(small, "all", {}) == Asked(("old", "size"))


def test_what_would_change_nothing_is_not_asked_for(small):
    assert decide(small, "all", {"size": 3}).rule.id == "S-SMALL"
    assert decide(small, "same", {}).rule.id == "S-ALL"


def test_a_gap_between_rules_is_told_rather_than_filled(small):
    assert isinstance(decide(small, "all", {"old": False, "size": 5}), NoRule)


def test_limits_are_those_of_the_measure(small):
    assert decide(small, "all", {"old": False, "size": 113}, measure="mm3").rule.id == "S-LARGE"
    assert isinstance(decide(small, "all", {"old": False, "size": 112.4}, measure="mm3"), NoRule)
    assert decide(small, "all", {"old": False, "size": 113}, measure="mm").rule.id == "S-LARGE"


def test_a_list_of_words_holds_one_any_or_none(small):
    assert decide(small, "signs", {"signs": frozenset({"one", "two"})}).rule.id == "S-TWO"
    assert decide(small, "signs", {"signs": frozenset({"one"})}).rule.id == "S-ANY"
    assert isinstance(decide(small, "signs", {"signs": frozenset()}), NoRule)


@pytest.mark.parametrize(
    "facts",
    [{"old": "yes"}, {"size": True}, {"size": "6"}, {"signs": frozenset({"three"})}, {"signs": "one"}],
)
def test_a_value_that_the_table_does_not_know_is_refused(small, facts):
    with pytest.raises(WrongInputError):
        decide(small, "all", facts)


def test_a_measure_without_limits_is_refused():
    with pytest.raises(WrongInputError, match="mm3"):
        decide(load("c_lung_rads_2024"), "nodule", {"kind": "solid", "size": 300}, measure="mm3")


def test_a_rule_that_looks_at_something_else_than_an_input_is_refused(small):
    broken = small.model_dump()
    broken["rules"]["all"][0]["when"] = {"young": True}
    with pytest.raises(ValueError, match="S-OLD looks at young"):
        Guideline.model_validate(broken)


def test_an_empty_list_of_rules_says_nothing(small):
    assert isinstance(first_that_holds(small, [], {}), NoRule)
