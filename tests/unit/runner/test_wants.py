"""What a plug-in wants is asked before anything is computed."""

import pytest

from allward_runner.wants import SeriesFacts, unmet_wants
from allward_sdk.manifest import Wants

WANTS = Wants(
    modality=("CT",), body_part_examined=("ABDOMEN", "LIVER"), min_slices=10, max_slice_spacing_mm=5.0
)


def facts(**changes):
    return SeriesFacts(**{"modality": "CT", "slices": 40, "slice_spacing_mm": 5.0, **changes})


def test_a_series_that_fits_meets_all():
    assert unmet_wants(WANTS, facts()) == []
    assert unmet_wants(WANTS, facts(body_part_examined="LIVER")) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"modality": "MR"}, "reads CT; these images are MR"),
        ({"body_part_examined": "HEAD"}, "these images show HEAD"),
        ({"image_type": ("ORIGINAL", "PRIMARY", "LOCALIZER")}, "type LOCALIZER"),
        ({"slices": 9}, "10 slices or more; there are 9"),
        ({"slice_spacing_mm": 7.5}, "5 mm apart or less; they are 7.50 mm apart"),
    ],
)
def test_every_unmet_want_is_told(change, words):
    assert words in " ".join(unmet_wants(WANTS, facts(**change)))


def test_what_is_not_known_is_no_reason_to_refuse():
    assert unmet_wants(WANTS, facts(slice_spacing_mm=None)) == []
