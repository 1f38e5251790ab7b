"""`allward retrieve`: an archive is entered, asked and filled with orders at a terminal."""

from argparse import ArgumentParser
from uuid import uuid4

import pytest
from tests.flow.retrieval.nodes import searchable
from tests.platform_database import inside, make_hospital

from allward.config.commands.retrieve import register
from allward.retrieval.models import Retrieval, SourceArchive
from allward_sdk.errors import BadInputError, UsageError


@pytest.fixture
def run(capsys):
    """Type a command; return what it printed."""

    def run(*words: object) -> str:
        parser = ArgumentParser()
        register(parser.add_subparsers())
        arguments = parser.parse_args(["retrieve", *map(str, words)])
        assert arguments.run(arguments) == 0
        return capsys.readouterr().out

    return run


def test_an_archive_is_entered_asked_and_given_orders(run, tmp_path):
    hospital = make_hospital()
    here = ("--tenant", hospital.code)
    port = searchable().dicom_port
    run("archive", "old", "SMALLPACS", "127.0.0.1", port, "--method", "c_get", "--bits-per-s", 10_000_000,
        "--window", "22:00", "06:00", "Asia/Shanghai", "--days", "67", *here)  # fmt: skip
    with inside(hospital):
        archive = SourceArchive.objects.get()
    assert (archive.window["days"], archive.bits_per_s) == ([6, 7], 10_000_000)
    assert "answers" in run("archives", *here)
    numbers = tmp_path / "list.csv"
    numbers.write_text("accession_number\nA7\nA8\n")
    assert "4 studies wait for old" in run(
        "study", "old", "A6", "--uid", "1.2.3", "--list", numbers, "--now", *here
    )
    with inside(hospital):
        assert Retrieval.objects.filter(outside_window=True).count() == 4
    assert run("status", *here).count("waiting") == 4


def test_what_cannot_be_done_is_said(run):
    here = ("--tenant", make_hospital().code)
    with pytest.raises(UsageError, match="no archive 'nowhere'"):
        run("study", "nowhere", "A1", *here)
    with pytest.raises(UsageError, match="name studies"):
        run("study", "nowhere", *here)
    with pytest.raises(BadInputError, match="time_zone"):
        run("archive", "old", "PACS", "127.0.0.1", 104, "--window", "22:00", "06:00", "Nowhere", *here)


def test_the_operator_says_whose_a_title_is(run):
    north, south, title = make_hospital(), make_hospital(), f"T{uuid4().hex[:10]}"
    assert "alone" in run("title", title, "--tenant", north.code)
    run("archive", "old", "PACS", "10.1.2.3", 104, "--calling-ae-title", title, "--tenant", north.code)
    with pytest.raises(BadInputError, match="belongs to another hospital"):
        run("archive", "old", "PACS", "10.1.2.3", 104, "--calling-ae-title", title, "--tenant", south.code)
    with inside(south):
        assert not SourceArchive.objects.exists()
