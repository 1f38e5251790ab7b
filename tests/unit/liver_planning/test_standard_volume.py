import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.phantoms.shapes import box, grid

from allward_measure.surgery.organ import organ_of
from allward_measure.surgery.volumes import remnant_of
from allward_sdk.errors import BadInputError
from liver_planning.logic.standard_volume import (
    TICKS,
    Body,
    CirrhosisRow,
    Tick,
    shares,
    standard_volume,
    ticks,
)

VECTORS = {
    # height cm, weight kg: DuBois, Mosteller, Urata, Vauthey (DuBois), Vauthey (Mosteller), by weight, Yu
    (170, 70): (1.8097, 1.8181, 1280.4, 1499.0, 1509.7, 1487.5, 1536.8),
    (160, 50): (1.5011, 1.4907, 1062.5, 1107.9, 1094.7, 1117.3, 1185.0),
    (180, 90): (2.0989, 2.1213, 1484.6, 1865.5, 1893.9, 1857.7, 1871.1),
}


@pytest.mark.parametrize("size", VECTORS)
def test_body_surfaces_and_standard_volumes_are_those_of_the_formulas(size):
    dubois, mosteller, urata, vauthey, vauthey_mosteller, by_weight, yu = VECTORS[size]
    body = Body(*size)
    assert body.surface_m2() == pytest.approx(dubois, abs=5e-5)
    assert body.surface_m2("mosteller") == pytest.approx(mosteller, abs=5e-5)
    assert standard_volume(body, "urata").ml == pytest.approx(urata, abs=0.05)
    assert standard_volume(body, "vauthey").ml == pytest.approx(vauthey, abs=0.05)
    assert standard_volume(body, "vauthey", "mosteller").ml == pytest.approx(vauthey_mosteller, abs=0.06)
    assert standard_volume(body, "vauthey_weight").ml == pytest.approx(by_weight, abs=0.06)
    assert standard_volume(body, "yu").ml == pytest.approx(yu, abs=0.05)


def test_the_formula_for_chinese_adults_is_that_of_its_paper():
    body = Body(170, 70)
    assert standard_volume(body, "feng").ml == pytest.approx(758.259 * body.surface_m2() - 124.272)
    assert standard_volume(body, "feng").ml == pytest.approx(1247.93, abs=0.05)


def test_a_standard_volume_names_its_formula_and_the_surface_it_took():
    body = Body(170, 70)
    assert standard_volume(body, "urata", "mosteller").surface == "mosteller"
    assert standard_volume(body, "yu", "mosteller").surface is None
    assert "Feng 2017" in standard_volume(body, "feng").source


@given(
    st.floats(140, 200),
    st.floats(40, 120),
    st.sampled_from(["urata", "vauthey", "vauthey_weight", "yu", "feng"]),
)
def test_a_larger_body_has_a_larger_standard_liver(height_cm, weight_kg, formula):
    smaller = standard_volume(Body(height_cm, weight_kg), formula).ml
    assert standard_volume(Body(height_cm, weight_kg + 1), formula).ml > smaller
    assert standard_volume(Body(height_cm + 1, weight_kg), formula).ml >= smaller


@pytest.mark.parametrize(("height", "weight"), [(1.70, 70), (170, 70_000), (70, 1), (float("nan"), 70)])
def test_a_size_in_the_wrong_unit_is_refused(height, weight):
    with pytest.raises(BadInputError, match="no person's"):
        Body(height, weight)


def test_a_formula_that_gives_nothing_for_a_small_body_says_so():
    with pytest.raises(BadInputError, match="so small a body"):
        standard_volume(Body(60, 5), "vauthey")


def test_shares_of_the_remnant_carry_its_interval():
    geometry = grid((100, 100, 120))
    liver = organ_of(np.ones(geometry.shape_kji, dtype=bool), geometry)
    resected = box(geometry.shape_kji, (0, 0, 0), (100, 100, 80))
    tumour = box(geometry.shape_kji, (10, 10, 10), (50, 60, 60))
    remnant = remnant_of(liver, resected, tumour)
    body = Body(170, 70)
    found = shares(remnant, body, standard_volume(body, "urata"))
    assert remnant.functional_remnant_ml == pytest.approx(400.0)
    assert found.of_measured == pytest.approx(400 / 1100)
    assert found.of_standard == pytest.approx(400 / 1280.4, abs=1e-5)
    assert found.of_weight == pytest.approx(400 / 70_000)
    for value, error in (
        (found.of_measured, found.of_measured_error),
        (found.of_standard, found.of_standard_error),
        (found.of_weight, found.of_weight_error),
    ):
        assert error.low < value < error.high


def test_ticks_are_shown_only_for_a_chosen_context():
    assert ticks(None) == ()
    assert [(t.share, t.of) for t in ticks("healthy")] == [
        (0.20, "standard"),
        (0.25, "standard"),
        (0.25, "measured"),
        (0.266, "measured"),
    ]
    assert [t.share for t in ticks("steatosis_or_chemotherapy")] == [0.30]
    assert [t.share for t in ticks("cirrhosis")] == [0.40, 0.50]
    assert all(tick.source for row in TICKS.values() for tick in row)


TABLE = (
    CirrhosisRow(frozenset({"A"}), 10.0, Tick(0.40, "measured", "our table")),
    CirrhosisRow(frozenset({"A"}), 20.0, Tick(0.50, "measured", "our table")),
    CirrhosisRow(frozenset({"C"}), None, None),
)


@pytest.mark.parametrize(
    ("child_pugh", "icg_r15", "wanted"),
    [
        ("A", 9.9, [0.40]),
        ("A", 10.0, [0.50]),
        ("A", 19.9, [0.50]),
        ("A", 20.0, []),
        ("A", 0.0, [0.40]),
        ("A", None, []),
        ("B", 5.0, []),
        ("C", 5.0, []),
        ("C", None, []),
        (None, 5.0, []),
    ],
)
def test_the_hospitals_table_decides_in_cirrhosis_and_assumes_nothing(child_pugh, icg_r15, wanted):
    found = ticks("cirrhosis", child_pugh=child_pugh, icg_r15_percent=icg_r15, table=TABLE)
    assert [tick.share for tick in found] == wanted


def test_the_hospitals_table_changes_nothing_without_cirrhosis():
    assert ticks("healthy", table=TABLE) == ticks("healthy")
    with pytest.raises(BadInputError, match="in percent"):
        ticks("cirrhosis", icg_r15_percent=140.0)
