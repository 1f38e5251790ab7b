"""Bytes of a device: reserved before they are used, and never more than there are."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from allward_engine.ledger import Ledger


def test_what_does_not_fit_is_refused_and_changes_nothing():
    ledger = Ledger(100)
    assert ledger.reserve("a", 60)
    assert not ledger.reserve("b", 41)
    assert ledger.held() == {"a": 60}
    assert ledger.reserve("b", 40)
    assert ledger.free_bytes == 0


def test_a_full_device_has_no_room_however_much_more_is_asked_for():
    # With abs(capacity - queued) for free space, 150 more would seem to fit once 250 had been asked for.
    ledger = Ledger(100)
    assert ledger.reserve("a", 100)
    for size in (1, 100, 150, 250):
        assert not ledger.reserve("b", size)
    assert (ledger.free_bytes, ledger.reserved_bytes) == (0, 100)


def test_a_key_is_reserved_once_and_released_once():
    ledger = Ledger(100)
    ledger.reserve("a", 1)
    with pytest.raises(ValueError, match="already"):
        ledger.reserve("a", 1)
    ledger.release("a")
    with pytest.raises(KeyError):
        ledger.release("a")
    with pytest.raises(KeyError):
        ledger.resize("a", 1)


def test_there_are_no_negative_bytes():
    with pytest.raises(ValueError, match="-1"):
        Ledger(-1)
    with pytest.raises(ValueError, match="-1"):
        Ledger(10).reserve("a", -1)


def test_growing_beyond_what_is_free_is_refused():
    ledger = Ledger(100)
    ledger.reserve("a", 60)
    ledger.reserve("b", 30)
    assert not ledger.resize("a", 71)
    assert ledger.resize("a", 70)
    assert ledger.resize("a", 5)
    assert ledger.held() == {"a": 5, "b": 30}


def test_victims_leave_only_together_with_what_takes_their_place():
    ledger = Ledger(100)
    ledger.reserve("old", 80)
    with ledger.transaction() as change:
        change.release("old")
        assert change.reserve("weights", 70)
        assert not change.reserve("workspace", 31)
    assert change.failed
    assert ledger.held() == {"old": 80}
    with ledger.transaction() as change:
        change.release("old")
        change.reserve("weights", 70)
        change.reserve("workspace", 30)
    assert not change.failed
    assert ledger.held() == {"weights": 70, "workspace": 30}


def test_a_block_that_fails_or_is_abandoned_changes_nothing():
    ledger = Ledger(100)

    def reserve_and_fail():
        with ledger.transaction() as change:
            change.reserve("a", 1)
            change.release("missing")

    with pytest.raises(KeyError):
        reserve_and_fail()
    with ledger.transaction() as change:
        change.reserve("a", 1)
        change.abandon()
    assert ledger.held() == {}


def test_transactions_do_not_overlap():
    ledger = Ledger(100)
    with ledger.transaction(), pytest.raises(RuntimeError, match="one transaction"), ledger.transaction():
        pass

    def change_beside_the_transaction():
        with ledger.transaction() as change:
            change.reserve("a", 60)
            ledger.reserve("b", 60)

    with pytest.raises(RuntimeError, match="beside"):
        change_beside_the_transaction()
    assert ledger.held() == {"b": 60}


class AnyUse(RuleBasedStateMachine):
    """Compares a ledger with plain arithmetic through any order of calls."""

    keys = Bundle("keys")

    def __init__(self):
        super().__init__()
        self.ledger = Ledger(100)
        self.expected: dict[str, int] = {}
        self.number = 0

    def fits(self, more):
        return sum(self.expected.values()) + more <= 100

    @rule(target=keys, size=st.integers(0, 120))
    def reserve(self, size):
        self.number += 1
        key = f"k{self.number}"
        fitted = self.ledger.reserve(key, size)
        assert fitted == self.fits(size)
        if fitted:
            self.expected[key] = size
        return key

    @rule(key=keys, size=st.integers(0, 120))
    def resize(self, key, size):
        if key not in self.expected:
            return
        fitted = self.ledger.resize(key, size)
        assert fitted == self.fits(size - self.expected[key])
        if fitted:
            self.expected[key] = size

    @rule(key=consumes(keys))
    def release(self, key):
        if self.expected.pop(key, None) is not None:
            self.ledger.release(key)

    @rule(target=keys, key=keys, sizes=st.lists(st.integers(0, 80), max_size=3))
    def replace(self, key, sizes):
        after = {name: size for name, size in self.expected.items() if name != key}
        with self.ledger.transaction() as change:
            if key in self.expected:
                change.release(key)
            for place, size in enumerate(sizes):
                after[f"{key}.{self.number}.{place}"] = size
                change.reserve(f"{key}.{self.number}.{place}", size)
        self.number += 1
        possible = sum(after.values()) <= 100
        assert change.failed != possible
        if possible:
            self.expected = after
        return next(reversed(self.expected), key)

    @invariant()
    def is_never_over_committed(self):
        assert self.ledger.held() == self.expected
        assert self.ledger.reserved_bytes + self.ledger.free_bytes == 100
        assert 0 <= self.ledger.free_bytes <= 100


TestAnyUse = AnyUse.TestCase
TestAnyUse.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
