"""From a label map to findings: what is said, what is measured, and what is never left unsaid."""

import numpy as np
import pytest
from tests.samples import ROOT

from allward_runner.case import Case, SlotOutput
from allward_runner.findings_json import findings_json
from allward_sdk.geometry import Geometry
from allward_sdk.manifest import Manifest, read_manifest
from any_imaging.logic.app import APP, SLOT
from any_imaging.logic.field_of_view import outside_scan

LIVER, TUMOUR = 1, 2
SHAPE = (12, 40, 40)
GRID = Geometry(
    SHAPE,
    np.array([[0, 0, 1.0, -30], [0, 1.0, 0, -20], [5.0, 0, 0, 100], [0, 0, 0, 1]]),
    "1.2.3",
)


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    return read_manifest(ROOT / "plugins" / "liver_ct" / "plugin.toml")


def assess(manifest, labels, *, stages=("liver", "lesions"), volume=None, digest="d" * 64):
    case = Case(
        volume_hu=np.zeros(SHAPE, np.int16) if volume is None else volume,
        geometry=GRID,
        study_instance_uid="1.2",
        series_instance_uid="1.2.3",
    )
    output = SlotOutput(
        manifest=manifest, digest=digest, labels_kji=labels, stages_run=stages, timings_s={"liver": 1.5}
    )
    return APP.assess(case, {SLOT: output})


def liver():
    labels = np.zeros(SHAPE, np.uint8)
    labels[3:9, 10:30, 10:30] = LIVER
    return labels


def test_an_organ_is_one_finding_with_its_volume_and_a_point_inside(manifest):
    labels = liver()
    labels[6, 20, 20] = TUMOUR
    result = assess(manifest, labels)
    organ = result.findings[0]
    assert (organ.id, organ.kind, organ.title.zh) == ("liver", "organ", "肝脏")
    assert organ.measurements[0].value == pytest.approx(6 * 20 * 20 * 5 / 1000)  # the lesion counts too
    assert organ.measurements[0].bound == "exact"
    assert organ.box_kji == ((3, 10, 10), (9, 30, 30))
    k, j, i = np.rint(GRID.to_index_kji([organ.centre_lps_mm])[0]).astype(int)
    assert labels[k, j, i] > 0
    assert result.summary["liver_volume"].value == organ.measurements[0].value
    assert result.evaluable
    assert result.reasons == ()


def test_every_connected_lesion_is_a_finding_the_largest_first(manifest):
    labels = liver()
    labels[4, 12, 12] = TUMOUR
    labels[5:8, 20:24, 20:26] = TUMOUR
    result = assess(manifest, labels)
    first, second = (finding for finding in result.findings if finding.kind == "lesion")
    assert (first.title.en, second.title.zh) == ("Liver lesion 1", "肝脏病灶 2")
    assert first.measurements[0].value == pytest.approx(3 * 4 * 6 * 5 / 1000)
    assert first.measurements[1].value == pytest.approx(np.hypot(4, 6), abs=0.01)
    assert second.measurements[0].value == pytest.approx(0.005)
    assert result.summary["tumour_count"].value == 2
    assert result.summary["tumour_total_volume"].value == pytest.approx(0.365)


@pytest.mark.parametrize(
    "place",
    [np.s_[0:5, 10:20, 10:20], np.s_[8:12, 10:20, 10:20], np.s_[3:5, 0:9, 10:20], np.s_[3:5, 10:20, 30:40]],
)
def test_what_reaches_the_edge_of_the_scan_is_a_lower_bound(manifest, place):
    labels = np.zeros(SHAPE, np.uint8)
    labels[place] = LIVER
    result = assess(manifest, labels)
    assert result.findings[0].cut_off
    assert result.findings[0].measurements[0].bound == "at_least"
    assert "edge of the scan" in result.reasons[0]
    assert result.evaluable
    method = findings_json(result)["findings"][0]["measurements"][0]["method"]
    assert "at least" in method


def test_no_lesion_is_said_aloud(manifest):
    result = assess(manifest, liver())
    assert [finding.kind for finding in result.findings] == ["organ", "statement"]
    assert result.findings[1].title.en == "Liver lesion: none found."
    assert result.summary["tumour_count"].value == 0


def test_lesions_that_nobody_looked_for_are_said_not_to_have_been_looked_for(manifest):
    result = assess(manifest, liver(), stages=("liver",))
    assert [finding.kind for finding in result.findings] == ["organ", "statement"]
    said = result.findings[1]
    assert said.title.en.startswith("Liver lesion could not be looked for")
    assert said.title.zh.startswith("无法查找肝脏病灶")
    assert result.evaluable
    assert (result.reasons, result.reasons_zh) == ((said.title.en,), (said.title.zh,))
    assert result.summary["tumour_count"].value is None


def test_an_organ_that_is_not_there_is_never_a_silent_normal(manifest):
    result = assess(manifest, np.zeros(SHAPE, np.uint8), stages=("liver",))
    assert not result.evaluable
    assert result.reasons[0] == "Liver not found in the images."
    assert result.reasons_zh[0] == "图像中未找到肝脏。"
    assert [finding.kind for finding in result.findings] == ["statement"]
    assert result.findings[0].title.zh == "图像中未找到肝脏。"
    assert result.summary == {}


def test_one_organ_missing_among_others_is_stated(manifest):
    spleen = manifest.labels[0].model_copy(update={"name": "spleen", "value": 3, "kind": "organ"})
    both = manifest.model_copy(update={"labels": (*manifest.labels, spleen)})
    result = assess(both, liver())
    assert result.evaluable
    assert [finding.kind for finding in result.findings] == ["organ", "statement", "statement"]
    assert result.reasons == ("Liver not found in the images.",)


def test_identifiers_are_the_same_for_the_same_input_and_others_for_another_version(manifest):
    labels = liver()
    labels[6, 20, 20] = TUMOUR
    one, again = assess(manifest, labels), assess(manifest, labels)
    assert one == again
    uids = {finding.tracking_uid for finding in one.findings}
    assert len(uids) == 2
    assert all(uid.startswith("2.25.") and len(uid) <= 64 for uid in uids)
    other = assess(manifest, labels, digest="e" * 64)
    assert not uids & {finding.tracking_uid for finding in other.findings}


def scan_circle():
    j, i = np.indices(SHAPE[1:])
    disc = (j - 19.5) ** 2 + (i - 19.5) ** 2 <= 15**2
    return np.where(disc, 0, -1024).astype(np.int16) * np.ones((12, 1, 1), np.int16)


@pytest.mark.parametrize(("first_column", "cut_off"), [(5, True), (6, False)])
def test_the_edge_of_the_scanners_circle_cuts_off_too(manifest, first_column, cut_off):
    labels = np.zeros(SHAPE, np.uint8)
    labels[4:6, 18:22, first_column:12] = LIVER
    assert outside_scan(scan_circle()) is not None
    assert assess(manifest, labels, volume=scan_circle()).findings[0].cut_off is cut_off
    assert not assess(manifest, labels).findings[0].cut_off


def test_a_body_in_clipped_air_is_no_circle():
    volume = np.full(SHAPE, -1024, np.int16)
    volume[:, 10:30, 4:36] = 40
    assert outside_scan(volume) is None
    assert outside_scan(np.zeros(SHAPE, np.int16)) is None
