"""Which models make room."""

import math

from hypothesis import given
from hypothesis import strategies as st

from allward_engine.residency_policy import Popularity, Resident, choose_victims, eviction_value


def model(key, size_bytes=10, *, reload_s=1.0, last_used_s=0.0, rate_per_s=1.0, **more):
    return Resident(key, size_bytes, reload_s, last_used_s, rate_per_s, **more)


def victims(resident, need_bytes, now_s=100.0):
    chosen = choose_victims(resident, need_bytes, now_s)
    return None if chosen is None else [m.key for m in chosen]


def test_nothing_goes_where_nothing_is_needed():
    assert victims([model("a")], 0) == []
    assert victims([], -5) == []


def test_large_rare_and_quickly_reloaded_models_go_first_and_of_equal_ones_the_idle():
    assert victims([model("a"), model("large", 20)], 5) == ["large"]
    assert victims([model("a", last_used_s=50), model("idle")], 5) == ["idle"]
    assert victims([model("a"), model("rare", rate_per_s=0.1)], 5) == ["rare"]
    assert victims([model("a"), model("quick", reload_s=0.1)], 5) == ["quick"]


def test_a_model_that_nobody_asks_for_goes_before_all_others():
    assert victims([model("a", 10**9), model("unused", rate_per_s=0.0)], 5) == ["unused"]


def test_pinned_models_and_models_in_use_stay():
    resident = [model("pinned", pinned=True), model("running", in_use=True), model("a", rate_per_s=1e9)]
    assert victims(resident, 10) == ["a"]
    assert victims(resident, 11) is None


def test_a_victim_that_a_later_one_makes_needless_is_spared():
    resident = [model("small", 5, rate_per_s=0.001), model("big", 50)]
    assert victims(resident, 50) == ["big"]


def test_what_queued_work_needs_goes_last_but_goes():
    resident = [model("wanted", 100, rate_per_s=0.001, waiting=1), model("hot", 10, rate_per_s=99.0)]
    assert victims(resident, 10) == ["hot"]
    assert victims(resident, 50) == ["wanted"]


def test_equal_models_go_by_their_key():
    assert victims([model("b"), model("a"), model("c")], 20) == ["a", "b"]


residents = st.lists(
    st.builds(
        model,
        st.text("abcdef", min_size=1, max_size=3),
        st.integers(1, 50),
        reload_s=st.floats(0.01, 60),
        last_used_s=st.floats(0, 100),
        rate_per_s=st.floats(0, 10),
        pinned=st.booleans(),
        in_use=st.booleans(),
        waiting=st.integers(0, 2),
    ),
    max_size=8,
    unique_by=lambda m: m.key,
)


@given(residents, st.integers(-10, 200))
def test_victims_suffice_none_is_needless_and_none_only_where_it_cannot_be(resident, need_bytes):
    chosen = choose_victims(resident, need_bytes, 100.0)
    movable = [m for m in resident if not m.pinned and not m.in_use]
    if chosen is None:
        assert sum(m.size_bytes for m in movable) < need_bytes
        return
    freed = sum(m.size_bytes for m in chosen)
    assert freed >= max(0, need_bytes) or not chosen
    assert all(m in movable for m in chosen)
    assert all(freed - m.size_bytes < need_bytes for m in chosen)
    assert chosen == choose_victims(list(reversed(resident)), need_bytes, 100.0)


def test_a_steady_stream_is_predicted_at_its_rate():
    popularity = Popularity(half_life_s=600)
    for second in range(0, 6000, 10):
        popularity.note("a", second)
    assert math.isclose(popularity.rate_per_s("a", 5995), 0.1, rel_tol=0.02)


def test_what_was_popular_is_forgotten_by_half_lives():
    popularity = Popularity(half_life_s=600)
    popularity.note("a", 0)
    at_once = popularity.rate_per_s("a", 0)
    assert math.isclose(popularity.rate_per_s("a", 1200), at_once / 4)
    assert popularity.rate_per_s("never", 1200) == 0.0


def test_a_clock_that_steps_back_does_not_raise_the_rate():
    popularity = Popularity(half_life_s=600)
    popularity.note("a", 100)
    assert popularity.rate_per_s("a", 50) == popularity.rate_per_s("a", 100)


def test_the_value_is_bytes_per_second_of_loading_that_is_saved():
    assert eviction_value(model("a", 600, reload_s=2.0, rate_per_s=0.1)) == 3000.0
    assert eviction_value(model("a", rate_per_s=0.0)) == math.inf
