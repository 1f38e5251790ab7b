"""Which unit runs next."""

from hypothesis import given
from hypothesis import strategies as st

from allward_engine.policy import AGEING_S, FairShare, WaitingJob, choose_next, effective_class
from allward_engine.requests import Priority


def job(name, priority=Priority.MEDIUM, *, tenant="a", waited_s=0.0, started=False):
    return WaitingJob(job_id=name, tenant=tenant, priority=priority, waited_s=waited_s, started=started)


def chosen(waiting, used_s=None):
    best = choose_next(waiting, used_s or {})
    return best.job_id if best else None


def test_nothing_waits():
    assert chosen([]) is None


def test_stat_overtakes_a_job_under_way():
    assert chosen([job("bulk", started=True, waited_s=900), job("stat", Priority.STAT)]) == "stat"


def test_a_job_of_the_same_class_waits_until_the_one_under_way_is_done():
    assert chosen([job("new", tenant="b"), job("old", started=True)], {"a": 99.0, "b": 0.0}) == "old"


def test_the_tenant_that_had_less_comes_first():
    assert chosen([job("x", tenant="a", waited_s=50), job("y", tenant="b")], {"a": 10.0, "b": 5.0}) == "y"


def test_within_a_tenant_the_longest_wait_comes_first():
    assert chosen([job("x", waited_s=1), job("y", waited_s=2)]) == "y"


def test_a_job_that_waited_long_rises_but_never_to_stat():
    assert effective_class(job("x", Priority.LOW, waited_s=100 * AGEING_S)) == 1
    old, fresh = job("old", Priority.LOW, waited_s=1.5 * AGEING_S), job("fresh", waited_s=1)
    assert chosen([fresh, old]) == "old"
    assert chosen([job("old", Priority.LOW, waited_s=99 * AGEING_S), job("stat", Priority.STAT)]) == "stat"


def test_ageing_does_not_start_a_second_job_beside_a_more_urgent_one():
    old = job("old", Priority.LOW, waited_s=99 * AGEING_S)
    assert chosen([old, job("running", Priority.MEDIUM, started=True)]) == "running"


def test_who_was_away_starts_level():
    share = FairShare()
    share.arrive("a", [])
    share.charge("a", 100)
    share.arrive("b", ["a"])
    assert share.used_s["b"] == 100
    share.charge("b", 5)
    share.arrive("b", ["a", "b"])
    assert share.used_s["b"] == 105


jobs = st.builds(
    job,
    st.text(min_size=1, max_size=3),
    st.sampled_from(Priority),
    tenant=st.sampled_from("abc"),
    waited_s=st.floats(0, 5000),
    started=st.booleans(),
)


@given(st.lists(jobs, min_size=1, max_size=8))
def test_something_always_runs_and_stat_is_never_passed_over(waiting):
    best = choose_next(waiting, {})
    assert best is not None
    if any(j.priority is Priority.STAT for j in waiting):
        assert best.priority is Priority.STAT


@given(st.lists(st.sampled_from("ab"), min_size=1, max_size=3), st.integers(10, 60))
def test_a_flooding_tenant_gets_no_more_than_its_share(flood, rounds):
    share, ran = FairShare(), {"flood": 0, "quiet": 0}
    for _ in range(rounds):
        waiting = [job(f"f{n}", tenant="flood", waited_s=100) for n in range(10)]
        waiting.append(job("q", tenant="quiet"))
        best = choose_next(waiting, share.used_s)
        assert best is not None
        share.charge(best.tenant, 1.0)
        ran[best.tenant] += 1
    assert abs(ran["flood"] - ran["quiet"]) <= 1
