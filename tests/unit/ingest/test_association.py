"""Associations on real sockets, with peers that keep to the protocol and peers that do not."""

import random
import struct
import time

import pydicom
import pytest
from pydicom.filewriter import write_dataset
from tests.small_study import write_small_study
from tests.unit.ingest.peer import (
    CT,
    EXPLICIT,
    FIND,
    Peer,
    Receiver,
    command_set,
    data_pdu,
    fragment,
    request_bytes,
)

from allward.ingest.dimse.pdu import PduType

ACCEPTED, REJECTED, ABORTED, CLOSED = PduType.ASSOCIATE_AC, PduType.ASSOCIATE_RJ, PduType.ABORT, 0
STORE, ECHO, FIND_RQ = 0x0001, 0x0030, 0x0020


@pytest.fixture
def receiver(tmp_path):
    running = Receiver(tmp_path)
    yield running
    running.listener.stop(within_s=3)


@pytest.fixture
def peer(receiver):
    connected = Peer(receiver)
    assert connected.associate() == ACCEPTED
    yield connected
    connected.close()


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """(SOP Instance UID, data set in explicit little endian) of one CT slice."""
    dataset = pydicom.dcmread(write_small_study(tmp_path_factory.mktemp("one"))[0])
    target = pydicom.filebase.DicomBytesIO()
    target.is_little_endian, target.is_implicit_VR = True, False
    write_dataset(target, dataset)
    return dataset.SOPInstanceUID, target.getvalue()


def _store(uid, data, *, sop_class=CT, context_id=3):
    command = data_pdu(
        fragment(context_id, 3, command_set(STORE, sop_class=sop_class, instance=uid, data_set=True))
    )
    return command + data_pdu(fragment(context_id, 2, data))


def _eventually(fact):
    """Tell whether a fact becomes true soon: the receiver cleans up in its own thread."""
    for _ in range(100):
        if fact():
            return True
        time.sleep(0.02)
    return False


def _still_serves(receiver):
    again = Peer(receiver)
    assert again.associate() == ACCEPTED
    assert again.status_of(data_pdu(fragment(1, 3, command_set(ECHO)))) == 0
    again.close()


def test_an_object_is_whole_on_disk_before_success_is_said(receiver, peer, image):
    uid, data = image
    assert peer.status_of(_store(uid, data)) == 0
    (entry,) = receiver.received
    stored = pydicom.dcmread(entry.path)
    assert stored.SOPInstanceUID == uid
    assert stored.file_meta.TransferSyntaxUID == EXPLICIT
    assert entry.path.read_bytes().endswith(data)
    assert entry.origin.calling_ae_title == "PEER"


def test_fragments_of_any_size_make_the_same_object(receiver, peer, image):
    uid, data = image
    command = command_set(STORE, instance=uid, data_set=True)
    pieces = [fragment(3, 1, command[:7]), fragment(3, 3, command[7:])]
    cuts = sorted(random.Random(1).sample(range(len(data)), 9))
    bounds = [0, *cuts, len(data)]
    parts = [fragment(3, 0, data[a:b]) for a, b in zip(bounds, bounds[1:], strict=False)]
    raw = data_pdu(pieces[0]) + data_pdu(pieces[1], *parts) + data_pdu(fragment(3, 2, b""))
    for start in range(0, len(raw), 5000):
        peer.send(raw[start : start + 5000])
        time.sleep(0.001)
    assert peer.status_of(b"") == 0
    assert receiver.received[0].path.read_bytes().endswith(data)


