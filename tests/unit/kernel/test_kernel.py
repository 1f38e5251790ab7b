import time
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allward.kernel.clock import now
from allward.kernel.ids import first_id_at, new_dicom_uid, new_id
from allward.kernel.states import ForbiddenTransitionError, check_transition
from allward.outbox.relay import back_off
from allward.pipeline import PIPELINE


class Light(StrEnum):
    RED = "red"
    GREEN = "green"


TABLE = {Light.RED: frozenset({Light.GREEN}), Light.GREEN: frozenset()}


def test_ids_rise_with_time_and_are_version_7():
    first = new_id()
    time.sleep(0.002)
    second = new_id()
    assert first < second
    assert first.version == 7


def test_dicom_uids_are_valid_and_differ():
    one, other = new_dicom_uid(), new_dicom_uid()
    assert one != other
    assert one.startswith("2.25.")
    assert len(one) <= 64


def test_a_transition_that_the_table_does_not_name_is_refused():
    check_transition(TABLE, old=Light.RED, new=Light.GREEN, what="a light")
    with pytest.raises(ForbiddenTransitionError, match="a light that is green cannot become red"):
        check_transition(TABLE, old=Light.GREEN, new=Light.RED, what="a light")


@given(st.integers(min_value=0, max_value=10_000))
def test_back_off_never_shrinks_and_never_exceeds_an_hour(attempts):
    assert back_off(attempts) <= back_off(attempts + 1)
    assert back_off(attempts).total_seconds() <= 3600


@pytest.mark.parametrize("kind", sorted({step.on for step in PIPELINE}, key=str))
def test_every_event_survives_the_outbox(kind):
    event = kind(**dict.fromkeys(kind.__dataclass_fields__, new_id()))
    assert kind.from_payload(event.to_payload()) == event


def test_ids_made_from_a_moment_on_are_a_range_of_the_key():
    before = new_id()
    time.sleep(0.002)
    moment = now()
    assert before < first_id_at(moment) <= new_id()
