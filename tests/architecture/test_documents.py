"""The documents cannot lag behind the code."""

import re

import pytest

from allward.config.variables import VARIABLES
from tests.architecture import documents
from tests.architecture.house_rules import variables_in
from tests.architecture.tree import ROOT, python_files, rooms, tracked

EXISTING = frozenset(tracked())
DOCUMENTS = sorted(name for name in EXISTING if name.endswith(".md") and not name.startswith("docs/adr/"))
DECISIONS = sorted(name for name in EXISTING if re.fullmatch(r"docs/adr/\d{4}-.+\.md", name))


def text_of(name: str) -> str:
    return (ROOT / name).read_text()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_a_document_names_exists(document: str) -> None:
    assert documents.missing_paths(document, text_of(document), existing=EXISTING) == []
    assert documents.broken_links(document, text_of(document), existing=EXISTING) == []


def test_architecture_names_every_event_and_every_step() -> None:
    table = documents.steps_in_table(text_of("ARCHITECTURE.md"))
    code = documents.steps_in_code(text_of("platform/allward/pipeline.py"))
    assert {(event, step) for event, step in table if step} == code
    assert {event for event, _ in table} == documents.events_in_code()


def test_architecture_names_every_room() -> None:
    text = text_of("ARCHITECTURE.md")
    assert [room for room in rooms() if f"`{room}`" not in text] == []


def test_every_variable_is_explained_and_every_explained_one_is_read() -> None:
    read = {variable.name for variable in VARIABLES}
    assert variables_in(text_of("docs/configuration.md")) == read


def test_every_variable_stands_in_the_section_that_its_errors_name() -> None:
    sections = dict(re.findall(r"^## (.+?)$(.*?)(?=^## |\Z)", text_of("docs/configuration.md"), re.M | re.S))
    for variable in VARIABLES:
        assert f"`{variable.name}`" in sections[variable.section], variable.name


def test_no_code_mentions_a_variable_that_nobody_reads() -> None:
    read = {variable.name for variable in VARIABLES}
    mentioned = {path: variables_in(text) - read for path, text in python_files("platform", "apps")}
    assert {path: names for path, names in mentioned.items() if names} == {}


@pytest.mark.parametrize("decision", DECISIONS)
def test_a_decision_has_its_four_parts_on_one_page(decision: str) -> None:
    text = text_of(decision)
    number = decision.split("/")[-1][:4]
    assert text.startswith(f"# {number}. ")
    assert documents.headings(text) == documents.ADR_HEADINGS
    assert len(text.splitlines()) <= 70


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(name.split("/")[-1][:4]) for name in DECISIONS]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 12


def test_the_change_log_speaks_to_its_three_readers() -> None:
    text = text_of("CHANGELOG.md")
    assert re.findall(r"^### (.+)$", text.split("\n## ")[1], re.MULTILINE) == [
        "For hospitals",
        "For plug-in authors",
        "For developers",
    ]


def test_a_document_that_names_a_file_that_is_gone_is_found() -> None:
    text = "See `runs/actions.py` and `platform/allward/runs/gone.py` and [this](docs/gone.md)."
    existing = frozenset({"platform/allward/runs/actions.py"})
    assert len(documents.missing_paths("A.md", text, existing=existing)) == 1
    assert len(documents.broken_links("A.md", text, existing=existing)) == 1


def test_a_step_that_is_missing_in_the_table_is_found() -> None:
    table = "## Events and steps\n\n| event | steps |\n| --- | --- |\n| `StudyCompleted` | `route_study` |\n"
    code = "PIPELINE = (Step(on=StudyCompleted, do=route_study), Step(on=JobFailed, do=fail_runs))"
    assert documents.steps_in_table(table) == {("StudyCompleted", "route_study")}
    assert documents.steps_in_code(code) - documents.steps_in_table(table) == {("JobFailed", "fail_runs")}


def test_a_variable_in_a_text_is_found() -> None:
    assert variables_in("set `ALLWARD_HOME`, not ALLWARD_HOEM.") == {"ALLWARD_HOME", "ALLWARD_HOEM"}
