"""A nodule that a person accepted is in the report, whatever the program could make of the images."""

from tests.unit.lung_nodule.asking import PLAIN, SCREENED
from tests.unit.lung_nodule.nodule_findings import nodule, round_before
from tests.unit.lung_nodule.test_report import en, write, zh


def test_an_accepted_nodule_is_reported_where_the_program_could_not_evaluate():
    one = nodule(mm=12, words={"kind": "solid", "lobe": "RUL"})
    found = write([one], evaluable=False)
    assert "Solid nodule in the right upper lobe, 12.0 mm" in en(found.findings)
    assert found.impression[0].finding_id == "1"
    assert "右肺上叶实性结节，12.0 mm" in zh(found.impression)
    assert "could not be evaluated" in en(found.findings)
    assert "not been ruled out" in en(found.impression)
    assert "No statement on lung nodules" not in en(found.impression)


def test_its_category_and_recommendation_stand_there_too():
    one = nodule(mm=12, words={"kind": "solid"})
    patient = {"screening": False, "known_cancer": False, "immunosuppressed": False, "age_years": 60}
    answers = {**patient, "prior_ct": False, "high_risk": True, "nodule_count": 1}
    found = write([one], answers, {"benign_by_fleischner": False}, use=["fleischner_2017"], evaluable=False)
    assert "Consider CT at 3 months" in en(found.impression)
    screened = {**SCREENED, "lungs_evaluable": False}
    found = write([one], screened, PLAIN, use=["lung_rads_2022"], evaluable=False)
    assert "Category 0" in en(found.impression)
    assert "category 4A" in en(found.impression)


def test_somebody_is_told_of_a_mass_that_was_accepted_on_such_images():
    found = write([nodule(mm=45, words={"kind": "solid"})], evaluable=False)
    assert set(found.critical) == {"1"}


def test_a_nodule_that_has_gone_leaves_the_examination_without_a_statement():
    gone = nodule(words={"kind": "solid", "change": "resolved"}, prior=("2026-01-10", round_before(5)))
    found = write([gone], evaluable=False)
    assert "no longer seen" in en(found.findings)
    assert "No statement on lung nodules" in en(found.impression)


def test_no_reader_s_word_makes_such_images_a_normal():
    patient = {**SCREENED, "no_nodule_confirmed": True, "lungs_evaluable": False}
    found = write([], patient, use=["lung_rads_2022"], evaluable=False)
    assert "No lung nodule is seen" not in en(found.findings)
    assert "No statement on lung nodules" in en(found.impression)
