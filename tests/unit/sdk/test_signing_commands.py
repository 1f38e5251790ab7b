import getpass
import hashlib
import json
import stat
from pathlib import Path

import pytest
from tests.small_package import make_package

from allward_sdk.cli import main
from allward_sdk.trust.keys import is_under_passphrase, read_publishers

NEW = ["plugin", "key", "new", "key.pem", "--publisher", "Test 医疗", "--prefix", "org.test."]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ALLWARD_KEY_PASSPHRASE", raising=False)


@pytest.fixture
def package(tmp_path: Path) -> str:
    return make_package(tmp_path).name


def run(*words: str, code: int = 0) -> None:
    assert main(words) == code


def test_a_vendor_makes_a_key_signs_and_a_hospital_verifies(
    package: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run(*NEW)
    assert stat.S_IMODE(Path("key.pem").stat().st_mode) == 0o600
    capsys.readouterr()
    run("plugin", "key", "show", "key.pem")
    line = capsys.readouterr().out
    assert line.count("\n") == 1
    Path("publishers.json").write_text(f"[{line}]")
    run("plugin", "sign", package, "--key", "key.pem", "--output", "signed")
    capsys.readouterr()
    run("plugin", "verify", f"signed/{package}", "--publishers", "publishers.json")
    told = capsys.readouterr().out
    assert told.startswith("org.test.bright 1.0.0\nsha256 ")
    assert f"signed by Test 医疗\nkeyid {json.loads(line)['keyid']}\n" in told


def test_without_a_folder_the_package_itself_is_signed(
    package: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run(*NEW)
    run("plugin", "verify", package, "--publishers", "key.pem.json", code=1)
    assert capsys.readouterr().err == f"{package}: signature.json: missing: the package is not signed\n"
    run("plugin", "sign", package, "--key", "key.pem")
    run("plugin", "verify", package, "--publishers", "key.pem.json")


def test_what_still_asks_its_maker_is_not_signed(capsys: pytest.CaptureFixture[str]) -> None:
    run("plugin", "new", "org.test.begun", "--operation", "embedding")
    pretend = Path("begun/plugin.toml")
    Path("begun/models/model.onnx").write_bytes(b"")
    pretend.write_text(pretend.read_text().replace("0" * 64, hashlib.sha256(b"").hexdigest()))
    run("plugin", "pack", "begun")
    run(*NEW)
    capsys.readouterr()
    run("plugin", "sign", "begun-0.1.0.allward", "--key", "key.pem", code=1)
    said = capsys.readouterr().err
    assert (
        "questions are open, the first: plugin.vendor: Who answers for it. Answer them in the folder" in said
    )
    run("plugin", "verify", "begun-0.1.0.allward", "--publishers", "key.pem.json", code=1)


def test_a_key_is_made_once(capsys: pytest.CaptureFixture[str]) -> None:
    run(*NEW)
    made = Path("key.pem").read_bytes()
    run(*NEW, code=1)
    assert "key.pem.json: is there already; a key is never overwritten." in capsys.readouterr().err
    Path("key.pem.json").unlink()
    run(*NEW, code=1)
    assert "key.pem: File exists." in capsys.readouterr().err
    assert Path("key.pem").read_bytes() == made


@pytest.mark.parametrize(
    ("prefix", "words"),
    [("org.test", "must end with a full stop"), ("Org.", "prefixes.0"), (".", "prefixes.0")],
)
def test_a_prefix_that_is_none_leaves_no_key(
    prefix: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run(*NEW[:-1], prefix, code=1)
    assert words in capsys.readouterr().err
    assert list(Path().iterdir()) == []


def test_a_passphrase_comes_from_the_variable(
    package: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ALLWARD_KEY_PASSPHRASE", "open sesame")
    run(*NEW)
    assert is_under_passphrase(Path("key.pem"))
    run("plugin", "sign", package, "--key", "key.pem")
    monkeypatch.setenv("ALLWARD_KEY_PASSPHRASE", "open barley")
    run("plugin", "sign", package, "--key", "key.pem", code=1)
    assert "the passphrase is wrong" in capsys.readouterr().err
    monkeypatch.delenv("ALLWARD_KEY_PASSPHRASE")
    run("plugin", "sign", package, "--key", "key.pem", code=1)
    assert "set ALLWARD_KEY_PASSPHRASE or type it" in capsys.readouterr().err


def test_a_passphrase_is_typed_twice_at_a_terminal(
    package: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = ["one", "another", "", "one", "one", "one"]
    monkeypatch.setattr(getpass, "getpass", lambda prompt: typed.pop(0))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    run(*NEW, "--passphrase", code=1)
    assert "two different passphrases" in capsys.readouterr().err
    run(*NEW, "--passphrase", code=1)
    assert "is empty" in capsys.readouterr().err
    run(*NEW, "--passphrase")
    run("plugin", "sign", package, "--key", "key.pem")
    assert typed == []


def test_no_command_takes_a_passphrase_among_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([*NEW, "--passphrase", "secret"])
    assert "unrecognized arguments: secret" in capsys.readouterr().err


def test_a_key_signs_only_what_it_may(package: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(*NEW[:-1], "org.other.")
    before = Path(package).read_bytes()
    run("plugin", "sign", package, "--key", "key.pem", code=1)
    assert capsys.readouterr().err == "key.pem: may sign org.other. but not org.test.bright.\n"
    assert Path(package).read_bytes() == before


def test_the_public_half_of_another_key_is_noticed(package: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(*NEW)
    first = Path("key.pem.json").read_text()
    Path("key.pem").unlink()
    Path("key.pem.json").unlink()
    run(*NEW)
    Path("key.pem.json").write_text(first)
    run("plugin", "sign", package, "--key", "key.pem", code=1)
    assert "key.pem.json: the public half of another key." in capsys.readouterr().err


def test_a_key_from_elsewhere_signs_without_its_public_half(package: str) -> None:
    run(*NEW)
    Path("key.pem.json").rename("publishers.json")
    run("plugin", "sign", package, "--key", "key.pem")
    run("plugin", "verify", package, "--publishers", "publishers.json")
    assert len(read_publishers(Path("publishers.json").read_bytes())) == 1


def test_files_that_are_not_there_are_named(package: str, capsys: pytest.CaptureFixture[str]) -> None:
    run("plugin", "key", "show", "absent.pem", code=1)
    run("plugin", "sign", package, "--key", "absent.pem", code=1)
    run("plugin", "verify", package, "--publishers", "absent.json", code=1)
    said = capsys.readouterr().err.splitlines()
    assert said == [
        "absent.pem.json: No such file or directory.",
        "absent.pem: No such file or directory.",
        "absent.json: No such file or directory.",
    ]
