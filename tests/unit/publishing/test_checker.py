"""The process that checks a package tells each rule as it goes, and is ended where it goes too far."""

from pathlib import Path

import pytest
from tests.small_package import make_package

from allward.publishing.checker import Allowance, TooMuchError, checked_lines
from allward_sdk.check import RULES


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


def lines_of(path, folder, **more):
    return [line for line in checked_lines(path, folder, **more) if line is not None]


def test_every_rule_has_a_line_in_the_order_of_the_rules(folder, tmp_path):
    found = lines_of(make_package(tmp_path), folder)
    assert [line["rule"]["en"] for line in found[1:]] == [rule.name.en for rule in RULES]
    assert {line["verdict"] for line in found} <= {"done", "exempt"}


def test_a_file_that_is_no_package_has_one_line_that_says_so(folder, tmp_path):
    (tmp_path / "x.allward").write_bytes(b"no zip")
    (line,) = lines_of(tmp_path / "x.allward", folder)
    assert (line["verdict"], line["rule"]["en"]) == ("failed", "the package is whole")


def test_a_check_that_takes_too_long_is_ended_with_words_for_the_vendor(folder, tmp_path):
    with pytest.raises(TooMuchError) as refused:
        lines_of(make_package(tmp_path), folder, allowance=Allowance(seconds=0))
    assert "minutes" in refused.value.text.en
    assert "分钟" in refused.value.text.zh


def test_the_process_gets_neither_credentials_nor_addresses(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("ALLWARD_DATABASE_URL", "postgresql://secret")
    lines = checked_lines(make_package(tmp_path), folder)
    next(lines)
    (environment,) = environments_of_checks(str(folder))
    assert "secret" not in environment
    assert "ALLWARD" not in environment
    lines.close()
    assert environments_of_checks(str(folder)) == []


def environments_of_checks(folder):
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").resolve() == Path(folder).resolve():
                found.append((process / "environ").read_text())
        except OSError:
            continue
    return found
