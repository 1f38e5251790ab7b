"""Real archives that old studies come from, and our own node that they send to."""

import atexit
import functools
import json
import shutil
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from django.db import connections
from tests.flow.delivery.nodes import free_port, listens, wait_for
from tests.flow.ingest.nodes import storescu
from tests.platform_database import Hospital, inside

from allward.config.receiving import SpoolReception, asked_for, cap_of
from allward.ingest.dimse.association import Provider
from allward.ingest.dimse.listener import Listener
from allward.ingest.indexer import Indexer
from allward.ingest.pacing import Allowed, Move, Pacing
from allward.ingest.place import spool
from allward.ingest.senders import KnownRules
from allward.kernel.bucket import TokenBucket
from allward.retrieval.actions import ArchiveSettings
from allward.retrieval.models import Retrieval
from allward.retrieval.states import ENDS
from allward.retrieval.worker import Retriever
from allward.studies.models import Instance

T = TypeVar("T")
PATIENCE_S = 120.0


class Archive:
    """A real Orthanc that knows our AE title as a destination."""

    def __init__(self, folder: Path, *, our_port: int) -> None:
        self.dicom_port, self.http_port = free_port(), free_port()
        (folder / "db").mkdir()
        configuration = {
            "StorageDirectory": str(folder / "db"),
            "IndexDirectory": str(folder / "db"),
            "DicomAet": "OLDPACS",
            "DicomPort": self.dicom_port,
            "HttpPort": self.http_port,
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": False,
            "DicomAlwaysAllowFind": True,
            "DicomAlwaysAllowGet": True,
            "DicomAlwaysAllowMove": True,
            "DicomModalities": {
                name: [name, "127.0.0.1", our_port] for name in ("ALLWARD", "NORTH", "SOUTH")
            },
            "Plugins": [],
        }
        (folder / "orthanc.json").write_text(json.dumps(configuration))
        command = ["/usr/sbin/Orthanc", str(folder / "orthanc.json")]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self._answers, within_s=60)

    def settings(self, method: str, **more: object) -> ArchiveSettings:
        """What a hospital's administrator enters of it."""
        return ArchiveSettings(
            **{
                "name": f"old {method}", "method": method, "host": "127.0.0.1", "port": self.dicom_port,
                "called_ae_title": "OLDPACS", **more,
            }
        )  # fmt: skip

    def hold(self, paths: Iterable[Path]) -> None:
        """Put objects into it."""
        for path in paths:
            self._request("/instances", path.read_bytes())

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=20)

    def _answers(self) -> bool:
        try:
            return bool(self._request("/system")) and listens(self.dicom_port)
        except urllib.error.URLError:
            return False

    def _request(self, path: str, body: bytes | None = None) -> bytes:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}{path}", body, timeout=60) as answer:
            return bytes(answer.read())


PAID: dict[UUID, int] = {}
"""Archive -> bytes of the data sets that its cap has counted."""


def noted(move: Move) -> Allowed | None:
    """Say what the platform says of a C-MOVE's cap, and begin to count."""
    allowed = cap_of(move)
    if allowed is not None:
        PAID.setdefault(allowed.shared_by, 0)
    return allowed


class Counting(Pacing):
    """Paces as the DIMSE process does."""

    def pay(self, bucket: TokenBucket, size_bytes: int, *, hurry: threading.Event) -> None:
        for archive_id, held in self._buckets.items():
            PAID[archive_id] += size_bytes if held is bucket else 0
        super().pay(bucket, size_bytes, hurry=hurry)


@contextmanager
def our_node() -> Iterator[tuple[int, KnownRules]]:
    """Run the receiver as the DIMSE process does; give its port and its rules."""
    rules = KnownRules()
    rules.refresh()
    indexer = Indexer(spool(), rules, asked=asked_for)
    provider = Provider(
        ae_title="ALLWARD", rules=rules, spool=spool(), received=indexer.add, pacing=Counting(noted)
    )
    listener = Listener(provider, host="127.0.0.1", port=0)
    indexer.start()
    listener.start()
    try:
        yield listener.port, rules
    finally:
        listener.stop(within_s=5)
        indexer.stop()


@contextmanager
def retrieving() -> Iterator[Retriever]:
    """Run what the retrieving process runs."""
    stopping = threading.Event()
    retriever = Retriever("test", SpoolReception, stopping)

    def loop() -> None:
        while not stopping.is_set():
            retriever.look()
            stopping.wait(0.1)
        retriever.join(within_s=10)
        connections.close_all()

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield retriever
    finally:
        stopping.set()
        thread.join()


def row_of(hospital: Hospital, retrieval_id: UUID) -> Retrieval:
    with inside(hospital):
        return Retrieval.objects.select_related("archive").get(pk=retrieval_id)


def ended(hospital: Hospital, retrieval_id: UUID) -> Retrieval:
    """Wait until a retrieval has ended."""
    return until(lambda: row_of(hospital, retrieval_id), lambda row: row.state in ENDS)


def until(look: Callable[[], T], holds: Callable[[T], bool]) -> T:
    end = time.monotonic() + PATIENCE_S
    while not holds(found := look()):
        assert time.monotonic() < end, f"it never became true of {getattr(found, '__dict__', found)}"
        time.sleep(0.05)
    return found


def instances_of(hospital: Hospital, study_instance_uid: str) -> list[Instance]:
    with inside(hospital):
        return list(Instance.objects.filter(study__study_instance_uid=study_instance_uid))


class DcmtkArchive:
    """dcmtk's dcmqrscp: another real archive, which counts nothing and names no issuer."""

    def __init__(self, folder: Path, *, our_port: int = 11112) -> None:
        self.dicom_port = free_port()
        (folder / "db").mkdir()
        (folder / "dcmqrscp.cfg").write_text(
            f"NetworkTCPPort = {self.dicom_port}\nMaxPDUSize = 16384\nMaxAssociations = 16\n"
            f"HostTable BEGIN\nus = (ALLWARD, 127.0.0.1, {our_port})\nHostTable END\n"
            "VendorTable BEGIN\nVendorTable END\n"
            f"AETable BEGIN\nSMALLPACS {folder / 'db'} RW (500, 1024mb) ANY\nAETable END\n"
        )
        command = ["dcmqrscp", "-c", str(folder / "dcmqrscp.cfg")]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: listens(self.dicom_port), within_s=60)

    def settings(self, method: str, **more: object) -> ArchiveSettings:
        """What a hospital's administrator enters of it."""
        return ArchiveSettings(
            **{
                "name": f"small {method}", "method": method, "host": "127.0.0.1", "port": self.dicom_port,
                "called_ae_title": "SMALLPACS", **more,
            }
        )  # fmt: skip

    def hold(self, paths: Iterable[Path]) -> None:
        """Put objects into it."""
        done, said = storescu(self.dicom_port, *paths, called="SMALLPACS")
        assert done == 0, said

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=20)


@functools.cache
def searchable() -> DcmtkArchive:
    """Return an empty archive that answers searches until the tests end."""
    folder = Path(tempfile.mkdtemp(prefix="allward-archive-"))
    archive = DcmtkArchive(folder)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(archive.stop)
    return archive
