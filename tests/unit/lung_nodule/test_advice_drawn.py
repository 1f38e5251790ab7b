"""Advice on drawn nodules: no order matters, and no answer changes what did not look at it."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.lung_nodule.asking import NOW, USES, nodules

from allward_runner.abilities import Answers
from lung_nodule.logic.advice import counsel


def answers_to(questions, draw):
    """Return an answer to each of some questions, as its kind allows."""
    patient, of_findings = {}, {}
    for one in questions:
        if one.kind == "yes_no":
            value = draw(st.booleans())
        elif one.kind == "number":
            value = draw(st.integers(int(max(one.least, 1)), int(min(one.most, 400))))
        else:
            value = draw(st.sampled_from(sorted(one.options)))
        (patient if one.finding_id is None else of_findings.setdefault(one.finding_id, {}))[one.name] = value
    return patient, of_findings


def ask_all(found, patient, of_findings, use):
    return counsel(NOW, found, Answers(patient, of_findings), guidelines=use, evaluable=True)


@settings(max_examples=120, deadline=None)
@given(nodules(), USES, st.data())
def test_neither_the_order_of_findings_nor_that_of_answers_matters(found, use, data):
    patient, of_findings = {}, {}
    for _ in range(3):
        asked = [one for one in ask_all(found, patient, of_findings, use).questions if one.needed]
        chosen = [one for one in asked if data.draw(st.booleans())]
        more, of_more = answers_to(chosen, data.draw)
        patient |= more
        for finding_id, said in of_more.items():
            of_findings.setdefault(finding_id, {}).update(said)
    one, other = (ask_all(each, patient, of_findings, use) for each in (found, found[::-1]))
    assert sorted(map(repr, one.advice)) == sorted(map(repr, other.advice))
    assert sorted(map(repr, one.questions)) == sorted(map(repr, other.questions))


@settings(max_examples=200, deadline=None)
@given(nodules(), USES, st.data())
def test_another_answer_never_changes_an_advice_that_did_not_need_it(found, use, data):
    patient, of_findings = {}, {}
    for _ in range(8):
        before = ask_all(found, patient, of_findings, use)
        open_ones = [one for one in before.questions if one.answer is None]
        if not open_ones:
            return
        one = data.draw(st.sampled_from(open_ones))
        more, of_more = answers_to([one], data.draw)
        patient = {**patient, **more}
        for finding_id, said in of_more.items():
            of_findings = {**of_findings, finding_id: {**of_findings.get(finding_id, {}), **said}}
        after = ask_all(found, patient, of_findings, use)
        for advice in before.advice:
            if one.name in advice.used or (advice.finding_id is None and one.finding_id is not None):
                continue
            if advice.finding_id is not None and one.finding_id not in {None, advice.finding_id}:
                assert advice in after.advice, (one.name, advice)
                continue
            same = [
                (each.category, each.probability, each.recommended)
                for each in after.advice
                if (each.source, each.finding_id) == (advice.source, advice.finding_id)
            ]
            assert (advice.category, advice.probability, advice.recommended) in same, (
                one.name,
                advice,
                after,
            )
