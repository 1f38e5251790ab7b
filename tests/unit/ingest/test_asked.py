"""Whose an image is that comes by a C-MOVE: the order that it names says it."""

from dataclasses import replace
from uuid import UUID

import pytest

from allward.ingest.asked import AskedFor, contradicts, was_asked_by, who_asked
from allward.ingest.senders import Rule
from allward.ingest.spool import Origin

NORTH, SOUTH = UUID(int=1), UUID(int=2)
OF_NORTH = AskedFor(NORTH, "PACS", "ALLWARD", 7)
OF_SOUTH = AskedFor(SOUTH, "PACS", "ALLWARD", 8)
MOVED = Origin(
    called_ae_title="ALLWARD", calling_ae_title="PACS", move_originator_ae_title="ALLWARD",
    move_originator_message_id="7",
)  # fmt: skip


def test_the_message_tells_two_hospitals_apart_that_ask_under_one_title():
    assert who_asked([OF_NORTH, OF_SOUTH], MOVED) == NORTH
    assert who_asked([OF_NORTH, OF_SOUTH], replace(MOVED, move_originator_message_id="8")) == SOUTH


def test_without_a_message_the_title_decides_if_it_can():
    silent = replace(MOVED, move_originator_message_id="")
    assert who_asked([OF_NORTH], silent) == NORTH
    assert who_asked([OF_NORTH, OF_SOUTH], silent) is None


@pytest.mark.parametrize(
    "origin",
    [
        replace(MOVED, move_originator_ae_title=""),
        replace(MOVED, move_originator_ae_title="OTHER"),
        replace(MOVED, calling_ae_title="CT1"),
        replace(MOVED, move_originator_message_id="9"),
    ],
)
def test_what_names_no_order_of_ours_is_nobodys(origin):
    assert who_asked([OF_NORTH, OF_SOUTH], origin) is None


def test_an_answer_that_does_not_name_its_order_is_still_known_as_fetched():
    plain = replace(MOVED, move_originator_ae_title="", move_originator_message_id="")
    assert was_asked_by([OF_NORTH], plain, NORTH)
    assert not was_asked_by([OF_NORTH], plain, SOUTH)
    assert not was_asked_by([OF_NORTH], replace(plain, calling_ae_title="CT1"), NORTH)


@pytest.mark.parametrize(
    ("rule", "against"),
    [
        (None, False),
        (Rule(NORTH, calling_ae_title="PACS"), False),
        (Rule(SOUTH, called_ae_title="ALLWARD"), False),
        (Rule(SOUTH, calling_ae_title="PACS"), True),
        (Rule(SOUTH, institution_name="South"), True),
        (Rule(SOUTH, certificate_sha256="aa"), True),
    ],
)
def test_a_rule_that_says_who_sends_stands_against_an_order_of_another_hospital(rule, against):
    assert contradicts(rule, NORTH) is against
