"""How many nodules there are: what is clearly benign makes no solitary nodule one of several."""

import pytest
from tests.unit.lung_nodule.asking import BY_CHANCE, PLAIN, SCREENED, ask, needed, of_source, question
from tests.unit.lung_nodule.nodule_findings import nodule

SOLID = nodule("1", mm=7, words={"kind": "solid"})
GRANULOMA = nodule("2", mm=5, words={"kind": "calcified"})
PATIENT = {**BY_CHANCE, "high_risk": True}
NOT_BENIGN = {"benign_by_fleischner": False}


def rule(found):
    said = of_source(found, "Fleischner")
    return None if said is None else said.rule_id


def fleischner(findings, **of):
    return ask(findings, PATIENT, NOT_BENIGN, use=["fleischner_2017"], **of)


def test_a_granuloma_beside_a_nodule_leaves_it_a_single_one():
    found = fleischner([SOLID, GRANULOMA], of_2={"benign_by_fleischner": True})
    assert rule(found) == "FL17-SOLID-MEDIUM-SINGLE-HIGH"
    assert question(found, "nodule_count").known == 1


def test_a_calcified_nodule_that_nobody_has_called_benign_leaves_the_number_open():
    found = ask([SOLID, GRANULOMA], PATIENT, use=["fleischner_2017"], of_1=NOT_BENIGN)
    assert rule(found) is None
    assert (None, "nodule_count") in needed(found)


def test_a_calcified_nodule_that_is_not_benign_counts():
    found = fleischner([SOLID, GRANULOMA])
    assert rule(found) == "FL17-SOLID-MULTIPLE-HIGH"


@pytest.mark.parametrize(("pattern", "count"), [("central", 1), ("none", 2)])
def test_a_pattern_that_a_reader_names_decides_for_the_models_too(pattern, count):
    found = ask([SOLID, GRANULOMA], SCREENED, PLAIN, of_2={"benign_pattern": pattern})
    assert question(found, "nodule_count").known == count


def test_a_nodule_that_a_reader_calls_resolved_is_not_counted():
    other = nodule("2", mm=5, words={"kind": "solid"})
    found = ask([SOLID, other], {**SCREENED, "prior_ct": True}, PLAIN, of_2={"status": "resolved"})
    assert question(found, "nodule_count").known == 1


def test_a_single_granuloma_is_one_nodule():
    found = ask(
        [nodule(mm=5, words={"kind": "solid"})],
        PATIENT,
        {"benign_by_fleischner": True},
        use=["fleischner_2017"],
    )
    assert rule(found) == "FL17-BENIGN"
    assert question(found, "nodule_count").known == 1


def test_the_number_that_a_reader_gives_stands():
    found = ask([SOLID, GRANULOMA], {**PATIENT, "nodule_count": 1}, use=["fleischner_2017"], of_1=NOT_BENIGN)
    assert rule(found) == "FL17-SOLID-MEDIUM-SINGLE-HIGH"
