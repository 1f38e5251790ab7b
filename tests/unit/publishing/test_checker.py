"""The process that checks a package tells each rule as it goes, and is ended where it goes too far."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tests.small_package import make_package

from allward.publishing import checking_process
from allward.publishing.checker import Allowance, TooMuchError, checked_lines
from allward_sdk.check import RULES
from allward_sdk.confinement import LANDLOCK, LIMITS, NAMESPACE, SECCOMP

linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems have limits alone")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


def lines_of(path, folder, **more):
    return [line for line in checked_lines(path, folder, **more) if line is not None]


def test_every_rule_has_a_line_in_the_order_of_the_rules(folder, tmp_path):
    found = lines_of(make_package(tmp_path), folder)
    assert [line["rule"]["en"] for line in found[2:]] == [rule.name.en for rule in RULES]
    assert {line["verdict"] for line in found} <= {"done", "exempt"}


def test_a_file_that_is_no_package_has_one_line_that_says_so(folder, tmp_path):
    (tmp_path / "x.allward").write_bytes(b"no zip")
    (_, line) = lines_of(tmp_path / "x.allward", folder)
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


def tried(package, folder, code):
    """Run a line of Python under the confinement of a check; "refused" if the system forbade it."""
    program = (
        "import os, socket, sys, threading\nfrom pathlib import Path\n"
        "from allward.publishing.checking_process import confined\n"
        f"confined(Path({str(package)!r}), Path({str(folder)!r}))\n"
        f"try:\n    {code}\n    print('done')\nexcept OSError:\n    print('refused')\n"
    )
    ran = subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, text=True, cwd="/", env={}, check=False
    )
    return ran.stdout.strip() or ran.stderr


@pytest.fixture
def listening():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@linux
def test_a_check_connects_to_nothing_and_asks_no_name_server(folder, tmp_path, listening):
    package = make_package(tmp_path)
    connect = f"socket.create_connection(('127.0.0.1', {listening}), 5)"
    ask = "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'?', ('127.0.0.1', 53))"
    assert tried(package, folder, connect) == "refused"
    assert tried(package, folder, ask) == "refused"
    socket.create_connection(("127.0.0.1", listening), 5).close()  # whoever is not confined gets there


@linux
@pytest.mark.parametrize(
    "code",
    [
        "socket.socket(socket.AF_UNIX)",
        "os.fork()",
        "os.execv('/bin/true', ['true'])",
        "os.kill(os.getppid(), 0)",
    ],
)
def test_a_check_reaches_no_other_process(folder, tmp_path, code):
    assert tried(make_package(tmp_path), folder, code) == "refused"


@linux
@pytest.mark.parametrize(
    "code",
    [
        "Path('work/a').write_bytes(b'1')",
        "threading.Thread(target=print).start()",
        "Path('bright-1.0.0.allward').read_bytes()",
    ],
)
def test_a_check_does_what_it_has_to(folder, tmp_path, code):
    package = make_package(tmp_path)
    code = code.replace("'work", f"'{folder}").replace("'bright-1.0.0.allward'", repr(str(package)))
    assert tried(package, folder, code) == "done"


@linux
def test_a_check_reads_no_files_of_others_where_the_kernel_can_hinder_it(folder, tmp_path):
    package = make_package(tmp_path)
    other = tmp_path / "keys.pem"
    other.write_text("secret")
    (line, *_) = lines_of(package, folder)
    reads = [tried(package, folder, f"open({str(path)!r})") for path in (other, "/etc/passwd")]
    writes = tried(package, folder, f"open({str(package)!r}, 'ab')")
    assert {*reads, writes} == ({"refused"} if LANDLOCK in line["reason"] else {"done"})


def test_the_log_says_by_what_the_check_was_kept_from_the_network(folder, tmp_path):
    (line, *_) = lines_of(make_package(tmp_path), folder, allowance=Allowance(unconfined=True))
    assert line["rule"]["en"] == "the check could reach no network"
    means = line["reason"].split(", ")
    assert LIMITS in means
    assert line["verdict"] == ("done" if {NAMESPACE, SECCOMP} & {*means} else "exempt")


def test_without_any_means_nothing_is_read_unless_the_operator_allows_it(
    tmp_path, folder, monkeypatch, capsys
):
    monkeypatch.setattr(checking_process, "confined", lambda package, folder: (LIMITS,))
    missing = str(tmp_path / "not-there.allward")
    assert checking_process.main(missing, str(folder)) == checking_process.NOT_CONFINED
    assert capsys.readouterr().out == ""
    package = str(make_package(tmp_path))
    assert checking_process.main(package, str(folder), checking_process.ANYWAY) == 0
    assert '{"confined_by": ["limits"]}' in capsys.readouterr().out
