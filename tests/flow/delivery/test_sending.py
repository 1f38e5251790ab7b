"""C-STORE to nodes that misbehave: every wait ends, and the words say what to do."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, SegmentationStorage
from pynetdicom import AE, evt
from tests.flow.delivery.nodes import StoreScp, free_port

from allward.delivery import send
from allward.delivery.send import NotDeliveredError, Peer, RefusedError, echo, send_instance

Answering = Callable[..., Peer]


@pytest.fixture
def stored_object(tmp_path: Path) -> Path:
    """A DICOM file of 8 MB: more than the sockets between two programs hold."""
    dataset = Dataset()
    dataset.SOPClassUID = SegmentationStorage
    dataset.SOPInstanceUID = "2.25.4711"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = "2.25.1", "2.25.2"
    dataset.PatientID = "1"
    dataset.add_new(0x00091010, "OB", bytes(8 << 20))
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    path = tmp_path / "stored"  # a name without extension, as in the storage
    dataset.save_as(path, enforce_file_format=True)
    return path


@pytest.fixture
def answering() -> Iterator[Answering]:
    """Start a node that answers C-STORE as told."""
    entities: list[AE] = []

    def start(
        answer: Callable[[evt.Event], int], *, called: str | None = None, takes: str = SegmentationStorage
    ) -> Peer:
        entity = AE(ae_title="PACS")
        entity.add_supported_context(takes)
        entity.require_called_aet = called is not None
        if called is not None:
            entity.ae_title = called
        port = free_port()
        entity.start_server(("127.0.0.1", port), block=False, evt_handlers=[(evt.EVT_C_STORE, answer)])
        entities.append(entity)
        return Peer("127.0.0.1", port, "PACS", "ALLWARD")

    yield start
    for entity in entities:
        entity.shutdown()


@pytest.fixture
def deaf() -> Iterator[Peer]:
    """A program that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield Peer("127.0.0.1", server.getsockname()[1], "PACS", "ALLWARD")


def test_the_object_arrives_byte_for_byte(stored_object: Path, store_scp: Callable[..., StoreScp]):
    pacs = store_scp("+B")  # bit preserving
    assert send_instance(pacs.peer, stored_object) == ""
    (received,) = pacs.received()
    assert received[0x00091010].value == bytes(8 << 20)


@pytest.mark.parametrize("status", [0x0000, 0x0111])
def test_an_object_that_is_there_already_counts_as_delivered(
    status: int, stored_object: Path, answering: Answering
):
    assert send_instance(answering(lambda _: status), stored_object) == ""


def test_a_warning_is_a_delivery_with_a_remark(stored_object: Path, answering: Answering):
    assert "0xB007" in send_instance(answering(lambda _: 0xB007), stored_object)


def test_a_full_disk_over_there_is_tried_again(stored_object: Path, answering: Answering):
    with pytest.raises(NotDeliveredError, match="no room left") as raised:
        send_instance(answering(lambda _: 0xA700), stored_object)
    assert not raised.value.may_be_held


@pytest.mark.parametrize("status", [0xC000, 0xA900, 0x0110])
def test_another_failure_is_tried_again(status: int, stored_object: Path, answering: Answering):
    with pytest.raises(NotDeliveredError, match=f"0x{status:04X}"):
        send_instance(answering(lambda _: status), stored_object)


@pytest.mark.parametrize(("status", "words"), [(0x0122, "does not take"), (0x0124, "does not allow")])
def test_a_refusal_is_for_a_person(status: int, words: str, stored_object: Path, answering: Answering):
    with pytest.raises(RefusedError, match=words):
        send_instance(answering(lambda _: status), stored_object)


def test_a_wrong_ae_title_is_said(stored_object: Path, answering: Answering):
    peer = answering(lambda _: 0, called="OTHER")
    with pytest.raises(NotDeliveredError, match=r"rejected the association: .*[Cc]alled AE"):
        send_instance(peer, stored_object)


@pytest.mark.parametrize("host", ["127.0.0.1", "no-such-host.invalid"])
def test_a_node_that_is_not_there_is_said(host: str, stored_object: Path):
    with pytest.raises(NotDeliveredError, match="cannot be reached"):
        send_instance(Peer(host, free_port(), "PACS", "ALLWARD"), stored_object)


def test_a_node_that_takes_only_other_objects_is_said(stored_object: Path, answering: Answering):
    with pytest.raises(RefusedError, match="does not take Segmentation"):
        send_instance(answering(lambda _: 0, takes=SecondaryCaptureImageStorage), stored_object)


def test_a_node_that_hangs_up_in_the_middle_may_hold_the_object(stored_object: Path, answering: Answering):
    def hang_up(event: evt.Event) -> int:
        event.assoc.abort()
        return 0

    with pytest.raises(NotDeliveredError) as raised:
        send_instance(answering(hang_up), stored_object)
    assert raised.value.may_be_held


def test_a_node_that_does_not_answer_is_given_up_and_may_hold_the_object(
    stored_object: Path, answering: Answering
):
    released = threading.Event()

    def wait(_: evt.Event) -> int:
        released.wait(20)
        return 0

    begun = time.monotonic()
    with pytest.raises(NotDeliveredError, match="did not answer") as raised:
        send_instance(answering(wait), stored_object, store_s=1.0)
    released.set()
    assert raised.value.may_be_held
    assert time.monotonic() - begun < 10


def test_a_node_that_stops_reading_is_given_up(stored_object: Path):
    """It agrees to everything and then reads no more, so that our bytes find no room."""
    with _StopsReading() as peer:
        begun = time.monotonic()
        with pytest.raises(NotDeliveredError):
            send_instance(peer, stored_object, store_s=1.0)
        assert time.monotonic() - begun < 10


def test_a_program_that_never_says_a_word_is_given_up(
    deaf: Peer, stored_object: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(send, "CONNECT_S", 1.0)
    begun = time.monotonic()
    with pytest.raises(NotDeliveredError, match="cannot be reached"):
        send_instance(deaf, stored_object)
    assert time.monotonic() - begun < 10


def test_an_echo_tells_whether_a_node_is_there(store_scp: Callable[..., StoreScp]):
    echo(store_scp().peer)
    with pytest.raises(NotDeliveredError):
        echo(Peer("127.0.0.1", free_port(), "PACS", "ALLWARD"))


class _StopsReading:
    """An SCP that negotiates as dcmtk's does, behind a line that lets nothing more through."""

    def __enter__(self) -> Peer:
        entity = AE(ae_title="PACS")
        entity.add_supported_context(SegmentationStorage)
        self._port = free_port()
        entity.start_server(("127.0.0.1", self._port), block=False)
        self._scp = entity
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.listen()
        self._lines: list[socket.socket] = [self._server]
        threading.Thread(target=self._carry, daemon=True).start()
        return Peer("127.0.0.1", self._server.getsockname()[1], "PACS", "ALLWARD")

    def __exit__(self, *_: object) -> None:
        for line in self._lines:
            line.close()
        self._scp.shutdown()

    def _carry(self) -> None:
        near, _ = self._server.accept()
        far = socket.create_connection(("127.0.0.1", self._port))
        self._lines += [near, far]
        far.sendall(near.recv(1 << 16))  # A-ASSOCIATE-RQ
        near.sendall(far.recv(1 << 16))  # A-ASSOCIATE-AC
