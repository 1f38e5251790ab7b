"""Which units run together."""

from hypothesis import given
from hypothesis import strategies as st

from allward_engine.batching import TimeTable, companions
from allward_engine.policy import Work
from allward_engine.requests import Priority


def work(name, *, joins="chest 512", items=1, priority=Priority.MEDIUM, arrived_s=0.0):
    return Work(name, "a", "app", priority, arrived_s, joins=joins, items=items)


def table(**took_s):
    times = TimeTable()
    for size, seconds in took_s.items():
        times.note("chest 512", int(size.removeprefix("n")), seconds)
    return times


def joined(chosen, waiting, times, **more):
    return [w.job_id for w in companions(chosen, waiting, times, **more)]


def test_nothing_is_predicted_for_what_never_ran():
    assert TimeTable().predict_s("x", 1) is None


def test_a_size_between_two_measured_ones_takes_as_long_as_the_larger():
    times = table(n1=0.1, n4=0.2)
    assert [times.predict_s("chest 512", n) for n in (1, 2, 4)] == [0.1, 0.2, 0.2]


def test_a_size_beyond_the_largest_takes_its_part_of_it():
    assert table(n1=0.1, n4=0.2).predict_s("chest 512", 6) == 0.2 * 6 / 4


def test_one_slow_run_does_not_overturn_a_prediction():
    times = table(n1=0.1)
    times.note("chest 512", 1, 1.1)
    assert 0.1 < times.predict_s("chest 512", 1) < 0.4


def test_the_longest_waits_join_up_to_the_quantum():
    waiting = [work(str(n), arrived_s=-n) for n in range(5)]
    assert joined(waiting[0], waiting, table(n1=0.1), quantum_s=0.31) == ["4", "3"]
    assert joined(waiting[0], waiting, table(n1=0.1), quantum_s=9.0, most=4) == ["4", "3", "2"]


def test_what_is_longer_than_the_quantum_or_unknown_runs_alone():
    waiting = [work("x"), work("y")]
    assert joined(waiting[0], waiting, table(n1=0.4)) == []
    assert joined(waiting[0], waiting, TimeTable()) == []


def test_work_that_joins_nothing_runs_alone():
    assert joined(work("x", joins=None), [work("y", joins=None)], table(n1=0.01)) == []


@given(
    st.lists(
        st.builds(
            work,
            st.text("jkl", min_size=1, max_size=3),
            joins=st.sampled_from(["chest 512", "chest 256", None]),
            items=st.integers(1, 4),
            priority=st.sampled_from(Priority),
            arrived_s=st.floats(0, 10),
        ),
        min_size=1,
        max_size=8,
        unique_by=lambda w: w.job_id,
    ),
    st.floats(0.01, 1.0),
)
def test_a_batch_never_mixes_models_shapes_or_classes_nor_exceeds_the_quantum(waiting, quantum_s):
    times = table(n1=0.05, n4=0.12)
    chosen = waiting[0]
    together = companions(chosen, waiting, times, quantum_s=quantum_s)
    assert chosen not in together
    assert {(w.joins, w.priority) for w in together} <= {(chosen.joins, chosen.priority)}
    if together:
        assert times.predict_s(chosen.joins, chosen.items + sum(w.items for w in together)) <= quantum_s
