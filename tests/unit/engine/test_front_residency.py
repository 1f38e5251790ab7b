"""The books of the device's memory: nothing is loaded, or run, that does not fit."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from allward_engine.front.jobs import Wanted
from allward_engine.front.models import Do, ModelState
from allward_engine.front.residency import GUESSED_WORKSPACE, Residency
from allward_sdk.errors import PluginFaultError, TemporaryError

MIB = 2**20


def wanted(name, mib=10, item_bytes=MIB):
    return Wanted(name, name, mib * MIB, 1, item_bytes)


def load(books, lane, name, *, mib=10, now_s=0.0, measured_mib=None):
    order = books.prepare(lane, wanted(name, mib), now_s)
    assert order.do is Do.LOAD
    said = {"bytes": (measured_mib or mib) * MIB, "took_s": 1.0, "device": "d"}
    return books.loaded(lane, name, said, now_s)


def test_a_model_is_reserved_before_it_is_loaded_and_its_workspace_before_it_is_run():
    books = Residency(100 * MIB)
    assert load(books, "bulk", "a")
    assert books.ledger.reserved_bytes == 10 * MIB
    assert books.prepare("bulk", wanted("a"), 0.0).do is Do.NOTHING
    assert books.ledger.reserved_bytes == (10 + GUESSED_WORKSPACE) * MIB
    books.ran("bulk", "a", 3 * MIB, 1.0)
    assert books.ledger.reserved_bytes == 13 * MIB
    assert books.prepare("bulk", wanted("a"), 0.0).do is Do.NOTHING


def test_idle_workspaces_go_before_models():
    books = Residency(60 * MIB)
    load(books, "bulk", "a")
    books.prepare("bulk", wanted("a"), 0.0)
    order = books.prepare("bulk", wanted("b", 40), 1.0)
    assert (order.do, order.model) == (Do.REST, "a")
    assert books.prepare("bulk", wanted("b", 40), 1.0).do is Do.WAIT
    books.rested("bulk", "a")
    assert books.prepare("bulk", wanted("b", 40), 1.0).do is Do.LOAD


def test_a_model_that_another_lane_runs_is_not_taken_away():
    books = Residency(30 * MIB)
    load(books, "urgent", "a", mib=20)
    assert books.prepare("bulk", wanted("b", 20), 1.0).do is Do.WAIT
    books.idle("urgent")
    order = books.prepare("bulk", wanted("b", 20), 1.0)
    assert (order.do, order.lane, order.model) == (Do.DROP, "urgent", "a")
    assert books.ledger.reserved_bytes == 20 * MIB  # until the worker has said so
    assert books.prepare("urgent", wanted("a", 20), 1.0).do is Do.WAIT
    books.forget("urgent", "a")
    assert books.evictions == 1
    assert books.prepare("bulk", wanted("b", 20), 1.0).do is Do.LOAD


def test_what_is_pinned_stays_and_what_can_never_fit_is_said():
    books = Residency(30 * MIB)
    books.pin("a", pinned=True)
    load(books, "bulk", "a", mib=20)
    with pytest.raises(TemporaryError, match="pinned"):
        books.prepare("bulk", wanted("b", 20), 1.0)
    with pytest.raises(PluginFaultError, match="takes 31 MiB; the engine's device has 30 MiB"):
        books.prepare("bulk", wanted("c", 31), 1.0)


def test_a_model_that_turns_out_larger_than_there_is_room_for_is_dropped_and_then_judged_by_its_size():
    books = Residency(30 * MIB)
    assert not load(books, "bulk", "a", mib=20, measured_mib=40)
    assert books.evict("bulk", "a").do is Do.DROP
    books.forget("bulk", "a")
    with pytest.raises(PluginFaultError, match="takes 40 MiB"):
        books.prepare("bulk", wanted("a", 20), 1.0)


def test_a_lane_that_is_lost_holds_nothing():
    books = Residency(100 * MIB)
    load(books, "bulk", "a")
    load(books, "urgent", "a")
    books.lane_lost("bulk")
    assert [(model.lane, model.key) for model in books.models()] == [("urgent", "a")]
    assert books.ledger.reserved_bytes == 10 * MIB
    assert books.evictions == 0


class Books(RuleBasedStateMachine):
    """Two lanes that want models in any order, and workers that answer when they like."""

    def __init__(self):
        super().__init__()
        self.books = Residency(100 * MIB)
        self.orders = []
        self.now_s = 0.0

    @rule(lane=st.sampled_from(["urgent", "bulk"]), name=st.sampled_from("abcdef"))
    def want(self, lane, name):
        self.now_s += 1.0
        mib = 10 + 7 * "abcdef".index(name)
        if any(order.do is Do.LOAD and order.lane == lane for order in self.orders):
            return  # its worker loads: it takes nothing else meanwhile
        order = self.books.prepare(lane, wanted(name, mib, MIB // 2), self.now_s)
        if order.do is Do.NOTHING:
            self.books.ran(lane, name, (mib % 5) * MIB, self.now_s)
        elif order.do is not Do.WAIT:
            self.orders.append(order)

    @precondition(lambda self: self.orders)
    @rule(which=st.integers(0, 5), larger=st.integers(0, 3))
    def answer(self, which, larger):
        order = self.orders.pop(which % len(self.orders))
        if self.books.get(order.lane, order.model) is None:
            return
        if order.do is Do.LOAD:
            model = self.books.get(order.lane, order.model)
            said = {"bytes": model.size_bytes + larger * MIB, "took_s": 0.1, "device": "d"}
            if not self.books.loaded(order.lane, order.model, said, self.now_s):
                self.orders.append(self.books.evict(order.lane, order.model))
        elif order.do is Do.REST:
            self.books.rested(order.lane, order.model)
        else:
            self.books.forget(order.lane, order.model)

    @rule(lane=st.sampled_from(["urgent", "bulk"]))
    def crash(self, lane):
        self.books.lane_lost(lane)
        self.orders = [order for order in self.orders if order.lane != lane]

    @rule(lane=st.sampled_from(["urgent", "bulk"]))
    def nothing_to_do(self, lane):
        self.books.idle(lane)

    @invariant()
    def no_more_is_reserved_than_there_is_and_every_byte_has_an_owner(self):
        ledger = self.books.ledger
        assert 0 <= ledger.reserved_bytes <= ledger.capacity_bytes
        assert ledger.reserved_bytes == sum(model.held_bytes for model in self.books.models())
        for model in self.books.models():
            assert model.state is not ModelState.LOADING or not model.active


TestBooks = Books.TestCase
TestBooks.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
