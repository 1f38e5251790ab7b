"""C-STORE over TLS from dcmtk's storescu: the sender's certificate says whose the images are."""

import socket
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from tests.flow.ingest.nodes import running_node, storescu
from tests.platform_database import inside, make_hospital
from tests.small_study import write_small_study

from allward.config.commands.administration import _certificate_sha256
from allward.ingest.actions import add_sender_rule
from allward.ingest.dimse.association import Limits
from allward.ingest.dimse.tls import server_context
from allward.ingest.place import spool
from allward.studies.models import Study
from allward_sdk.errors import BadInputError


@dataclass(frozen=True)
class Pair:
    """A self-signed certificate and its key, as a modality's service engineer makes them."""

    certificate: Path
    key: Path


def _pair(folder: Path, name: str) -> Pair:
    pair = Pair(folder / f"{name}.pem", folder / f"{name}.key")
    request = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        f"/CN={name}",
    ]
    files = ["-keyout", str(pair.key), "-out", str(pair.certificate)]
    subprocess.run([*request, *files], check=True, capture_output=True, timeout=60)
    return pair


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificates")
    return {name: _pair(folder, name) for name in ("server", "north", "south", "stranger")}


@pytest.fixture
def context(pairs, tmp_path):
    known = tmp_path / "peers.pem"
    known.write_text(pairs["north"].certificate.read_text() + pairs["south"].certificate.read_text())
    return server_context(certificate=pairs["server"].certificate, key=pairs["server"].key, peers=known)


def _as(pair: Pair) -> tuple[str, ...]:
    return ("+tls", str(pair.key), str(pair.certificate), "-ic")


def _studies(hospital) -> int:
    with inside(hospital):
        return Study.objects.count()


def test_two_hospitals_that_name_the_same_titles_are_told_apart_by_certificate(pairs, context, tmp_path):
    north, south = make_hospital(), make_hospital()
    for hospital, name in ((north, "north"), (south, "south")):
        with inside(hospital):
            add_sender_rule(certificate_sha256=_certificate_sha256(pairs[name].certificate))
    study = write_small_study(tmp_path / "north")
    with running_node(spool(), tls=context) as node:
        code, printed = storescu(node.port, tmp_path / "north", options=_as(pairs["north"]))
        assert code == 0, printed
    assert study
    assert (_studies(north), _studies(south)) == (1, 0)
    write_small_study(tmp_path / "south")
    with running_node(spool(), tls=context) as node:
        code, printed = storescu(node.port, tmp_path / "south", options=_as(pairs["south"]))
        assert code == 0, printed
    assert (_studies(north), _studies(south)) == (1, 1)


def test_a_certificate_that_nobody_vouches_for_is_turned_away(pairs, context, tmp_path):
    write_small_study(tmp_path / "study")
    with running_node(spool(), tls=context) as node:
        code, _ = storescu(node.port, tmp_path / "study", options=_as(pairs["stranger"]))
        assert code != 0
        code, printed = storescu(node.port, tmp_path / "study", options=("+tla", "-ic"))
        assert code != 0, printed


def test_a_peer_without_tls_is_cut_off_and_the_next_one_served(pairs, context, tmp_path):
    write_small_study(tmp_path / "study")
    with running_node(spool(), tls=context, limits=Limits(request_s=1.0)) as node:
        assert storescu(node.port, tmp_path / "study")[0] != 0
        with socket.create_connection(("127.0.0.1", node.port)) as silent:
            silent.settimeout(10)
            assert silent.recv(1) == b""
        code, printed = storescu(node.port, tmp_path / "study", options=_as(pairs["north"]))
        assert code == 0, printed


def test_peers_that_vanish_before_the_handshake_leave_the_port_open(pairs, context, tmp_path):
    write_small_study(tmp_path / "study")
    with running_node(spool(), tls=context) as node:
        for _ in range(100):
            vanishing = socket.create_connection(("127.0.0.1", node.port))
            vanishing.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # RST
            vanishing.sendall(b"\x16\x03")
            vanishing.close()
        code, printed = storescu(node.port, tmp_path / "study", options=_as(pairs["north"]))
        assert code == 0, printed


def test_without_known_peers_the_line_is_encrypted_and_titles_decide(pairs, tmp_path):
    title = f"AE{uuid4().hex[:10]}".upper()
    hospital = make_hospital()
    with inside(hospital):
        add_sender_rule(called_ae_title=title)
    write_small_study(tmp_path / "study")
    tls = server_context(certificate=pairs["server"].certificate, key=pairs["server"].key, peers=None)
    with running_node(spool(), tls=tls) as node:
        code, printed = storescu(node.port, tmp_path / "study", called=title, options=("+tla", "-ic"))
    assert code == 0, printed
    assert _studies(hospital) == 1


def test_stopping_cuts_an_idle_peer_off_without_a_word_in_plain_text(pairs, context):
    client = pairs["north"]
    with running_node(spool(), tls=context) as node:
        process = subprocess.Popen(
            ["openssl", "s_client", "-quiet", "-connect", f"127.0.0.1:{node.port}",
             "-cert", str(client.certificate), "-key", str(client.key)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1.0)
    _, said = process.communicate(timeout=10)
    assert b"wrong version number" not in said
    assert b"packet length" not in said


def test_files_that_hold_no_certificate_are_named(pairs, tmp_path):
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("hello")
    with pytest.raises(BadInputError, match="certificate with its key"):
        server_context(certificate=pairs["server"].certificate, key=pairs["north"].key, peers=None)
    with pytest.raises(BadInputError, match="holds no certificate"):
        server_context(certificate=pairs["server"].certificate, key=pairs["server"].key, peers=wrong)
    with pytest.raises(BadInputError, match="holds no certificate"):
        _certificate_sha256(wrong)
    with pytest.raises(BadInputError, match="cannot be read"):
        _certificate_sha256(tmp_path / "absent.pem")


def test_a_key_with_a_pass_phrase_is_refused_in_words(pairs, tmp_path):
    locked = tmp_path / "locked.key"
    command = ["openssl", "rsa", "-aes128", "-passout", "pass:secret", "-in", str(pairs["server"].key)]
    subprocess.run([*command, "-out", str(locked)], check=True, capture_output=True)
    with pytest.raises(BadInputError, match="pass phrase"):
        server_context(certificate=pairs["server"].certificate, key=locked, peers=None)
