"""What the platform really holds, read from its own tables: nothing is asked of the processes under test."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from tests.flow.faults.sending import SmallStudy
from tests.running_platform import Running

from allward.config.environment import Environment
from allward.results.states import ResultStatus
from allward.runs.states import JobState, RunState
from allward.studies.queries import input_digest

Rows = list[tuple[Any, ...]]
IN_FORCE = (ResultStatus.PRELIMINARY, ResultStatus.CURRENT)


@dataclass(frozen=True)
class StudyTruth:
    """One study and everything that was made of it."""

    sop_instance_uids: frozenset[str]
    images_digest: str
    broken_files: tuple[str, ...]
    """Instances whose bytes are missing or not those that were received."""
    runs: Rows
    """state, input digest."""
    jobs: Rows
    """state, input digest, attempts that completed, attempts that are still open."""
    results: Rows
    """id, status, input digest of its run."""
    findings: Rows
    """result id, finding id."""

    def faults(self) -> Iterator[str]:
        """Say what is lost, doubled, or still open."""
        yield from self.broken_files
        done = [job for job in self.jobs if job[1] == self.images_digest]
        if [job[0] for job in done] != [JobState.COMPLETED]:
            yield f"jobs on these images: {done}"
        for state, _, completed, still_open in self.jobs:
            if completed != (state == JobState.COMPLETED) or still_open:
                yield f"a {state} job with {completed} completed and {still_open} open attempts"
            if state not in (JobState.COMPLETED, JobState.CANCELED, JobState.FAILED):
                yield f"a job is {state}"
        for state, digest in self.runs:
            allowed = (
                {RunState.COMPLETED}
                if digest == self.images_digest
                else {RunState.COMPLETED, RunState.CANCELED}
            )
            if state not in allowed:
                yield f"a run is {state}"
        yield from self._faults_of_results()

    def _faults_of_results(self) -> Iterator[str]:
        in_force = [
            (status, digest) for _, status, digest in self.results if status in ("preliminary", "current")
        ]
        if [digest for _, digest in in_force] != [self.images_digest]:
            yield f"results in force: {in_force}"
        if len(set(self.findings)) != len(self.findings):
            yield "findings are doubled"
        for result_id, status, _ in self.results:
            if status in IN_FORCE and not any(row[0] == result_id for row in self.findings):
                yield "a result without a finding"


@dataclass
class Truth:
    """Reads the tables of one hospital, as the application's role with its scope stated by hand."""

    running: Running
    tenant_code: str = "central"
    _environment: Environment = field(init=False)

    def __post_init__(self) -> None:
        self._environment = Environment.read(self.running.variables)

    @contextmanager
    def _scoped(self) -> Iterator[psycopg.Connection]:
        with psycopg.connect(self._environment.database_url, connect_timeout=5) as connection:
            tenant = connection.execute(
                "SELECT id FROM tenancy_tenant WHERE code = %s", [self.tenant_code]
            ).fetchone()
            assert tenant is not None
            connection.execute("SELECT set_config('allward.readable', %s, true)", [str(tenant[0])])
            yield connection

    def ask(self, query: str, *parameters: object) -> Rows:
        """Return the rows of a query."""
        with self._scoped() as connection:
            return connection.execute(query, parameters).fetchall()

    def study(self, study_instance_uid: str) -> StudyTruth:
        """Gather one study."""
        of_study = " WHERE study_id = (SELECT id FROM studies_study WHERE study_instance_uid = %s)"
        with self._scoped() as connection:

            def rows(query: str) -> Rows:
                return connection.execute(query, [study_instance_uid]).fetchall()

            instances = rows(
                "SELECT sop_instance_uid, sha256, storage_key FROM studies_instance i JOIN studies_series s"
                " ON s.id = i.series_id WHERE NOT s.is_result AND i.study_id ="
                " (SELECT id FROM studies_study WHERE study_instance_uid = %s)"
            )
            return StudyTruth(
                sop_instance_uids=frozenset(row[0] for row in instances),
                images_digest=input_digest([row[1] for row in instances]),
                broken_files=tuple(self._broken(instances)),
                runs=rows(f"SELECT state, input_digest FROM runs_apprun {of_study}"),
                jobs=rows(
                    "SELECT state, input_digest,"
                    " (SELECT count(*) FROM runs_attempt a WHERE a.job_id = j.id AND outcome = 'completed'),"
                    " (SELECT count(*) FROM runs_attempt a WHERE a.job_id = j.id AND ended_at IS NULL)"
                    f" FROM runs_job j {of_study}"
                ),
                results=rows(
                    "SELECT r.id, r.status, (SELECT input_digest FROM runs_apprun WHERE id = r.run_id)"
                    f" FROM results_result r {of_study}"
                ),
                findings=rows(
                    "SELECT result_id, finding->>'id' FROM results_findingrecord WHERE result_id IN"
                    f" (SELECT id FROM results_result {of_study})"
                ),
            )

    def _broken(self, instances: Rows) -> Iterator[str]:
        root = Path(self._environment.storage_url.removeprefix("file://"))
        for uid, sha256, key in instances:
            path = root / key
            if not path.is_file():
                yield f"the bytes of {uid} are gone"
            elif hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
                yield f"the bytes of {uid} are not those that were received"

    def unfinished(self) -> list[str]:
        """Return what is still under way, of all hospitals, as the dispatcher sees it."""
        with psycopg.connect(self._environment.dispatcher_database_url, connect_timeout=5) as connection:
            steps = connection.execute(
                "SELECT step, state, last_error FROM outbox_outboxdelivery WHERE state <> 'done'"
            ).fetchall()
            events = connection.execute("SELECT kind FROM outbox_outboxevent WHERE NOT expanded").fetchall()
            claims = connection.execute("SELECT worker, token, lease_until FROM runs_claim").fetchall()
            due = connection.execute("SELECT study_id FROM studies_pendingcompletion").fetchall()
        spool = [path for path in (self.running.home / "spool").rglob("*.dcm")]
        return [*map(str, steps), *map(str, events), *map(str, claims), *map(str, due), *map(str, spool)]

    def faults_of(self, studies: list[SmallStudy]) -> list[str]:
        """Say everything that is not as it must be once studies have arrived and nothing is under way."""
        try:
            found = self.unfinished()
            for study in studies:
                seen = self.study(study.study_instance_uid)
                if len(seen.sop_instance_uids) != len(study.paths):
                    found.append(f"{study.patient_id}: {len(seen.sop_instance_uids)} images")
                found += [f"{study.patient_id}: {fault}" for fault in seen.faults()]
        except psycopg.OperationalError as error:
            return [f"the database is away: {error}"]
        return found
