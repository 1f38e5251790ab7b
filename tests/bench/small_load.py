"""Small studies through the front door, for measurements of everything but the model."""

import atexit
import functools
import subprocess
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from allward.config.environment import Environment
from allward_dicom.phantom import PhantomPatient, PhantomSpec, write_abdomen_phantom
from tests.running_platform import Running
from tests.small_package import make_package

SPEC = PhantomSpec(slices=12, size=64, slice_spacing_mm=10.0)


def install(running: Running) -> None:
    """Install the small plug-in for the central hospital's department."""
    with tempfile.TemporaryDirectory() as folder:
        package = make_package(Path(folder))
        running.allward("plugin", "install", str(package), "--built-here", "--department", "imaging-research")


@functools.cache
def _folder() -> Path:
    folder = tempfile.TemporaryDirectory(prefix="allward-bench-")
    atexit.register(folder.cleanup)
    return Path(folder.name)


def write(number: int) -> Path:
    """Write a study of a patient of its own; return its folder."""
    patient = replace(PhantomPatient(), patient_id=f"BENCH{number:05d}")
    folder = _folder() / patient.patient_id
    write_abdomen_phantom(folder, seed=number, spec=replace(SPEC, patient=patient))
    return folder


def send(running: Running, folder: Path) -> None:
    """Send a study by C-STORE."""
    subprocess.run(
        ["storescu", "-aec", "ALLWARD", "+sd", "+r", "127.0.0.1", str(running.dimse_port), str(folder)],
        check=True,
        timeout=60,
    )


@dataclass(frozen=True, slots=True)
class Told:
    """An event of the platform: when its row was written, whose it is, and its ids."""

    at: datetime
    tenant_id: UUID
    payload: dict[str, Any]


class Clock:
    """When things happened, read from the platform's own tables."""

    def __init__(self, running: Running) -> None:
        environment = Environment.read(running.variables)
        self._dispatcher = psycopg.connect(environment.dispatcher_database_url, autocommit=True)
        self._application = psycopg.connect(environment.database_url)

    def last(self, kind: str, *, after: datetime | None = None) -> Told | None:
        """Return the newest event of a kind, or None."""
        found = self._dispatcher.execute(
            "SELECT created_at, tenant_id, payload FROM outbox_outboxevent WHERE kind = %s"
            " AND (%s::timestamptz IS NULL OR created_at > %s) ORDER BY created_at DESC LIMIT 1",
            (kind, after, after),
        ).fetchone()
        return Told(*found) if found else None

    def wait(self, kind: str, *, after: datetime | None, seconds: float = 60) -> Told:
        """Wait for an event of a kind that is newer than `after`."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if (found := self.last(kind, after=after)) is not None:
                return found
            time.sleep(0.02)
        raise TimeoutError(f"no {kind} within {seconds} s")

    def first_unit(self, completed: Told) -> datetime:
        """Return when the engine took up the job of a study."""
        with self._application.transaction():
            self._application.execute(
                "SELECT set_config('allward.readable', %s, true)", (str(completed.tenant_id),)
            )
            found = self._application.execute(
                "SELECT first_unit_at FROM runs_job WHERE study_id = %s", (completed.payload["study_id"],)
            ).fetchone()
        if found is None or found[0] is None:
            raise LookupError("the job of this study never reached the engine")
        moment: datetime = found[0]
        return moment

    def study_of_result(self, ready: Told) -> str:
        """Return the study that a result is about."""
        with self._application.transaction():
            self._application.execute(
                "SELECT set_config('allward.readable', %s, true)", (str(ready.tenant_id),)
            )
            found = self._application.execute(
                "SELECT study_id FROM results_result WHERE id = %s", (ready.payload["result_id"],)
            ).fetchone()
        if found is None:
            raise LookupError("the result is gone")
        return str(found[0])
