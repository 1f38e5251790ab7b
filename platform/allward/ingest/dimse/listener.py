"""Accepts connections and gives each association its thread."""

import logging
import socket
import ssl
import threading
import time

from allward.ingest.dimse.association import Association, Provider

log = logging.getLogger(__name__)

_BACKLOG = 128
_LAST_WORDS_S = 0.5
"""For associations that were cut off, all together, to tell their peers."""
_THREADS_OVER_LIMIT = 2
"""Up to this many times the limit, peers hear why they are refused; beyond it they are cut off."""


class Listener:
    """One port of the DIMSE provider, plain or over TLS."""

    def __init__(
        self, provider: Provider, *, host: str, port: int, tls: ssl.SSLContext | None = None
    ) -> None:
        self._provider = provider
        self._tls = tls
        self._open: dict[threading.Thread, Association] = {}
        self._guard = threading.Lock()
        self._stopping = False
        self._socket = socket.create_server((host, port), backlog=_BACKLOG)
        self._thread = threading.Thread(target=self._accept, name="dimse-listener", daemon=True)

    @property
    def port(self) -> int:
        """The port it really listens on."""
        return int(self._socket.getsockname()[1])

    def start(self) -> None:
        """Begin to accept."""
        self._thread.start()

    def stop(self, *, within_s: float = 20.0) -> None:
        """Accept nobody more, let requests under way come to their end, and close.

        Parameters
        ----------
        within_s
            After it, what is still under way is cut off; it was not acknowledged.
        """
        self._stopping = True
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        end = time.monotonic() + within_s
        for association in self._now_open().values():
            association.drain()
        for thread in self._now_open():
            thread.join(max(0.0, end - time.monotonic()))
        for association in self._now_open().values():
            association.cut()
        end = time.monotonic() + _LAST_WORDS_S
        for thread in self._now_open():
            thread.join(max(0.0, end - time.monotonic()))

    def _now_open(self) -> dict[threading.Thread, Association]:
        with self._guard:
            return dict(self._open)

    def _accept(self) -> None:
        while not self._stopping:
            try:
                connection, address = self._socket.accept()
            except OSError as error:
                if self._stopping:
                    return
                log.warning("a connection could not be accepted: %s", error)
                time.sleep(0.1)  # out of file descriptors, say
                continue
            self._serve(connection, str(address[0]))

    def _serve(self, connection: socket.socket, peer: str) -> None:
        limit = self._provider.limits.associations
        with self._guard:
            already = len(self._open)
        if already >= limit * _THREADS_OVER_LIMIT:
            connection.close()
            return
        try:
            connection = self._prepared(connection)
        except OSError as error:
            log.info("%s went away at once: %s", peer, error)
            connection.close()
            return
        association = Association(connection, peer, self._provider)

        def run() -> None:
            try:
                association.run(over_limit=already >= limit)
            finally:
                with self._guard:
                    self._open.pop(threading.current_thread(), None)

        thread = threading.Thread(target=run, name=f"dimse-{peer}", daemon=True)
        with self._guard:
            self._open[thread] = association
        thread.start()

    def _prepared(self, connection: socket.socket) -> socket.socket:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if self._tls is None:
            return connection
        # The handshake waits for the peer, so the association does it, in its own thread.
        return self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
