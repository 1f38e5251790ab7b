"""What keeps Allward from starting is told in one sentence that says what to do."""

import json
import os
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.flow.services.running import Up

Make = Callable[..., Up]

AS_ROOT = os.geteuid() == 0


def only_sentence(said: str) -> str:
    """Return what was said, which must be one line that ends like a sentence."""
    assert said.count("\n") == 1, said
    assert said.endswith(".\n"), said
    return said


def test_a_second_start_on_the_same_state_folder_is_refused(up: Make) -> None:
    up().start()
    assert "already runs in the state folder" in only_sentence(up().refusal())


@pytest.mark.parametrize("kind", ["HTTP", "DIMSE"])
def test_a_taken_port_is_named_with_its_variable(up: Make, kind: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = only_sentence(up(variables={f"ALLWARD_{kind}_PORT": str(port)}).refusal())
    assert f"Port {port} is taken" in said
    assert f"ALLWARD_{kind}_PORT" in said


def test_an_address_of_another_machine_is_refused(up: Make) -> None:
    said = only_sentence(up(variables={"ALLWARD_HTTP_HOST": "192.0.2.1"}).refusal())
    assert '"192.0.2.1" is not an address of this machine' in said


def test_a_state_folder_from_a_newer_version_is_left_alone(up: Make, home: Path) -> None:
    (home / "version.json").write_text(json.dumps({"schema": 999}))
    assert "newer Allward" in only_sentence(up().refusal())
    assert json.loads((home / "version.json").read_text()) == {"schema": 999}


def test_a_damaged_version_file_is_not_guessed_at(up: Make, home: Path) -> None:
    (home / "version.json").write_text("{}")
    assert "is damaged" in only_sentence(up().refusal())


def test_a_wrong_setting_is_named(up: Make) -> None:
    said = only_sentence(up(variables={"ALLWARD_HTTP_PORT": "eighty"}).refusal())
    assert said.startswith('ALLWARD_HTTP_PORT is "eighty"')


@pytest.mark.skipif(not AS_ROOT, reason="only root may mount the tiny disk that this test fills")
@pytest.mark.parametrize(("size", "said"), [("64m", "is full"), ("4k", "cannot be written")])
def test_a_full_disk_is_told(up: Make, home: Path, size: str, said: str) -> None:
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(home)], check=False)
    if mounted.returncode != 0:
        pytest.skip("this machine does not let root mount a disk")
    try:
        (home / "filler").write_bytes(b"\0" * 4096)
        assert said in only_sentence(up().refusal())
    finally:
        subprocess.run(["umount", str(home)], check=True)


def test_a_folder_that_may_not_be_written_is_told(up: Make, home: Path) -> None:
    locked = home / "locked"
    locked.mkdir(mode=0o555)
    home.chmod(0o755)
    said = only_sentence(up(as_nobody=AS_ROOT, home=locked / "state").refusal())
    assert "cannot be written (Permission denied)" in said
