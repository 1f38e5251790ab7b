"""What an archive sends by a C-MOVE of ours is taken no faster than its cap, by a clock of the test."""

import threading
from uuid import uuid4

import pydicom
import pytest
from pydicom.filewriter import write_dataset
from tests.small_study import write_small_study
from tests.unit.ingest.peer import CT, Peer, Receiver, command_set, data_pdu, fragment

from allward.ingest.dimse.pdu import PduType
from allward.ingest.pacing import Allowed, Move, Pacing

CAP = 800_000
ARCHIVE = uuid4()
MINE = ("OURS", 7)


class Time:
    """A clock that moves where somebody waits, and nowhere else."""

    def __init__(self) -> None:
        self.now = 50.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def pause(self, hurry: threading.Event, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


class Known:
    """Caps by title and message, and what was asked for."""

    def __init__(self) -> None:
        self.asked: list[Move] = []

    def __call__(self, move: Move) -> Allowed | None:
        self.asked.append(move)
        return Allowed(ARCHIVE, CAP) if move.originator_ae_title == "OURS" else None


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def known():
    return Known()


@pytest.fixture
def receiver(tmp_path, time, known):
    running = Receiver(tmp_path, pacing=Pacing(known, clock=time, pause=time.pause))
    yield running
    running.listener.stop(within_s=3)


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """(SOP Instance UID, data set in explicit little endian) of one CT slice."""
    dataset = pydicom.dcmread(write_small_study(tmp_path_factory.mktemp("one"))[0])
    target = pydicom.filebase.DicomBytesIO()
    target.is_little_endian, target.is_implicit_VR = True, False
    write_dataset(target, dataset)
    return dataset.SOPInstanceUID, target.getvalue()


def associated(receiver) -> Peer:
    peer = Peer(receiver)
    assert peer.associate() == PduType.ASSOCIATE_AC
    return peer


def sent(peer, image, move) -> int:
    uid, data = image
    command = command_set(1, sop_class=CT, instance=uid, data_set=True, move=move)
    assert peer.status_of(data_pdu(fragment(3, 3, command)) + data_pdu(fragment(3, 2, data))) == 0
    return len(data)


def test_the_bytes_of_a_c_move_take_the_time_that_the_cap_gives_them(receiver, image, time, known):
    began, peer = time.now, associated(receiver)
    total = sum(sent(peer, image, MINE) for _ in range(5))
    peer.close()
    assert time.now - began == pytest.approx(8 * total / CAP)
    assert known.asked == [Move("PEER", "OURS", 7)]  # once for all objects of one C-MOVE
    assert len(receiver.received) == 5


def test_two_associations_of_one_archive_share_its_cap(receiver, image, time):
    began, peers = time.now, [associated(receiver), associated(receiver)]
    total = sum(
        sent(peer, image, ("OURS", 7 + number)) for _ in range(2) for number, peer in enumerate(peers)
    )
    for peer in peers:
        peer.close()
    assert time.now - began == pytest.approx(8 * total / CAP)


@pytest.mark.parametrize("move", [None, ("OTHERS", 7)])
def test_what_nobody_has_capped_waits_for_nothing(receiver, image, time, move):
    peer = associated(receiver)
    for _ in range(3):
        sent(peer, image, move)
    peer.close()
    assert time.waits == []


def test_another_c_move_on_the_same_association_is_looked_up_anew(receiver, image, known, time):
    peer = associated(receiver)
    sent(peer, image, MINE)
    owed = time.now
    sent(peer, image, None)
    assert time.now == owed
    sent(peer, image, ("OURS", 8))
    peer.close()
    assert [move.message_id for move in known.asked] == [7, 8]


def test_who_has_to_end_waits_for_no_cap():
    waits: list[float] = []
    pacing = Pacing(lambda _: Allowed(ARCHIVE, CAP), pause=lambda _, seconds: waits.append(seconds))
    bucket = pacing.bucket_of(Move("PEER", "OURS", 7))
    hurry = threading.Event()
    hurry.set()
    pacing.pay(bucket, 10_000_000, hurry=hurry)
    assert waits == []
