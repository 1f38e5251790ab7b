"""What must be so before anything starts. Each thing that is not gives one sentence that says what to do."""

import contextlib
import errno
import fcntl
import json
import os
import shutil
import socket
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import IO

from allward.config.embedded.state_folder import prepare_home, write_private
from allward.config.environment import Environment
from allward.config.variables import ConfigurationError
from allward.ingest.dimse.tls import server_context
from allward_sdk.errors import BadInputError

STATE_SCHEMA = 1
"""The form of the state folder that this version writes. Raised when an older version could not use it."""

LEAST_FREE_MIB = 256
"""Below this nothing starts: PostgreSQL alone writes its log in pieces of 16 MiB and needs several."""

_FORMER_END_S = 15.0


@contextlib.contextmanager
def hold(home: Path) -> Iterator[int]:
    """Make the state folder ready and keep every other supervisor away from it.

    Yields
    ------
    the file descriptor of the lock, to be held by whatever must end before another may start

    Raises
    ------
    ConfigurationError
        If it is in use, cannot be written, or comes from a newer version.
    """
    prepare_home(home)
    with (home / "run" / "lock").open("a+") as lock:
        _lock(lock, home)
        check_schema(home)
        check_disk(home)
        yield lock.fileno()


@contextlib.contextmanager
def hold_services(state: Path) -> Iterator[int]:
    """Keep every other supervisor away from the embedded services: a copied state folder names the same ones.

    Yields
    ------
    the file descriptor of the lock
    """
    with (state / "lock").open("a+") as lock:
        _lock(lock, state)
        check_disk(state)
        yield lock.fileno()


def check_schema(home: Path) -> None:
    """Check which version wrote the state folder, and note that this one does from now on."""
    path = home / "version.json"
    try:
        schema = int(json.loads(path.read_text())["schema"])
    except FileNotFoundError:
        schema = 0
    except (ValueError, KeyError, TypeError):
        raise ConfigurationError(
            f"{path} is damaged: restore it, or set ALLWARD_HOME to another folder."
        ) from None
    if schema > STATE_SCHEMA:
        raise ConfigurationError(
            f"The state folder {home} comes from a newer Allward (its schema is {schema}, this version knows "
            f"{STATE_SCHEMA}): bring Allward up to date, or set ALLWARD_HOME to another folder."
        )
    if schema < STATE_SCHEMA:
        write_private(path, json.dumps({"schema": STATE_SCHEMA, "allward": version("allward")}) + "\n")


def check_disk(folder: Path) -> None:
    """Check that there is room to begin with."""
    free_mib = shutil.disk_usage(folder).free // 2**20
    if free_mib < LEAST_FREE_MIB:
        raise ConfigurationError(
            f"The disk that holds {folder} is full ({free_mib} MiB free, {LEAST_FREE_MIB} are needed): make "
            f"room, or set ALLWARD_HOME to a folder on another disk."
        )


def check_ports(environment: Environment) -> None:
    """Check that nobody else listens where the web and the DIMSE server will."""
    _check_port("HTTP", environment.http_host, environment.http_port)
    _check_port("DIMSE", environment.dimse_host, environment.dimse_port)
    if environment.dimse_tls is not None:
        _check_port("DIMSE_TLS", environment.dimse_host, environment.dimse_tls.port)


def check_tls(environment: Environment) -> None:
    """Check that the certificate and the key of the DICOM port can be used."""
    tls = environment.dimse_tls
    if tls is None:
        return
    try:
        server_context(certificate=tls.certificate, key=tls.key, peers=tls.peers)
    except BadInputError as error:
        raise ConfigurationError(f'{error} (docs/configuration.md, section "DICOM over TLS").') from error


def _lock(file: IO[str], folder: Path) -> None:
    """Take a lock and write who has it. The processes of a killed supervisor hold it until they ended."""
    end_s = time.monotonic() + _FORMER_END_S
    while not _is_locked(file):
        file.seek(0)
        holder = file.read().strip()
        if _is_alive(holder) or time.monotonic() > end_s:
            raise ConfigurationError(
                f"Allward already runs in the state folder {folder} (process {holder or 'unknown'}): stop it "
                f"first, or set ALLWARD_HOME to another folder."
            )
        time.sleep(0.2)
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()


def _is_locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_alive(process_id: str) -> bool:
    try:
        os.kill(int(process_id), 0)
    except PermissionError:
        return True
    except (ValueError, ProcessLookupError):
        return False
    return True


def _check_port(kind: str, host: str, port: int) -> None:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except socket.gaierror:
        raise ConfigurationError(
            _sentence(kind, "HOST", f'"{host}" is not an address of this machine')
        ) from None
    except OSError as error:
        raise ConfigurationError(_sentence(kind, *_why(error, host, port))) from None


def _why(error: OSError, host: str, port: int) -> tuple[str, str]:
    if error.errno == errno.EADDRINUSE:
        return "PORT", f"Port {port} is taken by another program"
    if error.errno == errno.EACCES:
        return "PORT", f"Port {port} may not be used by this user"
    return "HOST", f'"{host}" is not an address of this machine'


def _sentence(kind: str, part: str, what: str) -> str:
    return f'{what}: choose another with ALLWARD_{kind}_{part} (docs/configuration.md, section "Addresses").'
