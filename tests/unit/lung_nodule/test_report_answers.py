"""What a reader answers stands in the report as it stands in the advice."""

from tests.unit.lung_nodule.asking import PLAIN, SCREENED
from tests.unit.lung_nodule.nodule_findings import nodule, round_before
from tests.unit.lung_nodule.test_report import BY_CHANCE, en, write, zh

WITH_PRIOR = {k: v for k, v in SCREENED.items() if k != "prior_ct"}
OTHER_SLICES = {"kind": "solid", "change": "not comparable (slices are 1 mm thick, on the prior CT 5 mm)"}


def followed(status, mm=9):
    one = nodule(mm=mm, words=OTHER_SLICES, prior=("2026-01-10", round_before(6)))
    each = {**PLAIN, "status": status, "previous_category": "3"}
    return write([one], WITH_PRIOR, each, use=["lung_rads_2022"])


def test_a_mean_diameter_that_was_answered_is_written_with_who_said_it():
    found = write(
        [nodule(words={"kind": "solid"})],
        SCREENED,
        {**PLAIN, "mean_diameter_mm": 9.0},
        use=["lung_rads_2022"],
    )
    assert "mean diameter 9.0 mm (given by the reader)" in en(found.findings)
    assert "平均径 9.0 mm（医师给出）" in zh(found.findings)
    assert "Solid nodule, 9.0 mm: Lung-RADS v2022 category 4A." in en(found.impression)
    assert "not measured" not in en(found.findings)


def test_an_answered_size_stands_before_one_that_is_cut_off():
    one = nodule(mm=8, at_least=("long_axis_mm", "short_axis_mm"), words={"kind": "solid"})
    found = write([one], SCREENED, {**PLAIN, "mean_diameter_mm": 16.0}, use=["lung_rads_2022"])
    assert "at least" not in en(found.findings)
    assert "16.0 mm: Lung-RADS v2022 category 4B" in en(found.impression)


def test_an_answered_largest_diameter_and_solid_part_are_written():
    each = {
        "benign_by_fleischner": False, "mean_of_axes_mm": 14.0, "solid_largest_diameter_mm": 7.0,
    }  # fmt: skip
    patient = {**BY_CHANCE, "prior_ct": False, "high_risk": True, "nodule_count": 1}
    found = write([nodule(words={"kind": "part-solid"})], patient, each, use=["fleischner_2017"])
    assert "mean diameter 14 mm" in en(found.findings)
    assert "solid part 7 mm (largest)" in en(found.findings)
    each = {"benign_by_bts": False, "largest_diameter_mm": 7.0}
    found = write([nodule(words={"kind": "solid"})], {**patient}, each, use=["bts_2015"])
    assert "long axis 7.0 mm (given by the reader)" in en(found.findings)


def test_a_status_that_was_answered_is_written_in_place_of_not_comparable():
    found = followed("growing")
    assert "Larger since the CT of 2026-01-10: as the reader judges" in en(found.findings)
    assert "Not comparable" not in en(found.findings)
    assert "增大（经医师判断）" in zh(found.findings)
    assert "growing: Lung-RADS v2022 category 4B" in en(found.impression)
    assert "not comparable" not in en(found.impression)


def test_a_nodule_that_a_reader_calls_stable_is_not_said_to_be_within_measurement_error():
    text = en(followed("stable").findings)
    assert "Unchanged since the CT of 2026-01-10: as the reader judges" in text
    assert "measurement error" not in text


def test_a_nodule_that_a_reader_calls_resolved_is_none_in_the_impression():
    found = followed("resolved")
    assert all(sentence.finding_id is None for sentence in found.impression)
    assert "no longer seen" in en(found.findings)
    assert not found.critical


def test_an_answer_that_says_what_was_measured_changes_no_word():
    words = {"kind": "solid", "change": "growing"}
    one = nodule(mm=9, words=words, prior=("2026-01-10", round_before(6)))
    plain = write([one], WITH_PRIOR, PLAIN, use=["lung_rads_2022"])
    said = write([one], WITH_PRIOR, {**PLAIN, "status": "growing"}, use=["lung_rads_2022"])
    assert en(said.findings) == en(plain.findings)
