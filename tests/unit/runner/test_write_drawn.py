"""Files of a result whose outlines the app drew itself, as `allward app run` writes them."""

import json
from pathlib import Path
from typing import Any

import highdicom as hd
import numpy as np
import pydicom
import pytest
import SimpleITK
from tests import spots
from tests.unit.dicom.validator import said_by_dciodvfy

from allward_dicom.phantom import PhantomSpec, draw_phantom, write_abdomen_phantom
from allward_dicom.seg import read_segmentation
from allward_dicom.volume import SeriesVolume, read_volume
from allward_runner.case import SlotOutput
from allward_runner.run import AppRun, case_of
from allward_runner.write import write_result
from allward_sdk.manifest import read_manifest
from allward_sdk.results import PluginUse, PointLps

MANIFEST = read_manifest(Path(__file__).parents[3] / "plugins" / "liver_ct" / "plugin.toml")
SPEC = PhantomSpec(slices=14, size=64)
USE = PluginUse(slot="spots.detector", id=MANIFEST.plugin.id, version="1.0.0", digest="c" * 64)


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> SeriesVolume:
    folder = tmp_path_factory.mktemp("ct")
    write_abdomen_phantom(folder, seed=3, spec=SPEC)
    return read_volume(sorted(folder.iterdir()))


def run_on(series: SeriesVolume, *, found: int) -> AppRun:
    """What the app says of spots in the liver, apart from one another."""
    inside = np.argwhere(draw_phantom(SPEC, seed=3).labels_kji == 1)
    chosen = inside[[0, len(inside) // 2]][:found]
    points: list[PointLps] = [(float(x), float(y), float(z)) for x, y, z in series.geometry.to_lps_mm(chosen)]
    output = SlotOutput(manifest=MANIFEST, digest=USE.digest, labels_kji=None, stages_run=())
    return AppRun(spots.drawn(case_of(series), points, USE), {USE.slot: output})


def test_each_finding_is_a_tracked_segment_and_a_group_of_the_report(series, tmp_path):
    run = run_on(series, found=2)
    paths = {path.name: path for path in write_result(tmp_path, run, series, language="zh")}
    assert set(paths) == {"findings.json", "labels.nii.gz", "seg.dcm", "sr.dcm"}
    for name in ("seg.dcm", "sr.dcm"):
        assert "Error" not in said_by_dciodvfy(paths[name])
    segmentation: Any = pydicom.dcmread(paths["seg.dcm"])
    uids = [finding.tracking_uid for finding in run.result.findings]
    assert [each.TrackingUID for each in segmentation.SegmentSequence] == uids
    np.testing.assert_array_equal(read_segmentation(segmentation, series.geometry), run.result.labels_kji)
    image: Any = SimpleITK.ReadImage(str(paths["labels.nii.gz"]))
    np.testing.assert_array_equal(SimpleITK.GetArrayFromImage(image), run.result.labels_kji)
    report: Any = hd.sr.Comprehensive3DSR.from_dataset(pydicom.dcmread(paths["sr.dcm"]))
    assert [group.tracking_uid for group in report.content.get_volumetric_roi_measurement_groups()] == uids


def test_nothing_found_is_written_as_an_absence_that_is_no_negative_examination(series, tmp_path):
    paths = {
        path.name: path for path in write_result(tmp_path, run_on(series, found=0), series, language="en")
    }
    assert set(paths) == {"findings.json", "labels.nii.gz", "sr.dcm"}
    assert json.loads(paths["findings.json"].read_text())["findings"] == []
    assert "Error" not in said_by_dciodvfy(paths["sr.dcm"])
    assert b"not a negative examination" in paths["sr.dcm"].read_bytes()
