"""TLS under an association: who may connect, and whose certificate it is.

Source
------
PS3.15 B.12, the BCP 195 (RFC 8996, RFC 9325) TLS profile: TLS 1.2 or later, forward secrecy.
"""

import hashlib
import socket
import ssl
from pathlib import Path

from allward_sdk.errors import BadInputError

_CIPHERS_OF_TLS_1_2 = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM"
"""RFC 9325 4.2. Those of TLS 1.3 all are as strong."""


def server_context(*, certificate: Path, key: Path, peers: Path | None) -> ssl.SSLContext:
    """Return what the port of a server speaks.

    Parameters
    ----------
    peers
        Certificates of senders or of their authorities; with them a sender has to show one of these, or one
        that they vouch for.

    Raises
    ------
    BadInputError
        If a file holds no certificate or no key, or the two do not belong together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS_OF_TLS_1_2)
    try:
        context.load_cert_chain(certificate, key, password=_no_pass_phrase)
    except (ssl.SSLError, OSError, _PassPhraseError) as error:
        raise BadInputError(f"{certificate} and {key} are no certificate with its key: {error}") from error
    if peers is None:
        return context
    try:
        context.load_verify_locations(peers)
    except (ssl.SSLError, OSError) as error:
        raise BadInputError(f"{peers} holds no certificate: {error}") from error
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # a sender's own certificate may be listed
    return context


def certificate_of_peer(connection: socket.socket) -> str:
    """Shake hands, and return the SHA-256 of the certificate that the peer showed; empty where there is none.

    Raises
    ------
    ssl.SSLError
        If the peer speaks no TLS, or shows no certificate that is known here.
    """
    if not isinstance(connection, ssl.SSLSocket):
        return ""
    connection.do_handshake()
    shown = connection.getpeercert(binary_form=True)
    return hashlib.sha256(shown).hexdigest() if shown else ""


def shut_down(connection: socket.socket, how: int) -> None:
    """Shut the connection itself down, below TLS, so that another thread may do it."""
    socket.socket.shutdown(connection, how)  # that of SSLSocket would drop its keys, and go on in plain text


def shut_down_writing(connection: socket.socket) -> None:
    """Tell the peer that nothing more comes."""
    if isinstance(connection, ssl.SSLSocket):
        connection.unwrap()
    else:
        connection.shutdown(socket.SHUT_WR)


class _PassPhraseError(Exception):
    """The key needs a pass phrase, and nobody is there to type it."""


def _no_pass_phrase() -> str:
    raise _PassPhraseError("the key has a pass phrase; store it without one, readable by this account alone")
