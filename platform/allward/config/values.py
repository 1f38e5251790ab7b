"""What a setting's text may look like. Every function here raises `ValueError` for a text that it refuses."""

import hashlib
import os
import re
import socket
from pathlib import Path
from urllib.parse import urlsplit

SOCKET_PATH_BYTES = 90
"""A longer path of a Unix socket gets a short folder instead. The kernel's own limit is 107 bytes (`sun_path`
in unix(7)); the rest is room for the names that programs add."""


DEVICE = r"auto|cpu|openvino|onnxruntime|triton|(cuda|tensorrt)(:\d{1,2})?"
PRECISIONS = ("float32", "tf32", "bfloat16", "float16")
"""What the engine takes; repeated here, since every process reads its settings and few need the engine."""


def folder(value: str) -> Path:
    """Read the path of a folder; `~` is the user's own."""
    try:
        return Path(value).expanduser().absolute()
    except RuntimeError as error:  # `~name` of somebody who does not exist
        raise ValueError(value) from error


STICKS = (Path("/media"), Path("/mnt"), Path("/run/media"))
"""Where a USB stick appears. Source: Filesystem Hierarchy Standard 3.0, 3.11 and 3.12; udisks2."""


def folders(value: str) -> tuple[Path, ...]:
    """Read paths of folders with a colon between them."""
    return tuple(folder(each.strip()) for each in value.split(":") if each.strip())


def file(value: str) -> Path:
    """Read the path of a file that this process may read."""
    path = folder(value)
    if not (path.is_file() and os.access(path, os.R_OK)):
        raise ValueError(value)
    return path


def port(value: str) -> int:
    """Read a TCP port that can be told to others, so not 0."""
    number = int(value)
    if not 1 <= number <= 65535:
        raise ValueError(value)
    return number


def seconds(value: str) -> float:
    """Read a span of time above 0, in seconds."""
    span_s = float(value)
    if not 0 < span_s < float("inf"):
        raise ValueError(value)
    return span_s


def boolean(value: str) -> bool:
    """Read 0 or 1; `no`, `yes`, `false` and `true` mean the same."""
    words = {"0": False, "no": False, "false": False, "1": True, "yes": True, "true": True}
    if value.lower() not in words:
        raise ValueError(value)
    return words[value.lower()]


def ae_title(value: str) -> str:
    """Read an application entity title.

    Source
    ------
    PS3.5 section 6.2, value representation AE: 16 bytes, no backslash, no control characters.
    """
    if len(value) > 16 or "\\" in value or not (value.isascii() and value.isprintable()):
        raise ValueError(value)
    return value


def listed(value: str) -> tuple[str, ...]:
    """Read names that are separated by commas."""
    return tuple(part.strip() for part in value.split(",") if part.strip())


def storage_url(value: str) -> str:
    """Read where the bytes lie: `file:///folder` or `s3://bucket`."""
    if not re.match(r"file:///|s3://[^/]", value):
        raise ValueError(value)
    return value


def database_url(value: str) -> str:
    """Read a libpq connection URI."""
    if not re.match(r"postgres(ql)?://", value):
        raise ValueError(value)
    return value


def broker_url(value: str) -> str:
    """Read the address of a Redis or Valkey."""
    if not re.match(r"rediss?://", value):
        raise ValueError(value)
    return value


def secret_key(value: str) -> str:
    """Read a key that signs sessions and tokens."""
    if len(value) < 32:
        raise ValueError(value)
    return value


def device(value: str) -> str:
    """Read which device the engine uses."""
    if not re.fullmatch(DEVICE, value):
        raise ValueError(value)
    return value


def devices(value: str) -> tuple[str, ...]:
    """Read the devices, each of which gets an engine; the same one twice would be counted twice."""
    names = tuple(device(name) for name in listed(value))
    if not names or len(set(names)) < len(names):
        raise ValueError(value)
    return names


def precision(value: str) -> str:
    """Read the arithmetic that models get where it is proven harmless."""
    if value not in PRECISIONS:
        raise ValueError(value)
    return value


def http_url(value: str) -> str:
    """Read the address of an HTTP server."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(value)
    return value


def log_level(value: str) -> str:
    """Read the least severe level that is logged."""
    if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise ValueError(value)
    return value.upper()


def own_host_names(http_host: str) -> tuple[str, ...]:
    """Return the names under which a browser may reach this machine by default."""
    names = ["localhost", "127.0.0.1", "[::1]", socket.gethostname().lower()]
    if http_host not in {"0.0.0.0", "::"}:  # noqa: S104  # compared with, never bound to
        names.append(http_host)
    return tuple(dict.fromkeys(names))


def socket_folder(home: Path, *, longest_name: int = 16) -> Path:
    """Return where sockets of this state folder lie: its own `run`, or a short folder if that is too long."""
    folder = home / "run"
    if len(os.fsencode(folder)) + 1 + longest_name <= SOCKET_PATH_BYTES:
        return folder
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    return Path("/tmp") / f"allward-{os.geteuid()}-{digest}"  # noqa: S108  # made with mode 700, owner checked
