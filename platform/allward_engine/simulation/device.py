"""A simulated device: two lanes that share it, one ledger, one set of accounts.

The device does one thing at a time: while a unit of the urgent lane runs, one of the bulk lane stands
still. What two processes on one device cost each other beyond that is `INTERFERENCE`. A load takes no device
time, and a lane runs other units meanwhile unless the rules say otherwise.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from allward_engine.batching import QUANTUM_S, TimeTable, companions
from allward_engine.policy import Choice, Why, Work, account_for, choose
from allward_engine.requests import Priority
from allward_engine.residency_policy import choose_victims
from allward_engine.shares import Shares
from allward_engine.simulation.figures import Figures
from allward_engine.simulation.load import Model, Running
from allward_engine.simulation.memory import Memory, Victims, account
from allward_engine.simulation.queues import Queue

INTERFERENCE = 1.2
"""What an urgent unit takes beside a bulk one, over alone. Source: measured on two processor cores, two
lanes in one process: 4.9 ms against 4.2."""

GROUP_S = 1.0
"""Units of one job that follow one another are simulated as one event of at most this length, cut short after
the unit that runs when other work comes; a floor's or a deadline's turn comes later by no more than that."""

Pick = Callable[[Sequence[Work], Shares, float], Choice | None]
"""How the next unit is chosen; `choose`, or what it is compared with."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How a device of the fleet works."""

    capacity_bytes: int
    two_lanes: bool = True
    """Whether STAT has a lane of its own."""
    pinned: tuple[Model, ...] = ()
    """Models that STAT work finds loaded at any time."""
    pick: Pick = choose
    victims: Victims = choose_victims
    quantum_s: float = QUANTUM_S
    loads_beside: bool = True
    """Whether a lane runs other units while it loads a model."""


@dataclass(slots=True)
class _Run:
    """Units that a lane runs now."""

    choice: Choice
    together: list[Running]
    units: int
    took_s: float
    ends_s: float
    waiting: list[Work]


@dataclass(slots=True, eq=False)
class Lane:
    """A lane: its jobs, what it runs and what it loads."""

    name: str
    queue: Queue
    times: TimeTable = field(default_factory=TimeTable)
    run: _Run | None = None
    loading: Model | None = None


