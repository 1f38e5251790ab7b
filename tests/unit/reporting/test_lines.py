"""The lines to a RIS have an end, and do not lead to the machine itself unless its operator says so."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from allward.reporting.fhir_send import Server, send_bundle
from allward.reporting.mllp import Listener, NotTakenError, send_message
from allward_sdk.errors import BadInputError


@dataclass
class Dripper:
    """Answers a byte at a time, for ten seconds at most."""

    port: int = 0
    said_all: bool = False
    stopped: threading.Event = field(default_factory=threading.Event)


@contextmanager
def dripping() -> Iterator[Dripper]:
    state = Dripper()
    with socket.create_server(("127.0.0.1", 0)) as server:
        state.port = server.getsockname()[1]

        def drip() -> None:
            line, _ = server.accept()
            with line:
                try:
                    for _ in range(200):
                        line.sendall(b"H")
                        if state.stopped.wait(0.05):
                            return
                except OSError:
                    return
            state.said_all = True

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            yield state
        finally:
            state.stopped.set()
            thread.join(30)


def send(way: str, port: int, *, may_be_local: bool) -> None:
    if way == "fhir":
        send_bundle(Server(f"http://127.0.0.1:{port}/R4", may_be_local=may_be_local), "{}", answer_s=0.3)
    else:
        listener = Listener("127.0.0.1", port, may_be_local=may_be_local)
        send_message(listener, "MSH|", control_id="1", answer_s=0.3)


@pytest.mark.parametrize("way", ["fhir", "hl7"])
def test_a_receiver_that_drips_its_answer_is_cut_off_at_the_limit_of_time(way):
    with dripping() as state:
        with pytest.raises(NotTakenError) as failed:
            send(way, state.port, may_be_local=True)
        assert failed.value.may_be_held
        assert not state.said_all


@pytest.mark.parametrize("way", ["fhir", "hl7"])
def test_nothing_is_sent_to_the_machine_itself_unless_its_operator_lets_us(way):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        with pytest.raises(BadInputError, match="ALLWARD_LOCAL_ADDRESSES"):
            send(way, server.getsockname()[1], may_be_local=False)
        with pytest.raises(BlockingIOError):
            server.accept()
