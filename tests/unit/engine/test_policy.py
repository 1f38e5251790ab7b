"""Which unit runs next."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from allward_engine.policy import (
    AGEING_S,
    CLASS,
    DEADLINE_LOAN_S,
    Choice,
    Why,
    Work,
    account_for,
    choose,
    counts_as,
    would_be_missed,
)
from allward_engine.requests import Priority
from allward_engine.shares import Shares

STAT, HIGH, MEDIUM, LOW = Priority.STAT, Priority.HIGH, Priority.MEDIUM, Priority.LOW


def work(name, priority=MEDIUM, *, tenant="a", app="app", arrived_s=0.0, **more):
    return Work(name, tenant, app, priority, arrived_s, **more)


def shares_of(**used_s):
    shares = Shares()
    for tenant, seconds in used_s.items():
        shares.charge(work("", tenant=tenant), seconds)
    return shares


def chosen(waiting, shares=None, now_s=0.0, **more):
    choice = choose(waiting, shares or Shares(), now_s, **more)
    return choice.work.job_id if choice else None


def test_nothing_waits():
    assert choose([], Shares(), 0.0) is None


def test_stat_overtakes_a_job_under_way():
    assert chosen([work("bulk", began_as=2), work("stat", STAT, arrived_s=900)], now_s=900) == "stat"


def test_a_job_of_the_same_class_waits_until_the_one_under_way_is_done():
    waiting = [work("new", tenant="b"), work("old", tenant="a", began_as=2)]
    assert chosen(waiting, shares_of(a=99.0)) == "old"


def test_a_second_job_begins_beside_the_first_where_two_may_and_the_first_cannot_run():
    first, second, third = work("1", began_as=2), work("2"), work("3", LOW)
    assert chosen([first, second], started_at_once=2) == "1"
    assert chosen([replace(first, began_as=None), second, third], started_at_once=2) == "1"


def test_the_tenant_that_had_less_comes_first():
    waiting = [work("x", tenant="a"), work("y", tenant="b", arrived_s=40)]
    assert chosen(waiting, shares_of(a=10.0, b=5.0), now_s=50) == "y"


def test_inside_a_tenant_the_app_that_had_less_comes_first_and_then_the_longest_wait():
    shares = Shares()
    shares.charge(work("", app="lung"), 10.0)
    lung, liver = work("lung", app="lung"), work("liver", app="liver", arrived_s=5)
    assert chosen([lung, liver, work("later", app="liver", arrived_s=6)], shares, 10.0) == "liver"


def test_a_tenant_of_twice_the_weight_is_served_until_it_had_twice_the_time():
    shares = Shares({"b": 2.0})
    shares.charge(work("", tenant="a"), 10.0)
    shares.charge(work("", tenant="b"), 19.0)
    waiting = [work("x", tenant="a"), work("y", tenant="b")]
    assert chosen(waiting, shares) == "y"
    shares.charge(work("", tenant="b"), 2.0)
    assert chosen(waiting, shares) == "x"


def test_what_must_be_loaded_first_waits_until_its_tenant_is_behind_by_the_load():
    waiting = [work("cold", tenant="a", load_s=10.0), work("warm", tenant="b")]
    assert chosen(waiting, shares_of(a=0.0, b=9.0)) == "warm"
    assert chosen(waiting, shares_of(a=0.0, b=11.0)) == "cold"


def test_a_tenant_and_class_without_a_turn_rises_but_never_to_stat():
    low = work("x", LOW)
    first, second = AGEING_S[3], AGEING_S[3] + AGEING_S[2]
    assert [counts_as(low, Shares(), t) for t in (first - 1, first, second, 99 * second)] == [3, 2, 1, 1]
    assert counts_as(work("x", HIGH), Shares(), 1e9) == 1
    assert chosen([low, work("stat", STAT, arrived_s=1e6)], now_s=1e6) == "stat"


def test_a_tenant_that_is_being_served_does_not_age_however_much_it_queues():
    shares = Shares()
    choice = Choice(work("served"), 2, Why.ORDER)
    account_for(choice, shares, 1.0, waiting=[], now_s=500.0)
    assert counts_as(work("queued"), shares, 500.0 + AGEING_S[2] - 1) == 2
    assert counts_as(work("queued", tenant="b"), shares, 500.0 + AGEING_S[2] - 1) == 1


def test_what_has_risen_keeps_its_class_until_it_is_done():
    shares = Shares()
    old = work("old", LOW, began_as=1)
    shares.note_served(old, 5000.0)
    assert counts_as(old, shares, 5001.0) == 1


def test_ageing_does_not_start_a_second_job_beside_a_more_urgent_one():
    old = work("old", LOW)
    assert chosen([old, work("running", arrived_s=1e6, began_as=2)], now_s=1e6) == "running"
    assert chosen([old, work("fresh", arrived_s=1e6)], now_s=1e6) == "old"


def test_a_deadline_that_would_be_missed_comes_before_fair_share_and_before_work_under_way():
    urgent = work("due", tenant="a", remaining_s=10, unit_s=1, deadline_s=12.0)
    other = work("other", tenant="b", unit_s=3.0, began_as=2)
    choice = choose([other, urgent], shares_of(a=50.0), 0.0)
    assert choice is not None
    assert (choice.work.job_id, choice.why) == ("due", Why.DEADLINE)


def test_a_deadline_far_off_or_lost_already_changes_nothing():
    far = work("far", remaining_s=10, deadline_s=100.0)
    lost = work("lost", remaining_s=10, deadline_s=5.0)
    assert not would_be_missed(far, 3.0, 0.0)
    assert not would_be_missed(lost, 3.0, 0.0)
    assert would_be_missed(far, 3.0, 87.0)


def test_of_two_deadlines_the_earlier_comes_first():
    waiting = [
        work("x", remaining_s=10, deadline_s=12.0),
        work("y", remaining_s=9, deadline_s=11.0),
        work("z", unit_s=5.0, began_as=2),
    ]
    assert chosen(waiting) == "y"


def test_a_deadline_does_not_lift_a_class_over_another():
    waiting = [work("due", MEDIUM, remaining_s=10, deadline_s=10.0), work("high", HIGH, unit_s=3.0)]
    assert chosen(waiting) == "high"


def test_deadlines_borrow_only_so_much_from_other_tenants():
    waiting = [
        work("due", tenant="a", remaining_s=10, deadline_s=10.0),
        work("other", tenant="b", unit_s=1.0),
    ]
    assert chosen(waiting, shares_of(a=DEADLINE_LOAN_S)) == "due"
    assert chosen(waiting, shares_of(a=DEADLINE_LOAN_S + 1)) == "other"


def test_who_was_away_starts_level_with_the_least_served():
    shares = shares_of(a=100.0, c=130.0)
    shares.arrive(work("", tenant="b"), [work("x", tenant="a"), work("y", tenant="c")])
    assert shares.virtual_s(MEDIUM, "b") == 100.0
    shares.charge(work("", tenant="b"), 5.0)
    shares.arrive(work("", tenant="b"), [work("x", tenant="a")])
    assert shares.virtual_s(MEDIUM, "b") == 105.0


def test_who_finds_the_device_idle_starts_level_with_the_most_served():
    shares = shares_of(a=100.0)
    shares.arrive(work("", tenant="b"), [])
    shares.charge(work("", tenant="b"), 1.0)
    shares.arrive(work("", tenant="a"), [work("x", tenant="b")])
    assert (shares.virtual_s(MEDIUM, "a"), shares.virtual_s(MEDIUM, "b")) == (101.0, 101.0)


def test_a_tenant_with_work_keeps_its_place_when_more_comes():
    shares = shares_of(a=10.0, b=100.0)
    present = [work("x", tenant="a"), work("y", tenant="b")]
    shares.arrive(work("", tenant="a"), present)
    assert shares.virtual_s(MEDIUM, "a") == 10.0


def test_what_a_tenant_had_in_one_class_does_not_count_in_another():
    shares = Shares()
    shares.charge(work("slides", LOW, tenant="a"), 9999.0)
    shares.charge(work("", HIGH, tenant="b"), 1.0)
    waiting = [work("surgeon", HIGH, tenant="a", arrived_s=5), work("other", HIGH, tenant="b")]
    assert chosen(waiting, shares, 5.0) == "surgeon"


def test_what_has_risen_is_charged_to_the_class_that_it_counted_as_and_a_floor_to_its_own():
    shares = Shares()
    low = work("x", LOW)
    account_for(Choice(low, 1, Why.ORDER), shares, 2.0, waiting=[], now_s=0.0)
    account_for(Choice(low, 1, Why.FLOOR), shares, 3.0, waiting=[], now_s=0.0)
    assert [shares.virtual_s(p, "a") for p in (HIGH, MEDIUM, LOW)] == [2.0, 0.0, 3.0]


def test_a_new_app_starts_level_with_its_siblings_only():
    shares = Shares()
    shares.charge(work("", app="lung"), 10.0)
    shares.charge(work("", tenant="b", app="lung"), 90.0)
    shares.arrive(work("", app="liver"), [work("x", app="lung"), work("y", tenant="b", app="lung")])
    assert shares.virtual_s(MEDIUM, "a", "liver") == 10.0


def maybe_begun(begun, name, priority, **more):
    return work(name, priority, began_as=CLASS[priority] if begun else None, **more)


works = st.builds(
    maybe_begun,
    st.booleans(),
    st.text("jkl", min_size=1, max_size=4),
    st.sampled_from(Priority),
    tenant=st.sampled_from("abc"),
    app=st.sampled_from("xy"),
    arrived_s=st.floats(0, 4000),
    unit_s=st.floats(0, 5),
    remaining_s=st.floats(0, 300),
    load_s=st.floats(0, 20),
    deadline_s=st.none() | st.floats(3000, 6000),
)
some_work = st.lists(works, min_size=1, max_size=8, unique_by=lambda w: w.job_id)
some_shares = st.builds(shares_of, a=st.floats(0, 100), b=st.floats(0, 100), c=st.floats(0, 100))


@given(some_work, some_shares, st.integers(1, 3))
def test_something_always_runs_and_without_debts_stat_is_never_passed_over(waiting, shares, at_once):
    choice = choose(waiting, shares, 4000.0, started_at_once=at_once)
    assert choice is not None
    assert choice.work in waiting
    if any(w.priority is STAT for w in waiting):
        assert choice.work.priority is STAT


@given(some_work, some_shares)
def test_the_order_of_the_list_does_not_matter(waiting, shares):
    assert choose(waiting, shares, 4000.0) == choose(waiting[::-1], shares, 4000.0)


@given(some_work, some_shares)
def test_nothing_less_urgent_runs_while_more_urgent_work_could(waiting, shares):
    choice = choose(waiting, shares, 4000.0)
    assert choice is not None
    begun = [w for w in waiting if w.began_as is not None]
    could = begun or waiting
    assert choice.counts_as <= min(counts_as(w, shares, 4000.0) for w in could)
