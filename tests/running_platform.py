"""The whole platform as its users have it: `allward up` in a state folder of its own, over real sockets."""

import atexit
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from allward.config.embedded.account import ROOT_STATE
from allward_sdk.recipe import build

ROOT = Path(__file__).parents[1]


def free_port() -> int:
    """Return a TCP port of this machine that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@cache
def liver_package() -> Path:
    """Build the real plug-in, once; the weights come from the download cache or the registry."""
    folder = ROOT / "var" / "plugins"
    folder.mkdir(parents=True, exist_ok=True)
    return build(ROOT / "plugins" / "liver_ct", folder).path


@dataclass
class Running:
    """A platform that runs."""

    home: Path
    http_port: int
    dimse_port: int
    process: subprocess.Popen[bytes]
    variables: Mapping[str, str] = field(repr=False)

    @property
    def url(self) -> str:
        """Where its pages are."""
        return f"http://127.0.0.1:{self.http_port}"

    def password(self, username: str) -> str:
        """Return a demo account's password."""
        rows = json.loads((self.home / "demo-accounts.json").read_text(encoding="utf-8"))
        found: str = next(row["password"] for row in rows if row["username"] == username)
        return found

    def client(self, username: str = "radiologist") -> httpx.Client:
        """Return an HTTP client that signs in with each request."""
        return httpx.Client(base_url=self.url, auth=(username, self.password(username)), timeout=30)

    def allward(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run the `allward` command in another terminal."""
        done = subprocess.run(
            [sys.executable, "-m", "allward_sdk.cli", *arguments],
            env=dict(self.variables),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0 or not check, f"allward {' '.join(arguments)}: {done.stderr}{done.stdout}"
        return done

    def processes(self) -> list[dict[str, Any]]:
        """Return what the supervisor says of its processes."""
        said = json.loads((self.home / "run" / "processes.json").read_text(encoding="utf-8"))
        rows: list[dict[str, Any]] = said["processes"] if isinstance(said, dict) else said
        return rows

    def wait_ready(self, seconds: float = 240) -> None:
        """Wait until `/readyz` answers 200."""
        deadline = time.monotonic() + seconds
        answer = "nothing"
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"allward up ended with {self.process.returncode}:\n{self.output()}")
            try:
                response = httpx.get(f"{self.url}/readyz", timeout=5)
                answer = response.text
                if response.status_code == 200:
                    return
            except httpx.HTTPError as error:
                answer = repr(error)
            time.sleep(0.25)
        raise AssertionError(f"not ready after {seconds} s: {answer}\n{self.output()}")

    def output(self) -> str:
        """Return what `allward up` printed, and the ends of the logs."""
        parts = [(self.home / "up.log").read_text(errors="replace")[-4000:]]
        for log in sorted((self.home / "logs").glob("*.log")):
            parts.append(f"--- {log.name}\n{log.read_text(errors='replace')[-2500:]}")
        return "\n".join(parts)


@contextmanager
def running_platform(
    home: Path,
    *,
    samples: Path | None = None,
    extra: Mapping[str, str] | None = None,
    real_plugin: bool = True,
) -> Iterator[Running]:
    """Start `allward up`, wait until it is ready, and stop it with SIGTERM after the block."""
    http_port, dimse_port = free_port(), free_port()
    (home / "plugins").mkdir(parents=True, exist_ok=True)
    if real_plugin:
        shutil.copy(liver_package(), home / "plugins")
    nothing = home / "no-samples"
    nothing.mkdir(exist_ok=True)
    variables = {
        **{name: value for name, value in os.environ.items() if not name.startswith("ALLWARD_")},
        "ALLWARD_HOME": str(home),
        "ALLWARD_HTTP_PORT": str(http_port),
        "ALLWARD_DIMSE_PORT": str(dimse_port),
        "ALLWARD_STUDY_QUIET_S": "1",
        "ALLWARD_SAMPLES": str(samples or nothing),
        **(extra or {}),
    }
    with (home / "up.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "allward_sdk.cli", "up"],
            env=variables,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    running = Running(home, http_port, dimse_port, process, variables)
    try:
        running.wait_ready()
        yield running
    finally:
        atexit.register(_forget, home)  # not yet: a test may start the platform on the same folder again
        _stop(process)


def _forget(home: Path) -> None:
    """Remove what root's platform keeps outside of its state folder."""
    name = home / "home-id"
    if name.exists():
        shutil.rmtree(ROOT_STATE / name.read_text().strip(), ignore_errors=True)


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
