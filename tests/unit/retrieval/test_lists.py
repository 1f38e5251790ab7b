"""Lists of studies as people bring them."""

import pytest

from allward.retrieval.actions import Wanted
from allward.retrieval.lists import MOST_LINES, read_list
from allward_sdk.errors import BadInputError

A1, A2 = Wanted(accession_number="A1"), Wanted(accession_number="A2")


@pytest.mark.parametrize(
    "text",
    [
        "A1\nA2\n",
        "A1\r\n\r\n  A2  ",
        "\ufeffAccession Number\nA1\nA2",
        "name,accession_number\nx,A1\ny,A2",
        "name;accession_number;z\nx;A1;\ny;A2;",
        'accession_number\tn\n"A1"\t1\nA2\t2',
    ],
)
def test_a_column_of_accession_numbers_is_read_in_every_usual_form(text):
    assert read_list(text) == [A1, A2]


def test_a_table_may_name_studies_by_uid():
    assert read_list("study_instance_uid,x\n1.2.3,4") == [Wanted(study_instance_uid="1.2.3")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no study"),
        ("accession_number\n", "no study"),
        ("A1\nA*\n", "line 2"),
        ("n,accession_number\n1,A1\n2\n", "line 3"),
        ("study_instance_uid\n1.2\nabc", "line 3"),
        ("A\n" * (MOST_LINES + 1), str(MOST_LINES)),
    ],
)
def test_a_line_that_names_no_study_is_told_by_its_number(text, words):
    with pytest.raises(BadInputError, match=words):
        read_list(text)
