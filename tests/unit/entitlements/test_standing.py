"""How an entitlement stands: one pure function of what it says and what is known."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allward.entitlements.standing import PREFERENCE, RUNS, Facts, State, not_trusted, standing_of
from allward_sdk.entitlement import Entitlement

DAY = timedelta(days=1)
BEGIN = datetime(2027, 1, 1, tzinfo=UTC)
HOME = UUID(int=1)


def says(**more: object) -> Entitlement:
    told = {
        "id": UUID(int=9), "keyid": "a" * 64, "tenant": {"id": HOME, "code": "central"},
        "plugin": "org.test.bright", "kind": "licence", "not_before": BEGIN, "expires": BEGIN + 10 * DAY,
        "grace_days": 5, "quota": {"studies": 3, "per": "total"}, "issued_at": BEGIN,
    }  # fmt: skip
    return Entitlement.model_validate(told | more)


def state(after: timedelta, **more) -> State:
    return standing_of(says(), Facts(**({"hospital_id": HOME, "at": BEGIN + after} | more))).state


def test_it_holds_from_its_first_moment_to_its_end_and_through_its_grace() -> None:
    instant = timedelta(microseconds=1)
    assert state(-instant) == State.NOT_YET
    assert state(0 * DAY) == State.VALID
    assert state(10 * DAY - instant) == State.VALID
    assert state(10 * DAY) == State.IN_GRACE
    assert state(15 * DAY - instant) == State.IN_GRACE
    assert state(15 * DAY) == State.EXPIRED


def test_without_a_grace_it_ends_at_once() -> None:
    ended = Facts(HOME, BEGIN + 10 * DAY)
    assert standing_of(says(grace_days=0), ended).state == State.EXPIRED


def test_the_quota_is_used_up_with_its_last_study() -> None:
    assert state(DAY, used=2) == State.VALID
    assert state(DAY, used=3) == State.QUOTA_USED_UP
    assert state(12 * DAY, used=3) == State.QUOTA_USED_UP
    assert standing_of(says(quota=None), Facts(HOME, BEGIN, used=10**6)).state == State.VALID


def test_another_hospitals_token_is_of_no_use_whenever() -> None:
    assert {state(days * DAY, hospital_id=UUID(int=2)) for days in (-1, 1, 12, 20)} == {State.OTHER_HOSPITAL}


def test_a_clock_that_was_set_back_is_said_and_extends_nothing() -> None:
    behind = timedelta(days=3)
    assert state(DAY, behind=behind) == State.CLOCK_SET_BACK
    assert state(20 * DAY, behind=behind) == State.EXPIRED
    grace = standing_of(says(), Facts(HOME, BEGIN + 12 * DAY, behind))
    assert grace.state == State.IN_GRACE
    for text in (grace.text.en, standing_of(says(), Facts(HOME, BEGIN, behind)).text.en):
        assert "3 days behind" in text


@pytest.mark.parametrize(
    ("behind", "words"), [(11 / 60, "11 minutes"), (1.9, "114 minutes"), (47, "47 hours"), (100, "4 days")]
)
def test_how_far_the_clock_is_behind_is_said_in_a_fitting_unit(behind, words) -> None:
    assert f" {words} behind" in standing_of(says(), Facts(HOME, BEGIN, timedelta(hours=behind))).text.en


def test_every_state_has_words_in_both_languages_and_says_what_to_do() -> None:
    found = [
        standing_of(says(), Facts(HOME, BEGIN - DAY)),
        standing_of(says(), Facts(HOME, BEGIN)),
        standing_of(says(), Facts(HOME, BEGIN, timedelta(hours=1))),
        standing_of(says(), Facts(HOME, BEGIN + 11 * DAY)),
        standing_of(says(), Facts(HOME, BEGIN + 20 * DAY)),
        standing_of(says(), Facts(HOME, BEGIN, used=3)),
        standing_of(says(quota={"studies": 1, "per": "month"}), Facts(HOME, BEGIN, used=1)),
        standing_of(says(), Facts(UUID(int=2), BEGIN)),
        not_trusted("the key was revoked"),
    ]
    assert {one.state for one in found} == set(State)
    assert len({one.text.en for one in found}) == len({one.text.zh for one in found}) == len(found)
    for one in found:
        assert one.text.en.isascii()
        assert any("\u4e00" <= letter <= "\u9fff" for letter in one.text.zh)
        if not one.runs and one.state != State.NOT_YET:
            assert "publisher" in one.text.en
            assert "发布方" in one.text.zh


def test_what_runs_is_preferred_and_what_is_sound_before_what_warns() -> None:
    assert set(PREFERENCE[: len(RUNS)]) == RUNS
    assert PREFERENCE[0] == State.VALID


_IN_TIME = (State.NOT_YET, State.VALID, State.IN_GRACE, State.EXPIRED)
moments = st.integers(min_value=-30 * 86_400, max_value=60 * 86_400)
tokens = st.builds(
    says,
    expires=st.integers(min_value=1, max_value=30 * 86_400).map(lambda s: BEGIN + timedelta(seconds=s)),
    grace_days=st.integers(min_value=0, max_value=30),
    quota=st.none(),
)


@given(tokens, st.tuples(moments, moments))
@pytest.mark.parametrize("behind", [None, timedelta(hours=1)])
def test_time_leads_in_one_direction_only(behind, token, pair) -> None:
    early, late = (
        standing_of(token, Facts(HOME, BEGIN + timedelta(seconds=s), behind)).state for s in sorted(pair)
    )
    order = [State.VALID if one == State.CLOCK_SET_BACK else one for one in (early, late)]
    assert _IN_TIME.index(order[0]) <= _IN_TIME.index(order[1])


@given(tokens, moments, st.tuples(st.integers(0, 20), st.integers(0, 20)), st.integers(1, 20))
def test_more_studies_never_give_back_what_is_used_up(token, second, pair, most) -> None:
    token = token.model_copy(update={"quota": says(quota={"studies": most, "per": "month"}).quota})
    at = BEGIN + timedelta(seconds=second)
    few, many = (standing_of(token, Facts(HOME, at, used=used)).runs for used in sorted(pair))
    assert few or not many
