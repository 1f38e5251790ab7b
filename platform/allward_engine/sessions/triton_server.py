"""A Triton server as an engine sees it: one connection kept open, errors sorted by whose fault they are."""

import base64
import http.client
import json
import ssl
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from allward_engine.sessions.kserve import HEADER_LENGTH, Bytes
from allward_sdk.errors import PluginFaultError, TemporaryError

CONNECT_TIMEOUT_S = 5.0
"""Until a server that does not take the call counts as away."""

LOAD_TIMEOUT_S = 600.0
"""Until a load counts as lost: an engine may be built for minutes."""

_AWAY = frozenset({408, 429, 502, 503, 504})
"""Answers that say: not now."""

_NOT_THE_MODELS_FAULT = (
    "unknown model",
    "is not ready",
    "no available versions",
    "out of memory",
    "Failed to allocate",
    "exceeds maximum queue size",
    "exceeds the maximum",
    "Request timeout expired",
    "Stub process",
)
"""Words of Triton's errors that say that the model might have done it."""


class TritonServer:
    """One server, or the one address of many; used by one thread at a time.

    Parameters
    ----------
    url
        For example ``http://triton:8000``.
    timeout_s
        Until an answer to one request counts as lost.

    Raises
    ------
    TemporaryError
        If the address is none.
    """

    def __init__(self, url: str, *, timeout_s: float) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise TemporaryError(
                f"{url!r} is not the address of a Triton server, such as http://triton:8000."
            )
        self.url = url.rstrip("/")
        self._path = parts.path.rstrip("/")
        self._timeout_s = timeout_s
        self._host, self._port = parts.hostname, parts.port
        self._context = ssl.create_default_context() if parts.scheme == "https" else None
        self._connection: http.client.HTTPConnection | None = None

    def is_ready(self) -> bool:
        """Tell whether the server takes requests; raises TemporaryError if nobody answers."""
        return self._ask("GET", "/v2/health/ready")[0] == 200

    def has(self, model: str) -> bool:
        """Tell whether a model is loaded and takes requests."""
        return self._ask("GET", f"/v2/models/{model}/ready")[0] == 200

    def describe(self, model: str) -> dict[str, Any]:
        """Return what a loaded model takes and gives, as the protocol's metadata."""
        return self._json("GET", f"/v2/models/{model}")

    def configuration(self, model: str) -> dict[str, Any]:
        """Return a loaded model's configuration."""
        return self._json("GET", f"/v2/models/{model}/config")

    def load(self, model: str, *, graph: bytes | None = None, config: Mapping[str, Any] | None = None) -> str:
        """Ask the server to load a model, from its repository or from the bytes and configuration given.

        Returns
        -------
        why it did not, empty if it did
        """
        parameters: dict[str, str] = {}
        if graph is not None:
            parameters["config"] = json.dumps(config)
            parameters["file:1/model.onnx"] = base64.b64encode(graph).decode()
        body = json.dumps({"parameters": parameters}).encode()
        wait_s, self._timeout_s = self._timeout_s, LOAD_TIMEOUT_S
        try:
            status, answer, _ = self._ask("POST", f"/v2/repository/models/{model}/load", body=[body])
        finally:
            self._timeout_s = wait_s
        return "" if status == 200 else _error_in(answer, status)

    def infer(self, model: str, version: str, header: bytes, tensor: memoryview) -> tuple[bytes, Bytes]:
        """Run a model once.

        Returns
        -------
        the answer's JSON, and the bytes of its tensors

        Raises
        ------
        PluginFaultError
            If the model fails on it.
        TemporaryError
            If the server is away, too busy, or has the model no longer.
        """
        status, answer, tensors = self._ask(
            "POST",
            f"/v2/models/{model}/versions/{version}/infer",
            body=[header, tensor],
            headers={HEADER_LENGTH: str(len(header)), "Content-Type": "application/octet-stream"},
        )
        if status == 200:
            return answer, tensors
        reason = _error_in(answer, status)
        if status in _AWAY or status == 404 or any(words in reason for words in _NOT_THE_MODELS_FAULT):
            raise TemporaryError(f"The Triton at {self.url} cannot run the model now: {reason}")
        raise PluginFaultError(f"The model failed on the Triton at {self.url}: {reason}")

    def close(self) -> None:
        """Hang up; the next request calls again."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _json(self, method: str, path: str) -> dict[str, Any]:
        status, answer, _ = self._ask(method, path)
        try:
            said = json.loads(answer)
        except ValueError:
            said = None
        if status != 200 or not isinstance(said, dict):
            raise TemporaryError(
                f"The Triton at {self.url} does not tell {path}: {_error_in(answer, status)}"
            )
        return said

    def _ask(
        self,
        method: str,
        path: str,
        *,
        body: Sequence[bytes | memoryview] = (),
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes, Bytes]:
        """Return status, JSON, and the bytes behind it; asked again once if a kept connection had ended."""
        kept = self._connection is not None
        try:
            return self._ask_once(method, path, body, headers or {})
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError) as error:
            self.close()
            if not kept:
                raise self._away(error) from error
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise self._away(error) from error
        try:
            return self._ask_once(method, path, body, headers or {})
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise self._away(error) from error

    def _ask_once(
        self, method: str, path: str, body: Sequence[bytes | memoryview], headers: Mapping[str, str]
    ) -> tuple[int, bytes, Bytes]:
        if self._connection is None:
            self._connection = self._connect()
        connection = self._connection
        connection.putrequest(method, f"{self._path}{path}", skip_accept_encoding=True)
        connection.putheader("Accept-Encoding", "identity")  # a compressed tensor costs more than it saves
        connection.putheader("Content-Length", str(sum(len(part) for part in body)))
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.sock.settimeout(self._timeout_s)
        connection.endheaders()
        for part in body:
            connection.send(part)
        return _read(connection.getresponse())

    def _connect(self) -> http.client.HTTPConnection:
        wait_s, context = CONNECT_TIMEOUT_S, self._context
        connection = (
            http.client.HTTPConnection(self._host, self._port, timeout=wait_s)
            if context is None
            else http.client.HTTPSConnection(self._host, self._port, timeout=wait_s, context=context)
        )
        connection.connect()
        return connection

    def _away(self, error: Exception) -> TemporaryError:
        why = str(error) or type(error).__name__
        return TemporaryError(f"The Triton at {self.url} does not answer: {why}")


def _read(response: http.client.HTTPResponse) -> tuple[int, bytes, Bytes]:
    """Read an answer; its tensors go straight to where they stay."""
    length = response.getheader(HEADER_LENGTH)
    if length is None or response.length is None:
        return response.status, response.read(), np.empty(0, np.uint8)
    said = response.read(int(length))
    tensors = np.empty(response.length, np.uint8)
    view, place = tensors.data, 0
    while place < len(view):
        count = response.readinto(view[place:])
        if count == 0:
            raise http.client.IncompleteRead(said, len(view) - place)
        place += count
    response.read()  # what says that the answer has ended
    return response.status, said, tensors


def _error_in(answer: bytes, status: int) -> str:
    try:
        said = json.loads(answer)
    except ValueError:
        said = None
    reason = said.get("error") if isinstance(said, dict) else None
    return str(reason or answer[:200].decode("utf-8", "replace") or f"HTTP status {status}")
