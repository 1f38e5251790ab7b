"""What a person reads of the guidelines is what the app reads: every rule, in both languages."""

import re

import pytest

from allward_runner.abilities import Tabled
from lung_nodule.logic.app import APP
from lung_nodule.logic.guidelines.choose import TABLES
from lung_nodule.logic.guidelines.table import load

EVERY = (*TABLES, "told_at_once")
READABLE = {table.name: table for table in APP.guideline_tables}
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def rule_of(table, rule_id):
    listed = [*table.excludes, *(rule for _, rules in table.rules for rule in rules)]
    return next(rule for rule in listed if rule.id == rule_id)


def test_the_app_shows_every_table_that_it_reads():
    assert isinstance(APP, Tabled)
    assert tuple(READABLE) == EVERY


@pytest.mark.parametrize("name", EVERY)
def test_no_rule_and_no_condition_of_a_table_is_left_out(name):
    read, shown = load(name), READABLE[name]
    assert [rule.id for rule in shown.excludes] == [rule.id for rule in read.excludes]
    assert [[rule.id for rule in rules] for _, rules in shown.rules] == [
        [rule.id for rule in rules] for rules in read.rules.values()
    ]
    for rule in [*read.excludes, *(rule for rules in read.rules.values() for rule in rules)]:
        assert len(rule_of(shown, rule.id).when) == len(rule.when)


@pytest.mark.parametrize("name", EVERY)
def test_conditions_are_said_in_both_languages_without_an_internal_name(name):
    shown = READABLE[name]
    for _, rules in shown.rules:
        for rule in rules:
            for question, answers in rule.when:
                assert question.en
                assert CHINESE.search(question.zh)
                assert answers.zh
                assert "_" not in answers.en + answers.zh


def test_a_limit_is_said_as_a_diameter_and_as_a_volume():
    rule = rule_of(READABLE["lung_rads_2022"], "LR22-4B-SOLID-NEW-OR-GROWING")
    said = [answers.en for _, answers in rule.when]
    assert said == [
        "solid / calcified / fat-containing",
        "new / growing, by more than 1.5 mm within 12 months",
        "≥ 8 mm (volume ≥ 268 mm³)",
    ]
    assert rule.category == "4B"


def test_both_limits_of_a_range_are_said_with_their_unit():
    told = READABLE["bts_2015"]
    rule = rule_of(told, "BTS15-GROWTH-MIDDLE")
    assert [answers.en for _, answers in rule.when][-1] == "> 400 days, ≤ 600 days"
    assert [answers.zh for _, answers in rule.when][-1] == "> 400 天，≤ 600 天"
