"""When a shadow counts as worse, and how often it does so by chance."""

from functools import cache

import numpy as np
import pytest
from tests.unit.shadow.test_statistics import cases

from allward.shadow.comparing import LabelPair
from allward.shadow.guard import Guard, reasons_against
from allward.shadow.statistics import SHADOW, Case, statistics_of
from allward_measure.evaluation.intervals import mcnemar

GUARD = Guard(least_cases=30, least_median_dice=0.8, most_p=0.01)


def said(told, guard=GUARD):
    return [reason.code for reason in reasons_against(guard, statistics_of(told))]


def drawn(dice, count):
    pair = {"liver": LabelPair(dice, 100.0, 100.0)}
    return [Case(labels=pair, something=True, enabled_something=True) for _ in range(count)]


def test_nothing_is_said_before_the_declared_number_of_cases():
    assert said(drawn(0.2, 29)) == []
    assert said(drawn(0.2, 30)) == ["dice"]
    assert said(cases(enabled_only=29)) == []
    assert said(cases(enabled_only=30)) == ["found"]


def test_outlines_that_agree_well_enough_are_no_reason():
    assert said(drawn(0.81, 100)) == []
    assert said(drawn(0.2, 100), Guard(30, None, 0.01)) == []


def test_a_difference_that_chance_explains_is_no_reason():
    assert said(cases(both=40, enabled_only=6, shadow_only=1, neither=10)) == []
    assert said(cases(both=40, enabled_only=12, shadow_only=1)) == ["found"]
    assert said(cases(both=40, enabled_only=12, shadow_only=1), Guard(30, 0.8, None)) == []


def test_a_shadow_that_alone_ends_without_output_is_worse():
    alone = [Case(failed=frozenset({SHADOW}))] * 9
    assert said(cases(both=40) + alone) == ["failed"]


def test_a_shadow_whom_reviewers_contradict_is_worse_and_one_whom_they_confirm_is_not():
    wrong = cases(shadow_only=6, truth=False) + cases(enabled_only=6, truth=True)
    right = cases(shadow_only=6, truth=True) + cases(enabled_only=6, truth=False)
    settled = cases(both=20, truth=True)
    assert said(settled + wrong) == ["reviewers"]
    assert said(settled + right) == []


def test_every_reason_is_a_sentence_with_its_numbers_in_both_languages():
    told = (
        cases(both=30, enabled_only=20, truth=True) + drawn(0.5, 40) + [Case(failed=frozenset({SHADOW}))] * 9
    )
    reasons = {reason.code: reason.text for reason in reasons_against(GUARD, statistics_of(told))}
    assert set(reasons) == {"dice", "found", "failed", "reviewers"}
    assert reasons["dice"].en == (
        "liver: the median Dice against the enabled version is 0.500 in 40 cases, the limit is 0.8."
    )
    assert reasons["found"].en.startswith("Only the shadow finds something in 0, only the enabled version in")
    assert "9 例" in reasons["failed"].zh
    assert "20 例" in reasons["reviewers"].zh


def test_limits_survive_the_database():
    assert Guard.from_json(GUARD.to_json()) == GUARD


p_of = cache(mcnemar)


@pytest.mark.parametrize(("discordant", "most_alarms"), [(0.1, 0.06), (0.3, 0.09)])
def test_a_version_that_is_as_good_is_marked_in_few_shadows_of_five_hundred_cases(discordant, most_alarms):
    """The guard looks after each case from the thirtieth on: repeated looks, as in a hospital."""
    draw = np.random.default_rng(7)
    alarms = 0
    shadows = 400
    for _ in range(shadows):
        differs, by_shadow = draw.random(500) < discordant, draw.random(500) < 0.5
        one, other = np.cumsum(differs & by_shadow), np.cumsum(differs & ~by_shadow)
        looks = zip(one[29:], other[29:], strict=True)
        alarms += any(p_of(int(a), int(b)) < GUARD.most_p for a, b in looks)
    assert alarms / shadows <= most_alarms


def test_a_version_that_misses_half_is_marked_within_sixty_cases():
    """An injected regression: something is found in half of the cases, by the shadow in a quarter."""
    draw = np.random.default_rng(8)
    marked = 0
    for _ in range(200):
        there, missed = draw.random(60) < 0.5, draw.random(60) < 0.5
        only_enabled = np.cumsum(there & missed)
        marked += any(p_of(0, int(count)) < GUARD.most_p for count in only_enabled[29:])
    assert marked / 200 >= 0.95
