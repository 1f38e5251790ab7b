"""Receives one object and indexes it, and dies by SIGKILL at the step that is named on the command line."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction

from allward.ingest import indexing
from allward.ingest.place import spool
from allward.ingest.spool import Incoming, Origin, SpoolBatch, SpoolEntry
from allward.storage.folder import FolderStorage
from allward.studies.actions import indexing as study_indexing

STEPS = (
    "writing", "renamed", "kept", "inserted", "adopting", "adopted", "told", "committing",
    "committed", "forgotten one", "forgotten",
)  # fmt: skip


def die(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def before(holder: Any, name: str) -> None:
    setattr(holder, name, die)


def after(holder: Any, name: str) -> None:
    original: Callable[..., Any] = getattr(holder, name)

    def then_die(*args: Any, **kwargs: Any) -> Any:
        original(*args, **kwargs)
        die()

    setattr(holder, name, then_die)


PLACES: dict[str, Callable[[], None]] = {
    "writing": lambda: before(Incoming, "keep"),
    "renamed": lambda: before(SpoolBatch, "sync"),
    "kept": lambda: before(indexing, "index_entries"),
    "inserted": lambda: after(study_indexing, "_insert"),
    "adopting": lambda: before(FolderStorage, "adopt"),
    "adopted": lambda: after(FolderStorage, "adopt"),
    "told": lambda: after(study_indexing, "_tell"),
    "committing": lambda: before(transaction.Atomic, "__exit__"),
    "committed": lambda: before(SpoolEntry, "forget"),
    "forgotten one": lambda: after(SpoolEntry, "forget"),
    "forgotten": lambda: after(indexing, "index_entries"),
}


def main(step: str, tenant: str, *names: str) -> None:
    batch = spool().open_batch(Origin(tenant_id=UUID(tenant), actor="crash"))
    PLACES[step]()
    entries = []
    for path in map(Path, names):
        incoming = batch.incoming()
        incoming.write(path.read_bytes())
        entries.append(incoming.keep())
        sys.stdout.write(f"acknowledged {path.name}\n")
        sys.stdout.flush()
    indexing.index_entries(entries, ())
    batch.close()
