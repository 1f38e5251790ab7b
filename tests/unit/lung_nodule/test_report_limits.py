"""What the images do not show is written, and nobody's word makes it a normal of both lungs."""

import pytest
from tests.unit.lung_nodule.asking import SCREENED
from tests.unit.lung_nodule.nodule_findings import nodule
from tests.unit.lung_nodule.test_report import CONTEXT, en, zh

from allward_runner.abilities import Answers
from lung_nodule.logic import sentences
from lung_nodule.logic.advice import counsel
from lung_nodule.logic.app import APP
from lung_nodule.logic.followup.words import NO_DATE, not_compared

NONE_SEEN = {**SCREENED, "no_nodule_confirmed": True}


def write(findings, patient, reasons=(), *, evaluable=True, use=("lung_rads_2022",)):
    advised = counsel(CONTEXT, findings, Answers(dict(patient), {}), guidelines=use, evaluable=evaluable)
    return APP.draft(CONTEXT, findings, advised, evaluable=evaluable, reasons=reasons)


@pytest.mark.parametrize(
    "why",
    [sentences.only_lung("left"), sentences.only_lung("right"), sentences.CUT_ABOVE, sentences.CUT_BELOW],
)
def test_where_a_part_of_the_lungs_is_not_shown_none_is_said_of_both_lungs(why):
    found = write([], NONE_SEEN, [why])
    assert "either lung" not in en(found.findings)
    assert "双肺" not in found.findings[0].text.zh
    assert "in what the images show of the lungs" in en(found.findings)
    assert "影像所示范围内" in zh(found.findings)
    assert why.en in en(found.findings)
    assert why.zh in zh(found.findings)
    assert found.impression[0].text.en != "No lung nodule."
    assert "not a negative examination" in found.impression[0].text.en


def test_where_both_lungs_are_shown_a_reader_says_it_of_both():
    found = write([], NONE_SEEN, [sentences.NO_CANDIDATE, sentences.CONTRAST_UNSURE])
    assert found.findings[0].text.zh == "双肺未见结节。"
    assert found.impression[0].text.en == "No lung nodule."
    assert sentences.NO_CANDIDATE.en not in en(found.findings)


def test_a_reader_who_cannot_evaluate_both_lungs_says_nothing_of_both():
    found = write([], {**NONE_SEEN, "lungs_evaluable": False})
    assert "either lung" not in en(found.findings)
    assert "not a negative examination" in found.impression[0].text.en


def test_beside_nodules_too_what_is_not_shown_is_written():
    found = write([nodule(mm=9, words={"kind": "solid"})], SCREENED, [sentences.CUT_BELOW])
    assert sentences.CUT_BELOW.en in en(found.findings)


@pytest.mark.parametrize("why", [sentences.noisy(80.0), sentences.gaps(3.0, 1.0), not_compared(NO_DATE)])
def test_what_hides_nodules_or_a_comparison_is_written(why):
    assert why.en in en(write([], NONE_SEEN, [why]).findings)


def test_why_images_could_not_be_evaluated_is_written_once():
    found = write([], SCREENED, [sentences.NOT_CT], evaluable=False)
    assert en(found.findings).count(sentences.NOT_CT.en) == 1
