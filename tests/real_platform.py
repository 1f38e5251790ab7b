"""The whole platform with the real plug-in, a real PACS and two real CTs: started once, for those who ask.

Nothing in it is played, eager, in memory or a superuser; `tests/architecture` holds it to that.
"""

import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.flow.delivery.nodes import Orthanc
from tests.running_platform import Running, running_platform
from tests.samples import unpack

CRLM = "liver-ct/CRLM-CT-1004_CT.tar.xz"
CPTAC = "chest-ct/CPTAC-LSCC_C3N-00247_CT.tar.xz"


@pytest.fixture(scope="session")
def pacs(tmp_path_factory):
    node = Orthanc(tmp_path_factory.mktemp("orthanc"))
    yield node
    node.stop()


@pytest.fixture(scope="session")
def platform(tmp_path_factory, pacs):
    with running_platform(tmp_path_factory.mktemp("home")) as running:
        peer = pacs.peer
        running.allward(
            "destination", "add", "PACS", peer.called_ae_title, peer.host, str(peer.port), "--research"
        )
        yield running


def send(running: Running, folder: Path, *, called: str = "ALLWARD", calling: str = "CT1") -> None:
    subprocess.run(
        [
            "storescu",
            "-aec",
            called,
            "-aet",
            calling,
            "+sd",
            "+r",
            "127.0.0.1",
            str(running.dimse_port),
            str(folder),
        ],
        check=True,
        timeout=120,
    )


def item_of(client: httpx.Client, patient_id: str) -> dict[str, Any] | None:
    items = client.get("/api/v1/worklist/", params={"q": patient_id}).raise_for_status().json()["items"]
    return items[0] if items else None


def wait_for_ai(client: httpx.Client, patient_id: str, *, seconds: float = 600) -> dict[str, Any]:
    deadline = time.monotonic() + seconds
    item = None
    while time.monotonic() < deadline:
        item = item_of(client, patient_id)
        if item is not None and item["ai"]["state"] in ("completed", "failed", "not_evaluable"):
            return item
        time.sleep(1)
    raise AssertionError(f"no result for {patient_id} after {seconds} s: {item}")


@pytest.fixture(scope="session")
def studies(platform, tmp_path_factory):
    """Send both CTs, wait for their results, and return line and result of each."""
    folder = tmp_path_factory.mktemp("ct")
    found = {}
    with platform.client() as client:
        for name in (CRLM, CPTAC):
            send(platform, unpack(name, folder / Path(name).stem))
        for patient_id in ("CRLM-CT-1004", "C3N-00247"):
            item = wait_for_ai(client, patient_id)
            answer = client.get(f"/api/v1/studies/{item['study_id']}/results/").raise_for_status().json()
            found[patient_id] = (item, answer["results"])
    return found
