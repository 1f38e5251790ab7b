"""On which side a nodule lies: by the lung that holds it, wherever its slices have their middle."""

import math

import numpy as np
import pytest
from tests.phantoms.chest import LUNG_X_MM, Nodule
from tests.unit.lung_nodule.chests import assess, case_of, coarse_chest, lesions, marks_of, said

from lung_nodule.logic.app import APP

MEDIAL = 40.0
"""How far from the patient's middle a nodule at the medial side of a lung lies, in mm."""


def at(x_mm, y_mm=0.0, z_mm=0.0, *, turned_deg=0.0):
    """A nodule at a place of the patient, who lies turned."""
    c, s = math.cos(math.radians(turned_deg)), math.sin(math.radians(turned_deg))
    return Nodule((x_mm * c - y_mm * s, x_mm * s + y_mm * c, z_mm), 12.0)


def sides(nodules, **chest):
    """Return what is said of each nodule by the model's way, and by a reader's."""
    made = coarse_chest(nodules, **chest)
    found = {
        tuple(np.rint(each.centre_lps_mm)): said(each, "side")
        for each in lesions(assess(made, marks_of(nodules)))
    }
    by_model = [found[min(found, key=lambda place: math.dist(place, n.centre_lps_mm))] for n in nodules]
    case = case_of(made)
    by_reader = []
    for each in nodules:
        outline = APP.outline_at(case, each.centre_lps_mm)
        by_reader.append(said(APP.finding_of(case, outline, value=1, like=None)[0], "side"))
    return by_model, by_reader


def test_at_a_base_where_only_one_lung_is_left_a_nodule_is_in_that_lung():
    nodules = [at(-52.0, z_mm=-62.0), at(-78.0, z_mm=-60.0)]
    assert sides(nodules, left_above_mm=-20.0) == (["right", "right"], ["right", "right"])


@pytest.mark.parametrize("side", ["right", "left"])
def test_in_a_single_lung_every_nodule_is_on_its_side(side):
    sign = -1.0 if side == "right" else 1.0
    nodules = [at(sign * MEDIAL), at(sign * 100.0), at(sign * LUNG_X_MM, 50.0)]
    assert sides(nodules, sides=(side,)) == ([side] * 3, [side] * 3)


@pytest.mark.parametrize("turned_deg", [-45.0, 45.0])
def test_in_a_patient_who_lies_turned_a_nodule_is_in_the_lung_that_holds_it(turned_deg):
    lean = math.copysign(40.0, turned_deg)
    nodules = [
        at(-32.0, -lean, turned_deg=turned_deg), at(32.0, lean, turned_deg=turned_deg),
    ]  # fmt: skip
    assert [each.centre_lps_mm[0] > 0 for each in nodules] == [True, False]
    assert sides(nodules, turned_deg=turned_deg) == (["right", "left"], ["right", "left"])


def test_off_the_middle_of_the_scan_the_side_is_that_of_the_patient():
    shift = 120.0
    nodules = [Nodule((shift - MEDIAL, 0.0, 0.0), 12.0), Nodule((shift + MEDIAL, 0.0, 0.0), 12.0)]
    moved = {"origin_lps_mm": (shift, 0.0, 0.0)}
    here = [at(-MEDIAL), at(MEDIAL)]
    made = coarse_chest(here, **moved)
    found = lesions(assess(made, marks_of(nodules)))
    assert sorted((each.centre_lps_mm[0], said(each, "side")) for each in found) == [
        (pytest.approx(shift - MEDIAL, abs=2.0), "right"), (pytest.approx(shift + MEDIAL, abs=2.0), "left"),
    ]  # fmt: skip