def test_many_objects_in_one_go_are_answered_in_order(receiver, peer, image):
    uid, data = image
    peer.send(b"".join(_store(uid, data) for _ in range(5)))
    assert [peer.status_of(b"") for _ in range(5)] == [0] * 5
    assert len({entry.sha256 for entry in receiver.received}) == 1


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda uid, data: ("1.2.3.4", data), 0xA900),
        (lambda uid, data: (uid, data[: len(data) // 2]), 0xC000),
        (lambda uid, data: (uid, data[:300]), 0xC000),
        (lambda uid, data: (uid, b"not DICOM at all"), 0xC000),
        (lambda uid, data: (uid, b""), 0xC000),
    ],
)
def test_a_bad_data_set_is_refused_and_the_association_goes_on(receiver, peer, image, change, status):
    uid, data = image
    assert peer.status_of(_store(*change(uid, data))) == status
    assert peer.status_of(_store(uid, data)) == 0
    assert len(receiver.received) == 1
    assert not list(receiver.spool.root.rglob("*.part"))


def test_a_sop_class_other_than_the_context_is_refused(peer, image):
    uid, data = image
    assert peer.status_of(_store(uid, data, sop_class="1.2.840.10008.5.1.4.1.1.4")) == 0x0122


def test_a_store_without_data_set_and_other_operations_are_refused(peer):
    assert peer.status_of(data_pdu(fragment(3, 3, command_set(STORE, instance="1.2")))) == 0xC000
    find = data_pdu(fragment(3, 3, command_set(FIND_RQ, data_set=True))) + data_pdu(fragment(3, 2, b"abc"))
    assert peer.status_of(find) == 0x0211
    peer.send(data_pdu(fragment(3, 3, command_set(0x0FFF))))
    assert peer.status_of(data_pdu(fragment(1, 3, command_set(ECHO)))) == 0


def test_an_object_beyond_the_limit_is_refused(tmp_path, image):
    uid, data = image
    small = Receiver(tmp_path, max_object_bytes=1000)
    peer = Peer(small)
    assert peer.associate() == ACCEPTED
    assert peer.status_of(_store(uid, data)) == 0xA700
    small.listener.stop()


def test_release_is_answered_and_the_spool_folder_stays_with_its_objects(receiver, peer, image):
    assert peer.status_of(_store(*image)) == 0
    peer.send(struct.pack(">BBI4s", PduType.RELEASE_RQ, 0, 4, bytes(4)))
    assert peer.receive()[0] == PduType.RELEASE_RP
    peer.close()
    receiver.received[0].forget()
    assert _eventually(lambda: not list(receiver.spool.root.iterdir()))


def test_an_unknown_called_title_is_rejected(receiver):
    assert Peer(receiver).associate(called="NOBODY") == REJECTED


MALFORMED = {
    "data before association": data_pdu(fragment(1, 3, command_set(ECHO))),
    "not DICOM": b"GET / HTTP/1.1\r\nHost: pacs\r\n\r\n" + bytes(100),
    "request cut in an item": struct.pack(">BBI", 1, 0, 72) + bytes(68) + b"\x10\x00\xff\xff",
    "request too long": struct.pack(">BBI", 1, 0, 1 << 30),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_connection_that_does_not_begin_as_dicom_is_aborted(receiver, name):
    peer = Peer(receiver)
    peer.send(MALFORMED[name])
    assert peer.receive()[0] in (ABORTED, CLOSED)
    _still_serves(receiver)


WRONG_DATA = {
    "fragment beyond its PDU": struct.pack(">BBIIBB", 4, 0, 6, 100, 1, 3),
    "fragment too short": struct.pack(">BBIIB", 4, 0, 5, 1, 1),
    "context not accepted": data_pdu(fragment(9, 3, command_set(ECHO))),
    "refused context": data_pdu(fragment(5, 3, command_set(FIND_RQ, sop_class=FIND))),
    "data without command": data_pdu(fragment(3, 2, b"data")),
    "command within a message": data_pdu(
        fragment(3, 3, command_set(STORE, instance="1.2", data_set=True)), fragment(3, 3, command_set(ECHO))
    ),
    "data in another context": data_pdu(
        fragment(3, 3, command_set(STORE, instance="1.2", data_set=True)), fragment(1, 2, b"data")
    ),
    "command that is none": data_pdu(fragment(1, 3, b"no command set")),
    "a response": data_pdu(fragment(1, 3, command_set(0x8030))),
    "endless command": data_pdu(*(fragment(1, 1, bytes(30_000)) for _ in range(3))),
    "second request": request_bytes(),
    "unknown PDU": struct.pack(">BBI", 99, 0, 0),
    "long release": struct.pack(">BBI", 5, 0, 400) + bytes(400),
}


@pytest.mark.parametrize("name", WRONG_DATA)
def test_what_breaks_the_protocol_is_aborted(receiver, peer, name):
    peer.send(WRONG_DATA[name])
    assert peer.receive()[0] == ABORTED
    peer.close()
    assert _eventually(lambda: not list(receiver.spool.root.rglob("*.part")))
    assert not receiver.received
    _still_serves(receiver)


def test_a_peer_that_vanishes_within_an_object_leaves_nothing(receiver, peer, image):
    uid, data = image
    peer.send(_store(uid, data)[:-100])
    peer.close()
    assert _eventually(lambda: not [path for path in receiver.spool.root.rglob("*") if path.is_file()])
    assert not receiver.received


def test_a_peer_that_goes_silent_is_aborted(tmp_path, image):
    impatient = Receiver(tmp_path, request_s=0.2, stall_s=0.2, idle_s=0.3)
    silent = Peer(impatient)
    assert silent.receive()[0] in (ABORTED, CLOSED)
    idle = Peer(impatient)
    assert idle.associate() == ACCEPTED
    assert idle.receive()[0] == ABORTED
    stalled = Peer(impatient)
    assert stalled.associate() == ACCEPTED
    stalled.send(_store(*image)[:-100])
    assert stalled.receive()[0] == ABORTED
    impatient.listener.stop()


def test_beyond_the_limit_peers_are_asked_to_come_back(tmp_path):
    receiver = Receiver(tmp_path, associations=1)
    first, second = Peer(receiver), Peer(receiver)
    assert first.associate() == ACCEPTED
    second.send(request_bytes())
    kind, body = second.receive()
    assert (kind, tuple(body[1:])) == (REJECTED, (2, 3, 2))
    receiver.listener.stop()


def test_draining_lets_an_object_under_way_come_to_its_end(receiver, peer, image):
    raw = _store(*image)
    peer.send(raw[:-100])
    time.sleep(0.1)
    for association in receiver.listener._now_open().values():
        association.drain()
    peer.send(raw[-100:])
    assert peer.status_of(b"") == 0
    assert peer.receive()[0] == ABORTED
    assert len(receiver.received) == 1


def test_random_bytes_after_the_association_never_break_the_receiver(receiver):
    chance = random.Random(7)
    for _ in range(40):
        peer = Peer(receiver)
        assert peer.associate() == ACCEPTED
        raw = bytearray(data_pdu(fragment(3, 3, command_set(STORE, instance="1.2", data_set=True))))
        for _ in range(chance.randint(1, 8)):
            raw[chance.randrange(6, len(raw))] = chance.randrange(256)
        peer.send(bytes(raw) + chance.randbytes(chance.randint(0, 60)))
        peer.close()
    _still_serves(receiver)
