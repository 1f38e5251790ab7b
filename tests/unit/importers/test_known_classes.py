"""The table of structures: every code is one that PS3.16 uses, every name is there in both languages."""

import re

import pytest

from allward_importers.known_classes import known_classes, label, labels, name_of
from allward_sdk.codes import has_right_check_digit, known_meanings, means_something_else
from allward_sdk.manifest import Label
from allward_sdk.parts import Code
from allward_sdk.questions import is_question


def test_every_code_means_what_the_dictionary_says():
    meanings = known_meanings()
    for known in known_classes().values():
        for code in (known.category, *([known.code] if known.code else [])):
            assert has_right_check_digit(code[0])
            found = means_something_else(Code(scheme="SCT", value=code[0], meaning=code[1]), meanings)
            assert found is False, (known.key, code)


def test_every_structure_has_a_chinese_name_and_a_colour():
    for known in known_classes().values():
        assert re.search(r"[\u3400-\u9fff]", known.zh), known.key
        assert re.fullmatch(r"#[0-9A-F]{6}", known.colour)


def test_the_task_total_has_117_structures():
    assert sorted(known.total for known in known_classes().values() if known.total) == list(range(1, 118))


@pytest.mark.parametrize(
    "called", ["spleen", "kidney_left", "Liver Tumor", "a very-odd NAME (1)", "1st", "脾"]
)
def test_whatever_a_data_set_calls_it_a_label_keeps_the_schema(called):
    Label.model_validate(label(name_of(called), 1, called))


def test_names_that_become_equal_are_numbered():
    assert [one["name"] for one in labels(("a b", "a-b", "A_B"))] == ["a_b", "a_b_2", "a_b_3"]


def test_what_is_not_known_is_asked_for():
    asked = label("blob", 1, "blob")
    assert is_question(asked["type"]["value"])
    assert is_question(asked["title"]["zh"])
    assert label("spleen", 1, "spleen")["type"]["value"] == "78961009"
