"""Real DICOM nodes that receive what we deliver."""

import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pydicom
from pydicom.dataset import Dataset

from allward.delivery.send import Peer


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(answers: Callable[[], bool], *, within_s: float = 20.0) -> None:
    end = time.monotonic() + within_s
    while not answers():
        assert time.monotonic() < end, "the node did not start"
        time.sleep(0.05)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class StoreScp:
    """dcmtk's storescp."""

    def __init__(self, folder: Path, port: int, options: Sequence[str]) -> None:
        self.folder, self.port = folder, port
        command = ["storescp", "-aet", "PACS", "-od", str(folder), "--unique-filenames", *options, str(port)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: listens(port))

    @property
    def peer(self) -> Peer:
        return Peer("127.0.0.1", self.port, "PACS", "ALLWARD")

    def received(self) -> list[Dataset]:
        return [pydicom.dcmread(path) for path in sorted(self.folder.iterdir())]

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=10)


class Orthanc:
    """A real Orthanc with empty storage on free ports."""

    def __init__(self, folder: Path) -> None:
        self.dicom_port, self.http_port = free_port(), free_port()
        (folder / "db").mkdir()
        configuration = {
            "Name": "pacs",
            "StorageDirectory": str(folder / "db"),
            "IndexDirectory": str(folder / "db"),
            "DicomAet": "ORTHANC",
            "DicomPort": self.dicom_port,
            "HttpPort": self.http_port,
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": False,
            "Plugins": [],
        }
        (folder / "orthanc.json").write_text(json.dumps(configuration))
        self._process = subprocess.Popen(
            ["/usr/sbin/Orthanc", str(folder / "orthanc.json")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for(self._answers)

    @property
    def peer(self) -> Peer:
        return Peer("127.0.0.1", self.dicom_port, "ORTHANC", "ALLWARD")

    def received(self, study_instance_uid: str) -> list[Dataset]:
        """Every instance of a study."""
        query = {"Level": "Instance", "Query": {"StudyInstanceUID": study_instance_uid}}
        ids = json.loads(self._request("/tools/find", json.dumps(query).encode()))
        return [pydicom.dcmread(BytesIO(self._request(f"/instances/{each}/file"))) for each in ids]

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=20)

    def _answers(self) -> bool:
        try:
            return bool(self._request("/system")) and listens(self.dicom_port)
        except urllib.error.URLError:
            return False

    def _request(self, path: str, body: bytes | None = None) -> bytes:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}{path}", body, timeout=20) as answer:
            return bytes(answer.read())


def errors_in(dataset: Dataset, folder: Path) -> list[str]:
    """What dciodvfy finds wrong with an object as it lies in the destination."""
    path = folder / "checked.dcm"
    pydicom.dcmwrite(path, dataset, enforce_file_format=True)
    done = subprocess.run(["dciodvfy", str(path)], capture_output=True, text=True, check=False)
    said: list[Any] = (done.stdout + done.stderr).splitlines()
    return [line for line in said if line.startswith("Error")]
