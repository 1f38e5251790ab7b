"""One claimed job, from bytes to what was found, stored."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings

from allward.execution.keeping import keep
from allward.execution.words import fault_words
from allward.kernel.clock import now
from allward.outbox.live import tell
from allward.registry.models_folder import lay_out_models
from allward.registry.parameters import manifest_with
from allward.registry.trust import NotPermittedError, refuse_what_no_longer_holds
from allward.runs import actions
from allward.runs.claims import Claimed, release
from allward.runs.models import Attempt, Claim, Job
from allward.runs.states import Fault, Priority
from allward.storage.folder import MissingBytesError
from allward.storage.place import storage
from allward.studies.models import Instance
from allward.studies.queries import input_digest
from allward.tenancy.scope import Scope, carrying, within
from allward_dicom.volume import SeriesVolume, read_volume
from allward_engine.client import EngineClient
from allward_engine.requests import Priority as EnginePriority
from allward_engine.requests import Progress, SegmentRequest, SegmentResult
from allward_sdk.errors import (
    BadInputError,
    CanceledError,
    PluginFaultError,
    TemporaryError,
)
from allward_sdk.manifest import Manifest

log = logging.getLogger(__name__)

MOST_DEAD_ATTEMPTS = 8
"""Attempts that may end with a dead worker or engine before the job counts as what kills them."""

_NOTE_EVERY_S = 1.0
_TELL_EVERY_S = 0.4


@dataclass(frozen=True, slots=True)
class _Work:
    """What an attempt needs, read in one transaction."""

    job: Job
    manifest: Manifest
    keys: tuple[str, ...]
    run_ids: tuple[UUID, ...]
    app: str
    """One of the apps that wait for the job; device time is shared between apps too."""


@dataclass(frozen=True, slots=True)
class Executor:
    """Who carries a job out, and where."""

    name: str
    engine_socket: Path
    should_stop: Callable[[], bool]
    """Asked every moment: whether the job was cancelled or the process is ending."""


def run_job(claimed: Claimed, executor: Executor) -> None:
    """Carry out a claimed job. Whatever happens, its state says it afterwards.

    What is no error of ours is a bug: it leaves this function, the lease runs out, and the job is tried
    again; after `MOST_DEAD_ATTEMPTS` it is failed as a fault of the platform.
    """
    scope = Scope.of_tenant(claimed.tenant_id, actor=f"executor {executor.name}")
    with carrying(scope):
        with within(scope):
            work = _begin(claimed, executor.name)
        if work is None:
            release(claimed, wait=timedelta(hours=1))
            return
        try:
            _attempt(work, claimed, scope, executor)
        except BadInputError as error:
            _fail(claimed, scope, Fault.INPUT, error)
        except PluginFaultError as error:
            _fail(claimed, scope, Fault.PLUGIN, error)
        except CanceledError as error:
            _stopped(claimed, scope, error)
        except TemporaryError as error:
            _give_back(claimed, scope, error, died=isinstance(error, _EngineDiedError))


def _begin(claimed: Claimed, worker: str) -> _Work | None:
    job = actions.start_attempt(job_id=claimed.job_id, token=claimed.token, worker=worker)
    if job is None:
        return None
    dead = Attempt.objects.filter(job=job, number__gte=job.tries_from, outcome__in=("lost", "died"))
    if dead.count() >= MOST_DEAD_ATTEMPTS:
        words = fault_words(Fault.PLATFORM, "the worker or the engine died each time it was tried")
        actions.fail_job(job_id=job.pk, token=claimed.token, fault=Fault.PLATFORM, reason=words)
        return None
    instances = list(Instance.objects.filter(series_id=job.series_id).values_list("storage_key", "sha256"))
    runs = list(job.runjob_set.order_by("run_id").values_list("run_id", "run__app"))
    return _Work(
        job=job,
        manifest=manifest_with(job.plugin_version.manifest, job.parameters),
        keys=_keys_of_input(job, instances),
        run_ids=tuple(run_id for run_id, _ in runs),
        app=runs[0][1] if runs else "",
    )


def _keys_of_input(job: Job, instances: list[tuple[str, str]]) -> tuple[str, ...]:
    """Return the keys of exactly the images that the job was scheduled for."""
    if input_digest([digest for _, digest in instances]) == job.input_digest:
        return tuple(key for key, _ in instances)
    return ()


def _attempt(work: _Work, claimed: Claimed, scope: Scope, executor: Executor) -> None:
    if not work.keys:
        raise _OutdatedError("images arrived after this job was scheduled; a newer one reads them")
    with within(scope):
        refuse_what_no_longer_holds(work.job.plugin_version, claimed.tenant_id)
    lay_out_models(work.job.plugin_version, settings.ALLWARD.home / "models")
    started = time.monotonic()
    volume = _read(work)
    read_s = time.monotonic() - started
    reporter = _Reporter(work, claimed, scope)
    result = _segment(work, claimed, volume, reporter, executor)
    kept = keep(result, tenant_id=claimed.tenant_id, name=f"{claimed.job_id}-{claimed.token}")
    output = actions.JobOutput(
        labelmap_key=kept.labelmap_key,
        labelmap_sha256=kept.labelmap_sha256,
        found=[record.model_dump(mode="json") for record in result.found],
        arrays_key=kept.arrays_key,
        arrays_sha256=kept.arrays_sha256,
        geometry=volume.geometry.to_json(),
        stages_run=list(result.stages_run),
        device=result.device,
        model_digests=result.models,
        timings_s={"read": round(read_s, 3), **result.timings_s},
        first_unit_at=reporter.first_unit_at,
    )
    with within(scope):
        stored = actions.complete_job(job_id=claimed.job_id, token=claimed.token, output=output)
    if not stored:
        kept.forget()
        log.warning("job %s: attempt %s came too late", claimed.job_id, claimed.token)


def _read(work: _Work) -> SeriesVolume:
    try:
        return read_volume(
            [storage().path(key) for key in work.keys],
            min_slices=work.manifest.wants.min_slices,
            need_hu="CT" in work.manifest.wants.modality,
        )
    except (MissingBytesError, FileNotFoundError) as error:
        raise TemporaryError(f"the images cannot be read from the storage: {error}") from error


def _segment(
    work: _Work,
    claimed: Claimed,
    volume: SeriesVolume,
    reporter: "_Reporter",
    executor: Executor,
) -> SegmentResult:
    request = SegmentRequest(
        job_id=str(claimed.job_id),
        tenant=str(claimed.tenant_id),
        manifest=work.manifest,
        geometry=volume.geometry,
        priority=EnginePriority(Priority(work.job.priority).name),
        app=work.app,
        input_digest=work.job.input_digest,
        due_in_s=None if work.job.due_at is None else (work.job.due_at - now()).total_seconds(),
    )
    client = EngineClient(executor.engine_socket)
    try:
        return client.segment(
            request, volume.voxels_kji, on_progress=reporter.report, is_cancelled=executor.should_stop
        )
    except TemporaryError as error:
        if reporter.first_unit_at is None:
            raise
        raise _EngineDiedError(str(error)) from error


class _Reporter:
    """Passes progress on, often to the screen and once a second to the database."""

    def __init__(self, work: _Work, claimed: Claimed, scope: Scope) -> None:
        self._work, self._claimed, self._scope = work, claimed, scope
        self._noted = self._told = 0.0
        self.first_unit_at: datetime | None = None

    def report(self, progress: Progress) -> None:
        moment = time.monotonic()
        if self.first_unit_at is None:
            self.first_unit_at = now()
        if moment - self._noted >= _NOTE_EVERY_S:
            self._noted = moment
            with within(self._scope):
                actions.note_progress(
                    job_id=self._claimed.job_id,
                    token=self._claimed.token,
                    fraction=progress.fraction,
                    stage=progress.stage,
                )
        if moment - self._told >= _TELL_EVERY_S:
            self._told = moment
            for run_id in self._work.run_ids:
                tell(
                    self._claimed.tenant_id,
                    {
                        "type": "run.progress",
                        "study_id": str(self._work.job.study_id),
                        "run_id": str(run_id),
                        "progress": round(progress.fraction, 3),
                    },
                )


def _fail(claimed: Claimed, scope: Scope, fault: Fault, error: Exception) -> None:
    log.info("job %s failed (%s): %s", claimed.job_id, fault, error)
    words = error.text.to_json() if isinstance(error, NotPermittedError) else fault_words(fault, str(error))
    with within(scope):
        actions.fail_job(job_id=claimed.job_id, token=claimed.token, fault=fault, reason=words)


class _EngineDiedError(TemporaryError):
    """The engine had taken the job up and went away; perhaps the job is what kills it."""


class _OutdatedError(CanceledError):
    """Images arrived after the job was scheduled; another job reads them."""


def _stopped(claimed: Claimed, scope: Scope, error: CanceledError) -> None:
    """End the job if that was asked for; else the process is ending, and the job goes to the next one."""
    with within(scope):
        asked = Claim.objects.filter(job_id=claimed.job_id, cancel_requested=True).exists()
        if asked or isinstance(error, _OutdatedError):
            actions.confirm_cancel(job_id=claimed.job_id, token=claimed.token)
            return
        actions.give_back_job(job_id=claimed.job_id, token=claimed.token, message="the worker was stopped")
    release(claimed, wait=timedelta(0))


def _give_back(claimed: Claimed, scope: Scope, error: TemporaryError, *, died: bool) -> None:
    log.warning("job %s is given back at %s: %s", claimed.job_id, now().isoformat(), error)
    with within(scope):
        actions.give_back_job(
            job_id=claimed.job_id,
            token=claimed.token,
            message=str(error),
            outcome="died" if died else "temporary",
        )
    release(claimed, wait=timedelta(seconds=min(60.0, 0.5 * 2.0 ** min(claimed.token, 7))))
