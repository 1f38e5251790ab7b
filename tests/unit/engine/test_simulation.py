"""The simulator, against days that are worked out by hand."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allward_engine.admission import HORIZON_S
from allward_engine.policy import Work
from allward_engine.requests import Priority
from allward_engine.simulation import __main__ as command
from allward_engine.simulation.device import INTERFERENCE, Rules
from allward_engine.simulation.figures import WINDOW_S, Figures, percentile
from allward_engine.simulation.fleet import simulate
from allward_engine.simulation.hospital import hospital_day
from allward_engine.simulation.load import Job, Model, Stage
from allward_engine.simulation.peers import first_come_first_served, least_recently_used

STAT, HIGH, MEDIUM, LOW = Priority.STAT, Priority.HIGH, Priority.MEDIUM, Priority.LOW
M = Model("m", 10, load_s=2.0, item_s=1.0)
N = Model("n", 10, load_s=2.0, item_s=1.0)


def job(name, arrived_s, units, priority=MEDIUM, *, tenant="a", model=M, **more):
    return Job(name, tenant, "app", priority, arrived_s, (Stage(model, units),), **more)


def ends(jobs, rules=None, devices=1):
    outcome = simulate(jobs, devices=devices, rules=rules or Rules(100))
    assert outcome.over_commits == 0
    return {done.job.job_id: (done.first_unit_s, done.done_s) for done in outcome.figures.done}


def test_nothing_comes():
    outcome = simulate([], devices=1, rules=Rules(100))
    assert (outcome.span_s, outcome.utilisation) == (0.0, 0.0)


def test_a_job_waits_for_its_model_and_then_runs():
    assert ends([job("1", 5.0, 3)]) == {"1": (7.0, 10.0)}


def test_one_device_and_three_jobs():
    # 1 loads until 2 and runs until 5; 2 follows. 3 comes at 3.5, its own lane loads until 5.5, and while it
    # runs, a fifth longer for running beside another, the bulk unit of 5 to 6 stands still.
    jobs = [job("1", 0.0, 3), job("2", 1.0, 2, tenant="b"), job("3", 3.5, 1, STAT)]
    assert INTERFERENCE == 1.2
    assert ends(jobs) == {
        "1": (2.0, 5.0),
        "2": (5.0, pytest.approx(8.2)),
        "3": (5.5, pytest.approx(6.7)),
    }


def test_stat_finds_its_pinned_model_loaded():
    assert ends([job("1", 1.0, 2, STAT)], Rules(100, pinned=(M,))) == {"1": (1.0, 3.0)}


def test_without_a_second_lane_stat_waits_for_one_unit():
    jobs = [job("bulk", 0.0, 10), job("stat", 4.5, 1, STAT)]
    assert ends(jobs, Rules(100, two_lanes=False)) == {"bulk": (2.0, 13.0), "stat": (5.0, 6.0)}


def test_first_come_first_served_lets_stat_wait_for_the_whole_job():
    jobs = [job("bulk", 0.0, 10), job("stat", 4.5, 1, STAT)]
    rules = Rules(100, two_lanes=False, pick=first_come_first_served)
    assert ends(jobs, rules) == {"bulk": (2.0, 12.0), "stat": (12.0, 13.0)}


def test_units_that_are_simulated_together_are_cut_short_for_what_comes():
    quick = replace(M, item_s=0.125)
    jobs = [job("bulk", 0.0, 8, model=quick), job("high", 2.3, 1, HIGH, model=quick)]
    assert ends(jobs) == {"bulk": (2.0, 3.125), "high": (2.375, 2.5)}


def test_two_tenants_take_turns_job_by_job():
    jobs = [job(f"a{n}", 0.0, 2) for n in range(4)] + [job("b0", 3.0, 2, tenant="b")]
    order = sorted(ends(jobs).items(), key=lambda item: item[1])
    assert [name for name, _ in order][:3] == ["a0", "b0", "a1"]


def test_other_work_runs_while_a_model_is_loaded():
    jobs = [job("1", 0.0, 10), job("high", 4.0, 1, HIGH, model=N)]
    assert ends(jobs) == {"1": (2.0, 13.0), "high": (6.0, 7.0)}


def test_a_second_stage_runs_when_its_own_model_is_loaded():
    two = Job("1", "a", "app", MEDIUM, 0.0, (Stage(M, 1), Stage(N, 2)))
    assert ends([two]) == {"1": (2.0, 7.0)}


def test_models_that_do_not_fit_together_take_turns():
    rules = Rules(15)
    outcome = simulate([job("1", 0.0, 1), job("2", 0.0, 1, model=N)], devices=1, rules=rules)
    assert (outcome.loads, outcome.evictions, outcome.over_commits) == (2, 1, 0)
    assert [done.done_s for done in outcome.figures.done] == [3.0, 6.0]


def test_a_model_that_no_device_can_hold_is_told_at_once():
    with pytest.raises(ValueError, match="10 bytes"):
        simulate([job("1", 0.0, 1)], devices=1, rules=Rules(9))
    with pytest.raises(ValueError, match="pinned"):
        simulate([], devices=1, rules=Rules(9, pinned=(M,)))


def test_jobs_behind_pinned_models_that_fill_the_device_are_not_lost_silently():
    with pytest.raises(RuntimeError, match="1 jobs"):
        simulate([job("1", 0.0, 1)], devices=1, rules=Rules(15, pinned=(N,)))


def test_a_warm_device_comes_first_until_the_wait_there_is_longer_than_a_load():
    jobs = [job("1", 0.0, 1), job("2", 10.0, 1), job("3", 10.0, 2), job("4", 10.0, 1)]
    # 2 and 3 go where the model is; 4 would wait there for 3 s, and a load takes 2.
    assert ends(jobs, devices=2) == {
        "1": (2.0, 3.0),
        "2": (10.0, 11.0),
        "3": (11.0, 13.0),
        "4": (12.0, 13.0),
    }


def test_units_of_several_jobs_run_as_one_batch_once_their_time_is_known():
    tile = Model("t", 10, load_s=1.0, item_s=0.01)
    jobs = [Job(str(n), "a", "app", MEDIUM, 0.0, (Stage(tile, 1, joins=True),)) for n in range(12)]
    done = ends(jobs, Rules(100, quantum_s=0.055))
    assert done["0"] == (1.0, 1.01)
    assert sorted({end for _, end in done.values()}) == pytest.approx([1.01, 1.06, 1.11, 1.12])


def test_who_floods_a_device_is_deferred_and_served_in_the_end():
    long = HORIZON_S[MEDIUM] / 4 - 1.0
    unit = replace(M, item_s=long)
    flood = [job(f"f{n}", 0.0, 1, model=unit) for n in range(9)]
    quiet = job("q", 1.0, 1, model=unit, tenant="b")
    outcome = simulate([*flood, quiet], devices=1, rules=Rules(100))
    order = [done.job.job_id for done in outcome.figures.done]
    assert outcome.deferrals == 5
    assert order.index("q") == 1
    assert len(order) == 10


def test_least_recently_used_is_not_what_the_engine_does():
    heavy, light = Model("heavy", 60, 30.0, 1.0), Model("light", 40, 1.0, 1.0)
    other = Model("other", 40, 1.0, 1.0)
    models = [heavy, light, other, heavy]
    jobs = [job(str(n), 100.0 * n, 1, model=model) for n, model in enumerate(models)]
    assert ends(jobs)["3"] == (300.0, 301.0)
    assert ends(jobs, Rules(100, victims=least_recently_used))["3"] == (330.0, 331.0)


def test_percentiles_are_by_the_nearest_rank():
    values = [float(n) for n in range(1, 201)]
    assert [percentile(values, p) for p in (50, 95, 99)] == [100.0, 190.0, 198.0]
    assert percentile([7.0], 99) == 7.0


@pytest.mark.parametrize(("shares", "index"), [((300.0, 300.0), 1.0), ((600.0, 0.0), 0.5)])
def test_jains_index_is_1_where_all_get_the_same_and_1_over_n_where_one_gets_all(shares, index):
    figures = Figures()
    waiting = [Work(tenant, tenant, "app", MEDIUM, 0.0) for tenant in "ab"]
    figures.note_run("0", MEDIUM, WINDOW_S, waiting, 10.0)
    for tenant, took_s in zip("ab", shares, strict=True):
        figures.note_device_time("0", job("x", 0.0, 1, tenant=tenant), took_s, 10.0)
    assert figures.jain_index() == pytest.approx(index)


def test_tenants_that_never_compete_have_no_index():
    assert Figures().jain_index() is None


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.builds(
            job,
            st.uuids().map(str),
            st.floats(0, 50),
            st.integers(1, 6),
            st.sampled_from(Priority),
            tenant=st.sampled_from("abc"),
            model=st.sampled_from([M, N, Model("large", 25, 5.0, 0.5)]),
            deadline_s=st.none() | st.floats(10, 100),
        ),
        max_size=15,
        unique_by=lambda j: j.job_id,
    ),
    st.integers(1, 3),
    st.booleans(),
)
def test_every_job_is_done_once_and_a_device_never_works_more_than_all_the_time(jobs, devices, two_lanes):
    outcome = simulate(jobs, devices=devices, rules=Rules(60, two_lanes=two_lanes))
    assert sorted(done.job.job_id for done in outcome.figures.done) == sorted(j.job_id for j in jobs)
    assert sum(outcome.figures.busy_s.values()) == pytest.approx(sum(j.device_s for j in jobs))
    assert all(done.latency_s >= done.job.device_s * 0.999 for done in outcome.figures.done)
    assert outcome.over_commits == 0
    assert outcome.utilisation <= 1.0 + 1e-9


def test_the_same_seed_gives_the_same_day_and_another_seed_another():
    hours = (9.0, 9.2)
    first, again = (hospital_day(seed=3, hours=hours) for _ in range(2))
    assert first == again
    assert first != hospital_day(seed=4, hours=hours)
    outcomes = [simulate(first, devices=2, rules=Rules(6 * 2**30)) for _ in range(2)]
    assert outcomes[0].figures.done == outcomes[1].figures.done


def test_a_day_has_the_published_mix():
    jobs = hospital_day(seed=1)
    slides = sum(j.app == "cervix" for j in jobs)
    peak = [j for j in hospital_day(seed=1, times=20, hours=(9.0, 10.0)) if j.app != "cervix"]
    assert slides == 3000
    assert len(peak) / 20 == pytest.approx(163.5 * 1.5, rel=0.05)


def test_the_command_prints_a_table(capsys):
    assert command.main(["--devices", "2", "--hours", "9", "9.1"]) == 0
    printed = capsys.readouterr().out
    assert "| MEDIUM |" in printed
    assert "over-commits 0" in printed