class Device:
    """One device of a fleet.

    Parameters
    ----------
    wake
        Called with the time at which `settle` has something to do.
    """

    def __init__(self, name: str, rules: Rules, figures: Figures, wake: Callable[[float], None]) -> None:
        self.name = name
        names = ("urgent", "bulk") if rules.two_lanes else ("bulk",)
        pinned = {account(names[0], model): model for model in rules.pinned}
        self.memory = Memory(rules.capacity_bytes, pinned=pinned, victims=rules.victims)
        self.shares = Shares()
        self.lanes = tuple(Lane(lane, Queue(lane, self.memory)) for lane in names)
        self._rules = rules
        self._figures = figures
        self._wake = wake
        self._load_ends: list[tuple[float, Lane]] = []

    def lane_of(self, priority: Priority) -> Lane:
        """Return the lane that work of a class goes to."""
        return self.lanes[0] if priority is Priority.STAT else self.lanes[-1]

    def backlog_s(self, priority: Priority) -> float:
        """Return the predicted device time of all work that is served before new work of a class."""
        return sum(lane.queue.backlog_s(priority) for lane in self.lanes)

    def totals(self) -> list[Work]:
        """Return one piece of work per tenant, app and class that stands for all of it."""
        return [work for lane in self.lanes for work in lane.queue.totals()]

    def submit(self, running: Running, now_s: float) -> None:
        """Take a job."""
        lane = self.lane_of(running.job.priority)
        self.memory.note_arrival((stage.model for stage in running.job.stages), now_s)
        self.shares.arrive(lane.queue.work(running), self.totals())
        lane.queue.add(running)
        self._cut_short(self.lanes[-1], now_s)

    def settle(self, now_s: float) -> list[Running]:
        """End what ends now, start what can start, and return the jobs that got done."""
        for ends_s, lane in tuple(self._load_ends):
            if ends_s <= now_s:
                self._end_load(ends_s, lane)
        done = [job for lane in self.lanes for job in self._end_run(lane, now_s)]
        for lane in self.lanes:
            if lane.run is None:
                self._start(lane, now_s)
        return done

    def _start(self, lane: Lane, now_s: float) -> None:
        works = lane.queue.candidates()
        choice = self._rules.pick(works, self.shares, now_s)
        if choice is None or self._is_held_by_a_load(lane):
            return
        if choice.work.load_s > 0.0:
            self._begin_load(lane, choice, now_s)
            if self._is_held_by_a_load(lane):
                return
            works = lane.queue.candidates()
            choice = self._rules.pick([work for work in works if work.load_s == 0.0], self.shares, now_s)
        if choice is not None:
            self._run(lane, choice, works, now_s)

    def _is_held_by_a_load(self, lane: Lane) -> bool:
        return lane.loading is not None and not self._rules.loads_beside

    def _begin_load(self, lane: Lane, choice: Choice, now_s: float) -> None:
        if lane.loading is not None:
            return
        model = lane.queue.find(choice.work).now_in.model
        jobs = [(other.name, job) for other in self.lanes for job in other.queue]
        in_use = {
            account(name, job.now_in.model)
            for name, job in jobs
            if job.began_as is not None and name == lane.name and job.began_as <= choice.counts_as
        }
        for other in self.lanes:
            if other.run is not None:
                in_use.add(account(other.name, other.run.together[0].now_in.model))
        if self.memory.begin_load(lane.name, model, jobs, now_s, in_use=in_use):
            lane.loading = model
            self._load_ends.append((now_s + model.load_s, lane))
            self._wake(now_s + model.load_s)

    def _end_load(self, ends_s: float, lane: Lane) -> None:
        self._load_ends.remove((ends_s, lane))
        if lane.loading is not None:
            self.memory.end_load(lane.name, lane.loading, ends_s)
        lane.loading = None

    def _run(self, lane: Lane, choice: Choice, works: list[Work], now_s: float) -> None:
        together = [lane.queue.find(choice.work)]
        if choice.work.joins is not None:
            others = companions(
                choice.work, lane.queue.alike(choice.work), lane.times, quantum_s=self._rules.quantum_s
            )
            together += [lane.queue.find(work) for work in others]
        stage, slowness = together[0].now_in, together[0].job.slowness
        items = sum(running.now_in.items for running in together)
        unit_s = stage.model.unit_s(items) * slowness
        units = 1
        if choice.work.joins is None and choice.why is not Why.FLOOR:
            units = max(1, min(stage.units - together[0].units_done, math.floor(GROUP_S / unit_s)))
        took_s = units * unit_s
        for running in together:
            lane.queue.begin(running)
            running.began_as = choice.counts_as
            running.first_unit_s = now_s if running.first_unit_s is None else running.first_unit_s
        lane.run = _Run(choice, together, units, took_s, self._ends_s(lane, now_s, took_s), works)
        self._wake(lane.run.ends_s)

    def _ends_s(self, lane: Lane, now_s: float, took_s: float) -> float:
        """Return when a run that starts now ends, and put off the bulk lane's if it has to stand still."""
        other = next((item.run for item in self.lanes if item is not lane and item.run is not None), None)
        if other is None:
            return now_s + took_s
        if lane is self.lanes[0]:
            other.ends_s += took_s * INTERFERENCE
            self._wake(other.ends_s)
            return now_s + took_s * INTERFERENCE
        return other.ends_s + took_s

    def _cut_short(self, lane: Lane, now_s: float) -> None:
        """Let a run of several units end after the unit that runs now."""
        run = lane.run
        if run is None or run.units == 1:
            return
        others = [other.run.ends_s for other in self.lanes if other is not lane and other.run is not None]
        unit_s = run.took_s / run.units
        done_s = run.took_s - (run.ends_s - max([now_s, *others]))
        units = min(run.units, max(1, math.ceil(done_s / unit_s - 1e-9)))
        cut_s = (run.units - units) * unit_s
        run.units, run.took_s, run.ends_s = units, run.took_s - cut_s, run.ends_s - cut_s
        self._wake(run.ends_s)

    def _end_run(self, lane: Lane, now_s: float) -> list[Running]:
        run = lane.run
        if run is None or run.ends_s > now_s:
            return []
        lane.run = None
        model = run.together[0].now_in.model
        items = sum(running.now_in.items for running in run.together)
        lane.times.note(model.key, items, run.took_s / run.units)
        self.memory.use(lane.name, model, now_s)
        self._figures.note_run(self.name, run.choice.work.priority, run.took_s, run.waiting, now_s)
        done = []
        for running in run.together:
            share_s = run.took_s * running.now_in.items / items
            before_s = running.remaining_s
            self._figures.note_device_time(self.name, running.job, share_s, now_s)
            choice = Choice(lane.queue.work(running), run.choice.counts_as, run.choice.why)
            running.advance(run.units)
            lane.queue.count(running, jobs=0, device_s=running.remaining_s - before_s)
            if running.done:
                lane.queue.remove(running)
                done.append(running)
            account_for(choice, self.shares, share_s, waiting=lane.queue.totals(), now_s=now_s)
        return done
