"""What the pick order adds up to: shares, floors and waits of a device that is never idle."""

from dataclasses import replace

from hypothesis import example, given, settings
from hypothesis import strategies as st

from allward_engine.policy import CLASS, Why, Work, account_for, choose
from allward_engine.requests import Priority
from allward_engine.shares import FLOOR_SHARE, Shares

STAT, MEDIUM, LOW = Priority.STAT, Priority.MEDIUM, Priority.LOW


def work(name, priority=MEDIUM, *, tenant="a", arrived_s=0.0, **more):
    return Work(name, tenant, "app", priority, arrived_s, **more)


class Device:
    """A device that always has the same streams of work, one job of each at a time."""

    def __init__(self, streams, shares=None):
        self.shares = shares or Shares()
        self.now_s = 0.0
        self.streams = streams
        self.got_s = dict.fromkeys(streams, 0.0)
        self.since_s = dict.fromkeys(streams, 0.0)
        self.longest_wait_s = dict.fromkeys(streams, 0.0)
        self.jobs = {name: self.fresh(name) for name in streams}

    def fresh(self, name):
        tenant, priority, unit_s, units = self.streams[name]
        return work(
            name, priority, tenant=tenant, arrived_s=self.now_s, unit_s=unit_s, remaining_s=unit_s * units
        )

    def run_until(self, end_s):
        while self.now_s < end_s:
            waiting = list(self.jobs.values())
            choice = choose(waiting, self.shares, self.now_s)
            name, ran = choice.work.job_id, choice.work
            self.longest_wait_s[name] = max(self.longest_wait_s[name], self.now_s - self.since_s[name])
            self.now_s += ran.unit_s
            self.since_s[name] = self.now_s
            self.got_s[name] += ran.unit_s
            account_for(choice, self.shares, ran.unit_s, waiting=waiting, now_s=self.now_s)
            left_s = ran.remaining_s - ran.unit_s
            done = left_s < ran.unit_s / 2
            self.jobs[name] = (
                self.fresh(name) if done else replace(ran, remaining_s=left_s, began_as=choice.counts_as)
            )
        return self


units_s = st.floats(0.5, 3.0)
lengths = st.integers(1, 30)


@settings(max_examples=12, deadline=None)
@given(units_s, units_s, lengths, lengths)
def test_a_flood_of_stat_leaves_the_lowest_class_its_floor_and_no_more(stat_unit, low_unit, stat_n, low_n):
    streams = {"stat": ("a", STAT, stat_unit, stat_n), "low": ("b", LOW, low_unit, low_n)}
    device = Device(streams).run_until(1500.0)
    floor = FLOOR_SHARE[LOW]
    rounding_s = 0.01
    least_s = floor * device.now_s - low_unit - floor * max(stat_unit, low_unit)
    assert least_s - rounding_s <= device.got_s["low"] <= floor * device.now_s + low_unit + rounding_s
    assert device.longest_wait_s["low"] <= low_unit / floor + stat_unit + low_unit + rounding_s


@settings(max_examples=12, deadline=None)
@given(units_s, units_s, lengths, lengths)
def test_equal_tenants_get_equal_time_to_within_their_longest_jobs(a_unit, b_unit, a_n, b_n):
    streams = {"x": ("a", MEDIUM, a_unit, a_n), "y": ("b", MEDIUM, b_unit, b_n)}
    device = Device(streams).run_until(1000.0)
    assert abs(device.got_s["x"] - device.got_s["y"]) <= 2 * max(a_unit * a_n, b_unit * b_n) + 1e-6


@settings(max_examples=8, deadline=None)
@given(st.floats(0.5, 4.0), units_s)
def test_weights_are_respected(weight, unit_s):
    streams = {"x": ("a", MEDIUM, unit_s, 3), "y": ("b", MEDIUM, 1.0, 2)}
    device = Device(streams, Shares({"a": weight})).run_until(600.0)
    assert abs(device.got_s["x"] / device.now_s - weight / (weight + 1)) <= 0.03


short = st.tuples(st.sampled_from("abc"), st.sampled_from(Priority), st.floats(0.5, 1.0), st.integers(1, 3))


@settings(max_examples=12, deadline=None)
@example([("a", STAT, 1.0, 1), ("a", LOW, 0.5, 1), ("b", LOW, 1.0, 3)])
@given(st.lists(short, min_size=2, max_size=4))
def test_nobody_starves(kinds):
    """While work waits, a rival in its class makes up for the last job that ran, and runs two jobs at most.

    The class gets its floor at least.
    """
    streams = {str(place): kind for place, kind in enumerate(kinds)}
    device = Device(streams).run_until(2000.0)
    for name, (_, priority, unit_s, units) in streams.items():
        rivals = [kind for other, kind in streams.items() if kind[1] is priority and other != name]
        before_s = unit_s + sum(unit_s * units + 2 * kind[2] * kind[3] + kind[2] for kind in rivals)
        lane_s = before_s / (1 - sum(FLOOR_SHARE.values()) if priority is STAT else FLOOR_SHARE[priority])
        assert device.longest_wait_s[name] <= lane_s + 10
        assert device.now_s - device.since_s[name] <= lane_s + 10


def test_a_tenants_flood_of_stat_does_not_starve_its_own_screening_beside_anothers():
    streams = {
        "stat": ("a", STAT, 1.0, 3),
        "own": ("a", LOW, 1.0, 3),
        "other": ("b", LOW, 1.0, 3),
    }
    device = Device(streams).run_until(3000.0)
    assert abs(device.got_s["own"] - device.got_s["other"]) <= 6.0
    assert device.got_s["own"] + device.got_s["other"] >= FLOOR_SHARE[LOW] * 3000.0 - 2.0


@settings(max_examples=12, deadline=None)
@given(units_s, units_s, st.floats(0.0, 1.0))
def test_urgent_work_that_comes_now_and_then_waits_for_one_unit_at_most(bulk_unit, stat_unit, phase):
    streams = {"x": ("a", MEDIUM, bulk_unit, 20), "y": ("b", LOW, bulk_unit, 20)}
    device = Device(streams).run_until(200.0 + phase)
    urgent = work("urgent", STAT, arrived_s=device.now_s, unit_s=stat_unit)
    choice = choose([*device.jobs.values(), urgent], device.shares, device.now_s)
    owed = sum(device.shares.owed_s(priority) for priority in CLASS)
    assert choice.work is urgent or (choice.why is Why.FLOOR and owed >= bulk_unit)


@settings(max_examples=8, deadline=None)
@given(st.integers(2, 10), units_s, lengths)
def test_a_tenant_that_queues_ten_times_as_much_gets_no_more(flood, unit_s, length):
    streams = {f"f{n}": ("flood", MEDIUM, unit_s, length) for n in range(flood)}
    device = Device({**streams, "q": ("quiet", MEDIUM, unit_s, length)}).run_until(1500.0)
    assert device.got_s["q"] / device.now_s >= 0.5 - 2 * unit_s * length / device.now_s
