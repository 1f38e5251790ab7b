"""Time per case: sittings are added up, few cases have no quartiles, and persons are not ranked."""

from uuid import UUID, uuid4

import pytest

from allward.results.reading_statistics import Sitting, case_times

ZHANG, LI, GUEST = uuid4(), uuid4(), uuid4()
NAMES: dict[UUID, str | None] = {ZHANG: "Zhang", LI: "Li", GUEST: None}


def sitting(study: UUID, reader: UUID, seconds: float, *, month: str = "2026-11") -> Sitting:
    return Sitting("lung_nodule", month, study, reader, NAMES[reader], seconds)


def test_sittings_of_one_person_in_front_of_one_study_are_one_case():
    study = uuid4()
    (row,) = case_times([sitting(study, ZHANG, 40), sitting(study, ZHANG, 20)], by_person=False)
    assert (row.cases, row.readers, row.median_s, row.q1_s, row.q3_s) == (1, 1, 60, None, None)


def test_two_readers_of_one_study_are_two_cases():
    study = uuid4()
    (row,) = case_times([sitting(study, ZHANG, 40), sitting(study, LI, 20)], by_person=False)
    assert (row.cases, row.readers, row.median_s) == (2, 2, 30)


def test_four_cases_have_quartiles():
    rows = case_times([sitting(uuid4(), ZHANG, seconds) for seconds in (10, 20, 30, 40, 50)], by_person=False)
    assert (rows[0].q1_s, rows[0].median_s, rows[0].q3_s) == pytest.approx((20, 30, 40))
    three = case_times([sitting(uuid4(), ZHANG, seconds) for seconds in (10, 20, 30)], by_person=False)
    assert three[0].q1_s is None


def test_what_nobody_had_a_hand_on_is_no_case():
    assert case_times([sitting(uuid4(), ZHANG, 0)], by_person=False) == []


def test_months_come_latest_first_and_persons_by_name_whatever_their_times():
    given = [
        sitting(uuid4(), ZHANG, 10), sitting(uuid4(), LI, 90), sitting(uuid4(), LI, 5, month="2026-10"),
    ]  # fmt: skip
    rows = case_times(given, by_person=True)
    assert [(row.month, row.person) for row in rows] == [
        ("2026-11", "Li"), ("2026-11", "Zhang"), ("2026-10", "Li"),
    ]  # fmt: skip


def test_readers_of_other_hospitals_are_one_line_without_a_name():
    other = uuid4()
    NAMES[other] = None
    given = [sitting(uuid4(), GUEST, 10), sitting(uuid4(), other, 30), sitting(uuid4(), LI, 5)]
    rows = case_times(given, by_person=True)
    assert [(row.person, row.cases, row.readers) for row in rows] == [(None, 2, 2), ("Li", 1, 1)]
