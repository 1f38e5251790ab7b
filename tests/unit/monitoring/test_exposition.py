"""Prometheus' text format, read back by a strict reader."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.monitoring.prometheus_text import read_exposition

from allward.monitoring.exposition import Family, exposition


def test_a_sample_says_its_family_its_kind_and_what_it_means():
    family = Family("allward_jobs", "gauge", "Jobs by state.").add(3, tenant="central", state="failed")
    assert exposition([family]) == (
        "# HELP allward_jobs Jobs by state.\n"
        "# TYPE allward_jobs gauge\n"
        'allward_jobs{tenant="central",state="failed"} 3\n'
    )


def test_what_is_not_known_has_no_sample_and_zero_has_one():
    unknown = Family("allward_a", "gauge", "A.").add(None)
    zero = Family("allward_b", "gauge", "B.").add(0)
    assert set(read_exposition(exposition([unknown, zero]))) == {"allward_b"}


def test_samples_of_the_same_labels_are_summed():
    family = Family("allward_jobs", "gauge", "Jobs.").add(1, state="waiting").add(1, state="waiting")
    read = read_exposition(exposition([family]))["allward_jobs"]
    assert read.samples == {frozenset({("state", "waiting")}): 2.0}


def test_a_histogram_counts_up_to_each_bound_and_names_its_sum():
    family = Family("allward_unit_seconds", "histogram", "Times.")
    family.add_histogram((0.1, 1.0), (2, 3, 1), 4.5, lane="bulk")
    assert exposition([family]).splitlines()[2:] == [
        'allward_unit_seconds_bucket{lane="bulk",le="0.1"} 2',
        'allward_unit_seconds_bucket{lane="bulk",le="1"} 5',
        'allward_unit_seconds_bucket{lane="bulk",le="+Inf"} 6',
        'allward_unit_seconds_sum{lane="bulk"} 4.5',
        'allward_unit_seconds_count{lane="bulk"} 6',
    ]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("allward_jobs", "counter"), ("allward_jobs_total", "gauge"), ("Jobs", "gauge"), ("a-b", "gauge")],
)
def test_a_name_that_breaks_the_conventions_is_refused(name, kind):
    with pytest.raises(ValueError, match="is no name"):
        Family(name, kind, "Told.")


@given(
    labels=st.dictionaries(st.sampled_from(["tenant", "model", "name"]), st.text(max_size=20)),
    value=st.floats(allow_nan=False) | st.integers(-(2**60), 2**60),
)
def test_whatever_a_label_holds_it_is_read_back_as_it_was(labels, value):
    family = Family("allward_x", "gauge", "Back\\slash\nand line.").add(value, **labels)
    read = read_exposition(exposition([family]))["allward_x"]
    ((key, number),) = read.samples.items()
    assert dict(key) == labels
    assert number == float(value) or math.isclose(number, float(value))
