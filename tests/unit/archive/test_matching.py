"""QIDO-RS parameters."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allward.archive.matching import MOST_RESULTS, Level, read_search, tag_of, wild_card_pattern
from allward.archive.request import RefusedError


def test_attributes_are_named_by_keyword_or_tag():
    assert tag_of("PatientID") == tag_of("00100020") == "00100020"
    assert tag_of("0020000d") == "0020000D"
    assert tag_of("NoSuchThing") is None


def test_limits_fields_and_unknown_parameters_are_read():
    search = read_search(
        Level.INSTANCE,
        {
            "limit": ["999999"],
            "offset": ["3"],
            "includefield": ["00280030,SliceLocation", "all"],
            "Foo": ["x"],
        },
    )
    assert (search.limit, search.offset) == (MOST_RESULTS, 3)
    assert search.include == {"00280030", "00201041", "all"}
    assert search.ignored == ("Foo",)


def test_an_attribute_of_a_lower_level_is_not_matched():
    assert read_search(Level.STUDY, {"SOPInstanceUID": ["1.2"]}).ignored == ("SOPInstanceUID",)


@pytest.mark.parametrize(
    "query", [{"limit": ["x"]}, {"offset": ["-1"]}, {"StudyDate": ["2020"]}, {"InstanceNumber": ["1e9"]}]
)
def test_values_that_cannot_be_read_are_refused(query):
    with pytest.raises(RefusedError) as refused:
        read_search(Level.INSTANCE, query)
    assert refused.value.status == 400


@given(st.text(min_size=1, max_size=20))
def test_a_wild_card_pattern_without_wild_cards_matches_itself_alone(text):
    plain = text.replace("*", "").replace("?", "")
    pattern = wild_card_pattern(plain)
    assert re.match(pattern, plain, re.DOTALL)
    assert not re.fullmatch(pattern, plain + "x", re.DOTALL)


def test_wild_cards_stand_for_any_text_and_one_character():
    assert re.match(wild_card_pattern("A*B?"), "A.longer.B1")
    assert not re.match(wild_card_pattern("A*B?"), "AB")
