import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allward_sdk.cli import main
from allward_sdk.codes import has_right_check_digit, is_concept, known_meanings, means_something_else
from allward_sdk.parts import Code

REAL = ("10200004", "123037004", "49755003", "4147007", "118565006", "81827009", "138875005")


@pytest.mark.parametrize("sctid", REAL)
def test_real_concepts_have_the_right_check_digit(sctid: str) -> None:
    assert has_right_check_digit(sctid)
    assert is_concept(sctid)


@given(sctid=st.sampled_from(REAL), data=st.data())
def test_one_wrong_digit_is_always_noticed(sctid: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(sctid) - 1))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != sctid[place]]))
    assert not has_right_check_digit(sctid[:place] + other + sctid[place + 1 :])


@given(sctid=st.sampled_from(REAL), data=st.data())
def test_two_neighbours_that_changed_places_are_always_noticed(sctid: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(sctid) - 2))
    swapped = sctid[:place] + sctid[place + 1] + sctid[place] + sctid[place + 2 :]
    assert swapped == sctid or not has_right_check_digit(swapped)


@pytest.mark.parametrize("sctid", ["", "123", "abc", "0102000", "１０２００００４", "1" * 19])
def test_what_is_no_identifier_is_refused(sctid: str) -> None:
    assert not has_right_check_digit(sctid)


def test_a_description_identifier_is_no_concept() -> None:
    assert not is_concept("754786011")


def test_meanings_are_compared_without_case_and_semantic_tag() -> None:
    meanings = known_meanings()
    assert means_something_else(code("10200004", "liver"), meanings) is False
    assert means_something_else(code("10200004", "Liver structure (body structure)"), meanings) is False
    assert means_something_else(code("10200004", "Spleen"), meanings) is True
    assert means_something_else(code("138875005", "Anything"), meanings) is None


def code(value: str, meaning: str) -> Code:
    return Code(scheme="SCT", value=value, meaning=meaning)


def test_codes_are_found_by_words_of_their_meaning_as_they_stand_in_a_manifest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["plugin", "codes", "BONE"]) == 0
    found = [tomllib.loads(f"code = {line}")["code"] for line in capsys.readouterr().out.splitlines()]
    assert {"scheme": "SCT", "value": "272673000", "meaning": "Bone"} in found[:3]
    meanings = known_meanings()
    assert all(means_something_else(Code(**each), meanings) is False for each in found)
    assert main(["plugin", "codes", "bone", "xyzzy"]) == 1
    assert "no code with 'bone xyzzy'" in capsys.readouterr().err
