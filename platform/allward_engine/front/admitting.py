"""Which jobs may hold the host's memory: what does not fit is deferred, never dropped."""

from collections.abc import Callable, Iterable, Sequence

from allward_engine.admission import admit
from allward_engine.front.jobs import Job, JobState
from allward_engine.ledger import Ledger
from allward_engine.policy import CLASS, Work
from allward_engine.shares import Shares
from allward_sdk.errors import PluginFaultError


class Gate:
    """Admits jobs under a ledger of the host's memory and a horizon of the queue.

    Parameters
    ----------
    set_back
        Takes a job off its worker, so that it starts from its beginning when it is admitted again.
    work_of
        A job as the policy sees it.
    """

    def __init__(
        self, capacity_bytes: int, *, set_back: Callable[[Job], None], work_of: Callable[[Job], Work]
    ) -> None:
        self.ledger = Ledger(capacity_bytes)
        self._set_back = set_back
        self._work_of = work_of

    def check(self, job: Job) -> None:
        """Refuse what can never be admitted.

        Raises
        ------
        PluginFaultError
            If the job declares more memory than there is.
        """
        if job.memory_bytes > self.ledger.capacity_bytes:
            raise PluginFaultError(
                f"The plug-in {job.plugin} declares {job.memory_bytes / 2**20:.0f} MiB of memory for a run; "
                f"this engine has {self.ledger.capacity_bytes / 2**20:.0f} MiB for all of them."
            )

    def holds(self, job: Job) -> bool:
        """Tell whether a job holds memory."""
        return str(job.number) in self.ledger.held()

    def leave(self, job: Job) -> None:
        """Give a job's memory back, if it holds any."""
        if self.holds(job):
            self.ledger.release(str(job.number))

    def let_in(self, jobs: Sequence[Job], shares: Shares, *, lanes: int) -> list[Job]:
        """Admit what may be, the most urgent first and then by arrival; returns what has been deferred anew.

        One that does not fit keeps those behind it out too: they would take what it waits for.
        """
        newly: list[Job] = []
        outside = [job for job in jobs if job.state is JobState.DEFERRED]
        outside.sort(key=lambda job: (CLASS[job.request.priority], job.number))
        full = False
        for job in outside:
            why = self._why_not(job, jobs, shares, lanes) if not full else "memory"
            full = full or why == "memory"
            if why is None:
                job.state, job.why_deferred = JobState.WAITING, ""
            elif job.why_deferred != why:
                job.why_deferred = why
                newly.append(job)
        return newly

    def _why_not(self, job: Job, jobs: Sequence[Job], shares: Shares, lanes: int) -> str | None:
        present = [self._work_of(other) for other in jobs if self.holds(other)]
        if not job.urgent and not admit(self._work_of(job), present, shares, lanes=lanes).admitted:
            return "queue"
        if self.ledger.reserve(str(job.number), job.memory_bytes):
            return None
        if job.urgent:
            self._make_room(job, jobs)
            if self.ledger.reserve(str(job.number), job.memory_bytes):
                return None
        return "memory"

    def _make_room(self, urgent: Job, jobs: Iterable[Job]) -> None:
        """Let jobs that are not urgent yield: first those that have not begun, then the least advanced."""
        yielding = [
            job
            for job in jobs
            if not job.urgent and self.holds(job) and job.state in (JobState.WAITING, JobState.CHECKING)
        ]
        yielding.sort(key=lambda job: (job.opened, job.spent_s, -job.number))
        missing = urgent.memory_bytes - self.ledger.free_bytes
        if sum(job.memory_bytes for job in yielding) < missing:
            return
        for job in yielding:
            if self.ledger.free_bytes >= urgent.memory_bytes:
                return
            self.leave(job)
            self._set_back(job)
            if job.state is JobState.WAITING:
                job.state = JobState.DEFERRED
