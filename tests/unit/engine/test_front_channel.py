"""Messages that never make the front wait."""

import os
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allward_engine.front.busy import BusyShare
from allward_engine.front.channel import Channel
from allward_engine.wire import ConnectionClosedError, packed, receive_message
from allward_sdk.errors import BadInputError

DEEP = (100_000).to_bytes(4) + bytes(4) + b"[" * 100_000
"""JSON that is nested too deeply to be read."""


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    channel = Channel(ours)
    yield channel, theirs
    channel.close()
    theirs.close()


@given(cuts=st.lists(st.integers(1, 200), max_size=6), values=st.lists(st.text(max_size=30), max_size=5))
def test_messages_arrive_whole_however_they_are_cut(cuts, values):
    ours, theirs = socket.socketpair()
    channel = Channel(ours)
    data = b"".join(packed({"v": value}, 0) for value in values)
    found, at = [], 0
    for cut in [*cuts, len(data)]:
        part, at = data[at : at + cut], min(len(data), at + cut)
        if part:
            theirs.sendall(part)
            found += channel.receive()
    assert [message["v"] for message, _ in found] == values
    channel.close()
    theirs.close()


def test_descriptors_go_with_their_messages(pair):
    channel, theirs = pair
    reading, writing = os.pipe()
    channel.send({"n": 1}, (writing,))
    channel.send({"n": 2})
    os.close(writing)
    message, (got,) = receive_message(theirs)
    assert message == {"n": 1}
    assert receive_message(theirs) == ({"n": 2}, [])
    os.write(got, b"x")
    assert os.read(reading, 1) == b"x"
    os.close(got)
    os.close(reading)


def test_a_reader_that_is_slow_gets_everything_later_and_nobody_waits(pair):
    channel, theirs = pair
    for number in range(200):
        channel.send({"n": number, "filling": "x" * 10_000})
    assert channel.unsent > 0
    numbers = []
    for _ in range(200):
        channel.flush()
        numbers.append(receive_message(theirs)[0]["n"])
    assert numbers == list(range(200))
    assert channel.unsent == 0


def test_a_closed_peer_is_told_when_reading(pair):
    channel, theirs = pair
    theirs.close()
    channel.send({"n": 1})
    with pytest.raises(ConnectionClosedError):
        channel.receive()


@pytest.mark.parametrize(
    "data", [packed({}, 1), DEEP, b"\xff" * 8, packed({}, 0)[:8] + b"[]", b"\0\0\0\1\0\0\0\0{"]
)
def test_what_is_no_message_is_refused(pair, data):
    channel, theirs = pair
    theirs.sendall(data)
    with pytest.raises(BadInputError):
        channel.receive()


def test_a_lane_that_is_busy_half_the_time_says_so():
    share = BusyShare(0.0)
    assert share.share == 0.0
    for second in range(1, 400):
        share.note(busy=second % 2 == 0, now_s=float(second))
    assert share.share == pytest.approx(0.5, abs=0.02)
    share.note(busy=True, now_s=1000.0)
    assert share.share == pytest.approx(1.0, abs=0.01)
