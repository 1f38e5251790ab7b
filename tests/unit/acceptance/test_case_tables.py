"""Tables of cases: what is understood, and which line is named where it is not."""

from pathlib import Path

import pytest

from allward.acceptance.case_tables import MOST_BYTES, read_table
from allward.acceptance.orders import BadCaseError, ReaderMark


def read(text: str):
    return read_table(text.encode())


def test_marks_are_gathered_by_series_and_columns_stand_in_any_order():
    orders = read(
        "diameter_mm,series_instance_uid,z_mm,y_mm,x_mm,counts\n"
        "8.5,1.2.3,-300,40,-12.5,\n"
        ",1.2.4,1,2,3,no\n"
        "4,1.2.3,-310,41,-13,yes\n"
    )
    assert [order.series_instance_uid for order in orders] == ["1.2.3", "1.2.4"]
    assert orders[0].marks == (
        ReaderMark(-12.5, 40.0, -300.0, 8.5),
        ReaderMark(-13.0, 41.0, -310.0, 4.0),
    )
    assert orders[1].marks == (ReaderMark(3.0, 2.0, 1.0, None, counts=False),)
    assert orders[0].present is None


def test_a_line_without_a_point_says_that_the_reader_found_nothing():
    (order,) = read("series_instance_uid,x_mm,y_mm,z_mm\n1.2.3,,,\n")
    assert order.marks == ()


def test_the_table_in_the_documents_is_one():
    text = (Path(__file__).parents[3] / "docs" / "acceptance.md").read_text(encoding="utf-8")
    orders = read(text.partition("```csv\n")[2].partition("```")[0])
    assert [len(order.marks) for order in orders] == [2, 0]


@pytest.mark.parametrize("word", ["yes", "TRUE", "1", "present", "有"])
def test_presence_is_said_in_several_words(word: str):
    (order,) = read(f"series_instance_uid,present\n1.2.3,{word}")
    assert (order.present, order.marks) == (True, None)


def test_a_table_of_a_spreadsheet_is_read_semicolons_mark_and_empty_lines_included():
    text = "\ufeffstudy_instance_uid;series_instance_uid;present\r\n1.9;1.2.3;无\r\n;;\r\n"
    (order,) = read(text)
    assert (order.study_instance_uid, order.series_instance_uid, order.present) == ("1.9", "1.2.3", False)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", "Line 1", "no lines"),
        ("series_instance_uid,present\n", "Line 1", "no lines"),
        ("series,present\n1.2,yes", "Line 1", "series_instance_uid is missing"),
        ("series_instance_uid,x_mm,y_mm,z_mm,colour\n1,1,1,1,red", "Line 1", "'colour' is not known"),
        ("series_instance_uid,present,present\n1,yes,no", "Line 1", "twice"),
        ("series_instance_uid,present\n1.2,yes,no", "Line 2", "3 values for 2 columns"),
        ("series_instance_uid,present\n,yes", "Line 2", "is empty"),
        ("series_instance_uid,present\n\n1.2,maybe", "Line 3", "write yes or no"),
        ("series_instance_uid,present\n1.2,yes\n1.2,no", "Line 3", "in line 2 already"),
        ("series_instance_uid,x_mm,y_mm,z_mm\n1.2,1,,1", "Line 2", "y_mm is '', not a number"),
        ("series_instance_uid,x_mm,y_mm,z_mm\n1.2,1,nan,1", "Line 2", "not a number"),
        ("series_instance_uid,x_mm,y_mm,z_mm,diameter_mm\n1.2,1,1,1,0", "Line 2", "greater than 0"),
        ("series_instance_uid,x_mm,y_mm,z_mm\n1.2,,,\n1.2,1,1,1", "Line 3", "line 2 says that nothing"),
        ('series_instance_uid,present\n"1.2,yes', "Line 2", "not a table"),
    ],
)
def test_a_fault_is_told_with_its_line_in_both_languages(text: str, line: str, said: str):
    with pytest.raises(BadCaseError) as refused:
        read(text)
    assert refused.value.code == "bad_csv"
    assert refused.value.text.en.startswith(f"{line}: ")
    assert said in refused.value.text.en
    assert refused.value.text.zh.startswith(f"第 {line.removeprefix('Line ')} 行：")


def test_bytes_that_are_no_utf_8_are_told_with_their_line():
    with pytest.raises(BadCaseError, match="Line 2: not UTF-8"):
        read_table("series_instance_uid,present\n1.2,有".encode("gb18030"))


def test_a_table_that_is_too_large_is_not_read():
    with pytest.raises(BadCaseError, match="larger than"):
        read_table(b" " * (MOST_BYTES + 1))
