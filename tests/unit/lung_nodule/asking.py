"""How the tests ask for advice: answers that are plain, and nodules that are drawn."""

from hypothesis import strategies as st
from tests.unit.lung_nodule.nodule_findings import nodule, round_before

from allward_runner.abilities import Answers
from lung_nodule.logic.advice import GUIDELINES, counsel

NOW = {"StudyDate": "20260601"}
SCREENED = {
    "screening": True, "known_lung_cancer": False, "prior_ct": False, "lungs_evaluable": True,
    "infection_suspected": False, "other_significant_finding": False, "prior_being_located": False,
}  # fmt: skip
BY_CHANCE = {
    "screening": False, "known_cancer": False, "immunosuppressed": False, "age_years": 60, "prior_ct": False,
}  # fmt: skip
PLAIN = {"benign_pattern": "none", "juxtapleural": False, "suspicious_features": ""}


def ask(findings, patient=(), each=(), *, use=("lung_rads_2022",), context=None, evaluable=True, **of):
    answers = Answers(
        of_patient=dict(patient),
        of_findings={one.id: {**dict(each), **of.get(f"of_{one.id}", {})} for one in findings},
    )
    return counsel(
        NOW if context is None else context, findings, answers, guidelines=use, evaluable=evaluable
    )


def of_source(found, source, finding_id="1"):
    said = [one for one in found.advice if source in one.source.en and one.finding_id == finding_id]
    assert len(said) <= 1
    return said[0] if said else None


def needed(found):
    return {(one.finding_id, one.name) for one in found.questions if one.needed}


def question(found, name, finding_id=None):
    return next(one for one in found.questions if (one.name, one.finding_id) == (name, finding_id))


KINDS = st.sampled_from(["solid", "part-solid", "ground-glass", "calcified", "fat-containing"])
LOBES = st.sampled_from(["RUL", "RLL", "not determined"])
CHANGES = st.sampled_from([None, "new", "growing", "stable", "not comparable", "resolved"])
USES = st.lists(st.sampled_from(list(GUIDELINES)), max_size=3, unique=True)


@st.composite
def nodules(draw):
    found = []
    for place in range(draw(st.integers(0, 3))):
        change = draw(CHANGES)
        words = {"kind": draw(KINDS), "lobe": draw(LOBES)} | ({} if change is None else {"change": change})
        before = draw(st.floats(3, 30))
        prior = None if change in {None, "new"} else ("2026-01-10", round_before(before))
        mm = draw(st.none() | st.floats(3, 35))
        more = {"volume_change_percent": draw(st.none() | st.floats(-50, 200)), "solid_mean_diameter_mm": 4.0}
        found.append(nodule(str(place), mm=mm, words=words, prior=prior, **more))
    return found
