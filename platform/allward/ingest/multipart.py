"""A multipart/related body, parsed as it streams in: no part is ever whole in memory.

Source
------
RFC 2046 5.1.1 (boundaries), RFC 2387 (multipart/related).
"""

import re
from collections.abc import Mapping
from enum import Enum, auto
from typing import Protocol

_MAX_HEAD_BYTES = 16 * 1024
_PARAMETER = re.compile(r';\s*([\w-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;\s]*)')
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")


class MalformedBodyError(ValueError):
    """The body is not what its Content-Type says."""


class PartSink(Protocol):
    """Takes what the parser finds."""

    def begin_part(self, headers: Mapping[str, str]) -> None:
        """Take the headers of the next part, names in lower case."""

    def part_bytes(self, block: memoryview) -> None:
        """Take the next bytes of the part."""

    def end_part(self) -> None:
        """Note that the part is whole."""


def media_type(content_type: str) -> tuple[str, dict[str, str]]:
    """Split a Content-Type into the type and its parameters, both in lower case but for the values."""
    main = content_type.split(";", 1)[0].strip().lower()
    found = {name.lower(): value.strip('"') for name, value in _PARAMETER.findall(content_type)}
    return main, found


def checked_boundary(parameters: Mapping[str, str]) -> bytes:
    """Return the boundary of a multipart Content-Type.

    Raises
    ------
    MalformedBodyError
        If there is none, or it has characters that none may have.
    """
    boundary = parameters.get("boundary", "")
    if not _BOUNDARY.fullmatch(boundary):
        raise MalformedBodyError("the Content-Type names no valid boundary")
    return boundary.encode("ascii")


class _State(Enum):
    PREAMBLE = auto()
    BOUNDARY_END = auto()
    HEAD = auto()
    BODY = auto()
    EPILOGUE = auto()


class MultipartParser:
    """Cuts a stream of bytes at its boundaries."""

    def __init__(self, boundary: bytes, sink: PartSink) -> None:
        self._delimiter = b"\r\n--" + boundary
        self._sink = sink
        self._buffer = bytearray(b"\r\n")  # so that a first boundary needs no special case
        self._state = _State.PREAMBLE
        self._skipped_line_end = False
        self._steps = {
            _State.PREAMBLE: self._preamble,
            _State.BOUNDARY_END: self._boundary_end,
            _State.HEAD: self._head,
            _State.BODY: self._body,
            _State.EPILOGUE: self._epilogue,
        }

    def feed(self, block: bytes | memoryview) -> None:
        """Take the next bytes.

        Raises
        ------
        MalformedBodyError
            If they cannot belong to a multipart body.
        """
        self._buffer += block
        while self._steps[self._state]():
            pass

    def finish(self) -> None:
        """Note the end of the stream.

        Raises
        ------
        MalformedBodyError
            If the last boundary has not come.
        """
        if self._state is not _State.EPILOGUE:
            raise MalformedBodyError("the body ends before its last boundary")

    def _preamble(self) -> bool:
        position = self._buffer.find(self._delimiter)
        if position < 0:
            self._drop(max(0, len(self._buffer) - len(self._delimiter) + 1))
            return False
        self._drop(position + len(self._delimiter))
        self._state = _State.BOUNDARY_END
        return True

    def _boundary_end(self) -> bool:
        if self._buffer.startswith(b"--"):
            self._state = _State.EPILOGUE
            return True
        end = self._buffer.find(b"\r\n")
        if end < 0:
            if len(self._buffer) > _MAX_HEAD_BYTES:
                raise MalformedBodyError("a boundary is not followed by a line end")
            return False
        if self._buffer[:end].strip(b" \t"):
            raise MalformedBodyError("a boundary is followed by something else than a line end")
        self._drop(end)  # the line end stays: a part without headers goes on with a second one
        self._state = _State.HEAD
        return True

    def _head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0 or end > _MAX_HEAD_BYTES:
            if len(self._buffer) > _MAX_HEAD_BYTES:
                raise MalformedBodyError("the headers of a part are too long")
            return False
        lines = bytes(self._buffer[:end]).decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines if line)
        self._sink.begin_part({name.strip().lower(): value.strip() for name, _, value in pairs})
        self._drop(end + 2)  # one line end stays: an empty part goes on with its delimiter
        self._state = _State.BODY
        self._skipped_line_end = False
        return True

    def _body(self) -> bool:
        if not self._skipped_line_end:
            if len(self._buffer) < len(self._delimiter) + 2:
                return False
            if not self._buffer.startswith(self._delimiter):
                self._drop(2)
            self._skipped_line_end = True
        position = self._buffer.find(self._delimiter)
        end = position if position >= 0 else len(self._buffer) - len(self._delimiter) + 1
        if end > 0:
            with memoryview(self._buffer) as view:
                self._sink.part_bytes(view[:end])
            self._drop(end)
        if position < 0:
            return False
        self._drop(len(self._delimiter))
        self._sink.end_part()
        self._state = _State.BOUNDARY_END
        return True

    def _epilogue(self) -> bool:
        self._buffer.clear()
        return False

    def _drop(self, size: int) -> None:
        del self._buffer[:size]
