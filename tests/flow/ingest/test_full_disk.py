"""A full disk: status A700, nothing half stored, and the next object is taken once there is room."""

import subprocess
from pathlib import Path

import httpx
import pytest
from tests.flow.ingest.nodes import dicomweb, running_node, storescu
from tests.platform_database import make_hospital
from tests.small_study import write_small_study

from allward.ingest.spool import Spool
from allward.tenancy.scope import Scope


@pytest.fixture
def small_disk(tmp_path):
    """A file system of half a megabyte; skipped where this user may not mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", folder], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("mounting a small file system needs root")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_disk_that_fills_up_within_an_object_answers_a700(small_disk, tmp_path):
    paths = write_small_study(tmp_path / "study")
    filler = small_disk / "filler"
    filler.write_bytes(bytes(500 * 1024))
    with running_node(Spool(small_disk / "spool", reserve_bytes=0)) as node:
        _, printed = storescu(node.port, paths[0])
        assert "Out of Resources" in printed or "OutOfResources" in printed, printed
        filler.unlink()
        code, printed = storescu(node.port, paths[1])
        assert code == 0, printed
    assert not [path for path in small_disk.rglob("*") if path.is_file()]


def test_room_is_left_for_the_database(tmp_path):
    paths = write_small_study(tmp_path / "study")
    with running_node(Spool(tmp_path / "spool", reserve_bytes=1 << 60)) as node:
        _, printed = storescu(node.port, paths[0])
    assert "Out of Resources" in printed or "OutOfResources" in printed, printed


def test_store_over_http_says_that_the_disk_is_full(small_disk, tmp_path, monkeypatch):
    (small_disk / "filler").write_bytes(bytes(500 * 1024))
    monkeypatch.setattr(
        "allward.ingest.stow_intake.spool", lambda: Spool(small_disk / "spool", reserve_bytes=0)
    )
    content: bytes = Path(write_small_study(tmp_path / "study")[0]).read_bytes()
    body = b"--x\r\nContent-Type: application/dicom\r\n\r\n" + content + b"\r\n--x--\r\n"
    headers = {"content-type": 'multipart/related; type="application/dicom"; boundary=x'}
    with dicomweb(Scope.of_tenant(make_hospital().tenant_id)) as url:
        answer = httpx.post(f"{url}/studies", content=body, headers=headers)
    assert answer.status_code == 507
