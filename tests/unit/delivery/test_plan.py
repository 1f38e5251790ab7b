"""What a destination gets of a result, and what it must not keep."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allward.delivery.plan import Known, Plan, Receiver, Statement, plan_delivery, wants
from allward.delivery.states import MAY_BECOME, DeliveryState
from allward.results.object_state import Word, word_on
from allward.results.states import ResultStatus, ReviewState

CLINICAL = Receiver()
EAGER = Receiver(sends_unreviewed=True)
RESEARCH = Receiver(for_research=True)

SEG, UNVERIFIED, VERIFIED = uuid4(), uuid4(), uuid4()


def says(
    word: Word, *present: UUID, research_only: bool = False, standing: tuple[UUID, ...] = ()
) -> Statement:
    return Statement(word, research_only, frozenset(present), frozenset(standing))


def delivery(object_id: UUID, state: DeliveryState, **more: bool) -> Known:
    return Known(uuid4(), object_id, state, **more)


def test_a_clinical_destination_gets_nothing_before_a_person_has_accepted():
    assert plan_delivery(CLINICAL, says(Word.OPEN, SEG, UNVERIFIED), []) == Plan()


def test_a_clinical_destination_gets_what_is_accepted():
    assert plan_delivery(CLINICAL, says(Word.ACCEPTED, SEG, VERIFIED), []).send == {SEG, VERIFIED}


def test_a_destination_that_opted_in_gets_what_is_unreviewed():
    assert plan_delivery(EAGER, says(Word.OPEN, SEG, UNVERIFIED), []).send == {SEG, UNVERIFIED}


def test_a_research_result_goes_only_to_destinations_for_research():
    accepted = says(Word.ACCEPTED, SEG, VERIFIED, research_only=True)
    assert plan_delivery(CLINICAL, accepted, []) == Plan()
    assert plan_delivery(EAGER, accepted, []) == Plan()
    assert plan_delivery(RESEARCH, accepted, []).send == {SEG, VERIFIED}


def test_research_alone_does_not_open_the_door_for_unreviewed_results():
    assert plan_delivery(RESEARCH, says(Word.OPEN, SEG, research_only=True), []) == Plan()


def test_a_rejection_takes_back_what_arrived_and_stops_what_did_not():
    arrived = delivery(SEG, DeliveryState.DELIVERED)
    on_its_way = delivery(UNVERIFIED, DeliveryState.SCHEDULED)
    plan = plan_delivery(EAGER, says(Word.REJECTED), [arrived, on_its_way])
    assert plan == Plan(withdraw=frozenset({arrived.delivery_id}), cancel=frozenset({on_its_way.delivery_id}))


def test_what_may_have_arrived_is_taken_back_too():
    unanswered = delivery(SEG, DeliveryState.FAILED, may_be_held=True)
    assert plan_delivery(EAGER, says(Word.REJECTED), [unanswered]).withdraw == {unanswered.delivery_id}


def test_a_superseded_result_is_taken_back():
    arrived = delivery(SEG, DeliveryState.DELIVERED)
    assert plan_delivery(CLINICAL, says(Word.OVER), [arrived]).withdraw == {arrived.delivery_id}


def test_a_corrected_report_replaces_the_one_that_was_delivered():
    old = delivery(VERIFIED, DeliveryState.DELIVERED)
    corrected = uuid4()
    plan = plan_delivery(CLINICAL, says(Word.ACCEPTED, corrected), [old])
    assert plan == Plan(send=frozenset({corrected}), withdraw=frozenset({old.delivery_id}))


def test_an_unverified_report_stands_when_all_of_it_was_accepted():
    old = delivery(UNVERIFIED, DeliveryState.DELIVERED)
    plan = plan_delivery(EAGER, says(Word.ACCEPTED, VERIFIED, standing=(UNVERIFIED,)), [old])
    assert plan == Plan(send=frozenset({VERIFIED}))


def test_reopening_a_review_takes_nothing_back_and_sends_nothing():
    old = delivery(VERIFIED, DeliveryState.DELIVERED)
    assert plan_delivery(CLINICAL, says(Word.OPEN, SEG, UNVERIFIED), [old]) == Plan()


def test_settings_take_nothing_back():
    arrived = delivery(SEG, DeliveryState.DELIVERED)
    accepted = says(Word.ACCEPTED, SEG, research_only=True)
    assert plan_delivery(CLINICAL, accepted, [arrived]) == Plan()
    assert plan_delivery(Receiver(enabled=False), accepted, [arrived]) == Plan()


def test_a_destination_that_is_switched_off_hears_nothing_and_everything_when_it_is_on_again():
    held, waiting = delivery(SEG, DeliveryState.DELIVERED), delivery(VERIFIED, DeliveryState.SCHEDULED)
    off = plan_delivery(Receiver(enabled=False), says(Word.REJECTED), [held, waiting])
    assert off == Plan(cancel=frozenset({waiting.delivery_id}))
    canceled = replace(waiting, state=DeliveryState.CANCELED)
    assert plan_delivery(CLINICAL, says(Word.REJECTED), [held, canceled]).withdraw == {held.delivery_id}
    assert plan_delivery(CLINICAL, says(Word.ACCEPTED, VERIFIED), [canceled]).resume == {canceled.delivery_id}


def test_what_a_worker_is_sending_is_left_to_it():
    busy = delivery(SEG, DeliveryState.SCHEDULED, being_sent=True, may_be_held=True)
    assert plan_delivery(EAGER, says(Word.REJECTED), [busy]) == Plan()


def test_a_spent_object_does_not_stay_where_it_arrived_late():
    late = delivery(SEG, DeliveryState.DELIVERED, taken_back=True)
    assert plan_delivery(EAGER, says(Word.OPEN), [late]).withdraw == {late.delivery_id}


objects = st.sampled_from([UUID(int=n) for n in range(5)])
receivers = st.builds(Receiver, st.booleans(), st.booleans(), st.booleans())
statements = st.builds(
    Statement,
    st.sampled_from(Word),
    st.booleans(),
    st.frozensets(objects, max_size=3),
    st.frozensets(objects),
)
deliveries = st.lists(
    st.builds(
        Known,
        st.uuids(),
        objects,
        st.sampled_from(DeliveryState),
        may_be_held=st.booleans(),
        being_sent=st.booleans(),
        is_note=st.booleans(),
        taken_back=st.booleans(),
    ),
    unique_by=lambda known: known.object_id,
    max_size=5,
)


def after(plan: Plan, known: list[Known]) -> list[Known]:
    """The deliveries when the plan has been carried out."""
    states = {
        **dict.fromkeys(plan.resume, DeliveryState.SCHEDULED),
        **dict.fromkeys(plan.cancel, DeliveryState.CANCELED),
        **dict.fromkeys(plan.withdraw, DeliveryState.WITHDRAWN),
    }
    moved = [replace(each, state=states.get(each.delivery_id, each.state)) for each in known]
    return moved + [Known(uuid4(), object_id, DeliveryState.SCHEDULED) for object_id in plan.send]


@given(receivers, statements, deliveries)
def test_a_plan_that_was_carried_out_leaves_nothing_to_do(receiver, statement, known):
    plan = plan_delivery(receiver, statement, known)
    if statement.present & {each.object_id for each in known if each.taken_back}:
        return  # present objects are never spent ones: a new generation says the same words
    assert plan_delivery(receiver, statement, after(plan, known)) == Plan()


@given(receivers, statements, deliveries)
def test_a_plan_moves_deliveries_only_where_their_states_let_it(receiver, statement, known):
    plan = plan_delivery(receiver, statement, known)
    for before, now in zip(known, after(plan, known), strict=False):
        assert before.state == now.state or now.state in MAY_BECOME[before.state]


@given(receivers, statements, deliveries)
def test_nothing_goes_out_that_nobody_accepted_unless_the_destination_opted_in(receiver, statement, known):
    plan = plan_delivery(receiver, statement, known)
    results = {each.delivery_id for each in known if not each.is_note}
    if plan.send or plan.resume & results:
        assert wants(receiver, statement)
        assert statement.word is Word.ACCEPTED or (statement.word is Word.OPEN and receiver.sends_unreviewed)
        assert receiver.for_research or not statement.research_only


@given(receivers, statements, deliveries)
def test_no_object_is_sent_to_a_destination_twice(receiver, statement, known):
    assert not plan_delivery(receiver, statement, known).send & {each.object_id for each in known}


@pytest.mark.parametrize(
    ("states", "word"),
    [
        ([], Word.OPEN),
        ([ReviewState.UNREVIEWED, ReviewState.ACCEPTED], Word.OPEN),
        ([ReviewState.REJECTED, ReviewState.ACCEPTED], Word.ACCEPTED),
        ([ReviewState.REJECTED], Word.REJECTED),
    ],
)
def test_the_word_on_a_result_follows_from_its_findings(states, word):
    assert word_on(ResultStatus.CURRENT, states) is word
    assert word_on(ResultStatus.SUPERSEDED, states) is Word.OVER
    assert word_on(ResultStatus.WITHDRAWN, states) is Word.OVER
