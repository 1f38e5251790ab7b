"""The app on a chest CT that came with its prior: from candidates of both to what became of each nodule."""

from dataclasses import replace

import numpy as np
from tests.phantoms.chest import Nodule, chest_scan
from tests.unit.lung_nodule.chests import CONTEXT, case_of, marked, output, said, value

from allward_runner.case import Prior
from allward_sdk.geometry import Geometry
from lung_nodule.logic.app import APP, DETECTOR

GREW, GONE, NEW = (-70.0, 10.0, 20.0), (70.0, -20.0, -30.0), (60.0, 20.0, 40.0)
ELSEWHERE_MM = (12.0, -9.0, 400.0)
"""Where the table stood on the earlier day."""


def marks(*nodules: Nodule, shift_mm=(0.0, 0.0, 0.0)):
    return [
        marked(
            tuple(a + b for a, b in zip(each.centre_lps_mm, shift_mm, strict=True)),
            score=0.9 - 0.1 * n,
            size_mm=each.diameter_mm,
            number=n + 1,
        )
        for n, each in enumerate(nodules)
    ]


def now():
    nodules = (Nodule(GREW, 14.0), Nodule(NEW, 9.0))
    case = case_of(chest_scan(nodules), {**CONTEXT, "StudyDate": "20250701"}, series="1.2.2")
    return case, {DETECTOR: output(marks(*nodules))}


def before(findings=None) -> Prior:
    nodules = (Nodule(GREW, 9.0), Nodule(GONE, 10.0))
    made = chest_scan(nodules)
    affine = made.geometry.index_to_lps_mm.copy()
    affine[:3, 3] += ELSEWHERE_MM
    moved = made._replace(geometry=Geometry(made.geometry.shape_kji, affine, "8.8"))
    case = case_of(moved, {**CONTEXT, "StudyDate": "20250101"}, series="1.2.1")
    return Prior(case, {DETECTOR: output(marks(*nodules, shift_mm=ELSEWHERE_MM))}, findings)


def assess(prior: Prior | None, outputs=None):
    case, found = now()
    return APP.assess(replace(case, prior=prior), found if outputs is None else outputs)


def changes(result):
    return {each.id: (said(each, "change") or "").partition(" (")[0] for each in result.findings}


def test_nodules_of_two_dates_are_found_measured_and_compared():
    result = assess(before())
    assert sorted(changes(result).values()) == ["growing", "new", "resolved"]
    grown = next(each for each in result.findings if said(each, "change") == "growing")
    assert 4.0 < value(grown, "delta_mm") < 6.0
    assert value(grown, "doubling_time_days") < 181
    assert value(grown, "days_since_prior") == 181
    earlier = {each.tracking_uid for each in APP.assess(before().case, before().outputs).findings}
    assert grown.tracking_uid in earlier
    there = np.add(GREW, ELSEWHERE_MM)
    assert np.linalg.norm(np.subtract(grown.prior.centre_lps_mm, there)) < 2.0
    assert result.summary["nodule_count"].value == 2


def test_a_detector_that_finds_nothing_now_says_both_that_and_what_is_gone():
    result = assess(before(), {DETECTOR: output()})
    assert [each.kind for each in result.findings] == ["statement"] * 3
    assert "no candidate" in result.findings[0].title.en.lower()
    assert list(changes(result).values()) == ["", "resolved", "resolved"]
    assert result.summary["nodule_count"].value == 0


def test_a_prior_that_no_detector_read_makes_nothing_new():
    result = assess(replace(before(), outputs={}))
    assert set(changes(result).values()) == {"not comparable"}
    assert any("nothing is known" in reason for reason in result.reasons)


def test_without_a_prior_nothing_is_said_of_a_change():
    assert set(changes(assess(None)).values()) == {""}
