"""What was fetched from an archive starts no routine, unless a rule names it."""

from dataclasses import replace

import pytest

from allward.routing.conditions import Conditions, unmet
from allward.routing.facts import SeriesFacts
from allward.studies.received import RETRIEVED

SENT = SeriesFacts(
    modality="CT", body_part_examined="CHEST", image_type=(), slice_count=10, slice_spacing_mm=1.0,
    evaluable=True, reasons=(), calling_ae_title="CT1",
)  # fmt: skip
FETCHED = replace(SENT, calling_ae_title=RETRIEVED)


def test_a_rule_that_asks_nothing_takes_what_is_sent_and_leaves_what_was_fetched():
    assert unmet(Conditions(), SENT) is None
    said = unmet(Conditions(), FETCHED)
    assert said is not None
    assert (said.clause, said.not_evaluable) == ("retrieved", False)


@pytest.mark.parametrize("titles", [(RETRIEVED,), ("CT1", RETRIEVED.lower())])
def test_a_rule_that_names_it_takes_what_was_fetched(titles):
    assert unmet(Conditions(calling_ae_titles=titles), FETCHED) is None


def test_a_rule_for_fetched_studies_alone_leaves_what_is_sent():
    said = unmet(Conditions(calling_ae_titles=(RETRIEVED,)), SENT)
    assert said is not None
    assert said.clause == "calling_ae_title"


def test_the_word_can_be_no_ae_title():
    assert len(RETRIEVED) > 16
