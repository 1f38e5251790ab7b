"""Which plug-in on which images brought a worker down: once is suspect, twice is never tried again.

The book outlives the front: it is a small JSON file, replaced in one step.
"""

import hashlib
import json
import logging
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from allward_engine.tile_requests import AnyRequest
from allward_sdk.errors import QuarantinedError

log = logging.getLogger(__name__)

MOST_TRIES = 2
"""A job that has brought a worker down so often is not tried again. Source: ADR-0013."""

_CHUNK_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class Record:
    """One plug-in on one input, and how often it brought a worker down."""

    key: str
    plugin: str
    graphs: str
    """Digest of plug-in, version and model digests; what a new input is compared with first."""
    job_id: str
    reason: str
    since: str
    times: int


class Quarantine:
    """The book of what brought workers down.

    Parameters
    ----------
    path
        Where it is kept; read at the start, written at every change.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._records = {record.key: record for record in _read(path)}

    def suspects(self, request: AnyRequest) -> bool:
        """Tell whether the request's plug-in has brought a worker down, on whatever images."""
        graphs = graphs_digest(request)
        return any(record.graphs == graphs for record in self._records.values())

    def blame(self, key: str, request: AnyRequest, reason: str) -> bool:
        """Note that a worker died while it ran this; returns whether it is in quarantine now."""
        before = self._records.get(key)
        identity = request.manifest.plugin
        self._records[key] = Record(
            key=key,
            plugin=f"{identity.id} {identity.version}",
            graphs=graphs_digest(request),
            job_id=request.job_id,
            reason=reason,
            since=datetime.now(UTC).isoformat(timespec="seconds"),
            times=1 if before is None else before.times + 1,
        )
        self._write()
        return self._records[key].times >= MOST_TRIES

    def forgive(self, key: str) -> None:
        """Note that it came to a good end: it was not what brought the worker down."""
        if self._records.pop(key, None) is not None:
            self._write()

    def refusal(self, key: str) -> QuarantinedError | None:
        """Return the words for what is in quarantine; None for what is not."""
        record = self._records.get(key)
        if record is None or record.times < MOST_TRIES:
            return None
        return QuarantinedError(
            f"The plug-in {record.plugin} has brought the engine down {record.times} times on these images "
            f"and is not tried on them again until somebody releases it: {record.reason}."
        )

    def release(self, key: str) -> bool:
        """Take a key out of the book; returns whether it was in quarantine."""
        record = self._records.get(key)
        if record is None or record.times < MOST_TRIES:
            return False
        del self._records[key]
        self._write()
        return True

    def describe(self) -> list[dict[str, Any]]:
        """Return what is in quarantine, as JSON."""
        return [
            {
                "key": record.key,
                "plugin": record.plugin,
                "job_id": record.job_id,
                "reason": record.reason,
                "since": record.since,
            }
            for record in self._records.values()
            if record.times >= MOST_TRIES
        ]

    def _write(self) -> None:
        partial = self._path.with_suffix(".partial")
        text = json.dumps([asdict(record) for record in self._records.values()], indent=1)
        try:
            with partial.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self._path)
        except OSError as error:
            log.error("the quarantine cannot be written, and is forgotten when the engine ends: %s", error)


def graphs_digest(request: AnyRequest) -> str:
    """Name a plug-in by its identity and the bytes of its models."""
    identity = request.manifest.plugin
    models = sorted(model.sha256 for model in request.manifest.models.values())
    return hashlib.sha256(json.dumps([identity.id, identity.version, models]).encode()).hexdigest()


def key_of(request: AnyRequest, voxels_digest: str) -> str:
    """Name a plug-in on an input: by the digest that the request brings, else by voxels and geometry."""
    images = request.input_digest or json.dumps([voxels_digest, request.place_json()], sort_keys=True)
    return hashlib.sha256(f"{graphs_digest(request)} {images}".encode()).hexdigest()[:32]


def voxels_digest(descriptor: int) -> str:
    """Hash the voxels that lie in shared memory, without mapping them; closes the descriptor."""
    digest, offset = hashlib.sha256(), 0
    try:
        while part := os.pread(descriptor, _CHUNK_BYTES, offset):
            digest.update(part)
            offset += len(part)
    finally:
        os.close(descriptor)
    return digest.hexdigest()


def _read(path: Path) -> list[Record]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return [Record(**row) for row in rows]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError) as error:
        log.error("the quarantine in %s cannot be read, and starts empty: %s", path, error)
        return []
