"""`allward plugin run` with a plug-in of every operation: candidates, classes, vectors, maps, outlines."""

import json
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK
from tests.unit.dicom.validator import said_by_dciodvfy
from tests.unit.runner.chain_plugin import ABOVE_HU, FULL_HU, write_chain_plugin

from allward_dicom.phantom import PhantomSpec, draw_phantom, phantom_geometry, write_abdomen_phantom
from allward_sdk.check import check
from allward_sdk.cli import main

SPEC = PhantomSpec(slices=14, size=64)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    write_abdomen_phantom(folder, seed=3, spec=SPEC)
    return folder


def run(plugin: Path, study: Path, output: Path) -> Path:
    assert main(["plugin", "run", str(plugin), "--input", str(study), "--output", str(output)]) == 0
    return output


@pytest.fixture(scope="module")
def output(tmp_path_factory, study):
    plugin = write_chain_plugin(tmp_path_factory.mktemp("plugin") / "chain")
    return run(plugin, study, tmp_path_factory.mktemp("out") / "new")


def read(folder: Path, name: str = "findings.json"):
    return json.loads((folder / name).read_text(encoding="utf-8"))


def seen() -> np.ndarray:
    """The phantom as the nets see it."""
    return np.clip(draw_phantom(SPEC, seed=3).voxels_hu, 0, FULL_HU) / FULL_HU


def mean_of_cell(centre_kji) -> float:
    """The mean of the 2 x 2 x 2 voxels about a centre; what lies outside is 0."""
    low = np.asarray(centre_kji) - 0.5 + 2
    assert np.abs(low - np.rint(low)).max() < 1e-3
    k, j, i = np.rint(low).astype(int)
    return float(np.pad(seen(), 2)[k : k + 2, j : j + 2, i : i + 2].mean())


def test_candidates_are_findings_with_place_score_and_declared_measurements(output):
    said = read(output)
    assert said["evaluable"] is True
    assert said["reasons"] == []
    spots = [each for each in said["findings"] if each["id"].startswith("spot-")]
    assert said["summary"]["spot_count"] == {"value": len(spots), "unit": "1"}
    assert len(spots) > 5
    grid = phantom_geometry(SPEC)
    for spot in spots:
        assert spot["kind"] == "lesion"
        assert spot["label"]["value"] == "27925004"
        mean = mean_of_cell(grid.to_index_kji([spot["centre_lps_mm"]])[0])
        assert spot["score"] == pytest.approx(mean, abs=1e-4)
        measured = {each["name"]: each for each in spot["measurements"]}
        edges = np.asarray([6, 4, 2]) * mean * grid.spacing_kji_mm  # the model's axes run i, j, k
        assert measured["spot_diameter"]["value"] == pytest.approx(np.prod(edges) ** (1 / 3), abs=1e-2)
        assert measured["spot_diameter"]["unit"] == "mm"
        assert measured["spot_brightness"]["value"] == pytest.approx(100 * mean, abs=1e-2)
        dense, faint = (measured[name]["value"] for name in ("judge_dense", "judge_faint"))
        assert dense + faint == pytest.approx(1, abs=1e-5)
        assert dense == pytest.approx(1 / (1 + np.exp(-20 * (mean - 0.7))), abs=1e-3)
    scores = [spot["score"] for spot in spots]
    assert scores == sorted(scores, reverse=True)


def test_outlines_and_classes_are_findings_too(output):
    findings = {each["id"]: each for each in read(output)["findings"]}
    truth = draw_phantom(SPEC, seed=3).voxels_hu > ABOVE_HU
    volume = findings["bone"]["measurements"][0]
    assert volume["value"] == pytest.approx(truth.sum() * phantom_geometry(SPEC).voxel_volume_ml, rel=0.01)
    dense = findings["dense-whole"]
    assert (dense["kind"], dense["category"]) == ("class", "chosen")
    assert findings["faint-whole"]["category"] == "not chosen"
    assert dense["score"] + findings["faint-whole"]["score"] == pytest.approx(1.0, abs=1e-5)


def test_every_result_lies_beside_findings_json_in_its_typed_form(output):
    records = {record["stage"]: record for record in read(output, "found.json")}
    assert {stage: record["kind"] for stage, record in records.items()} == {
        "spots": "detections",
        "whole": "classification",
        "vector": "vectors",
        "heat": "volume_map",
    }
    vectors = np.load(output / f"{records['vector']['vectors']}.npy")
    assert len(vectors) == len(records["spots"]["candidates"])
    heat = SimpleITK.ReadImage(str(output / "heat.spot.nii.gz"))
    values = SimpleITK.GetArrayFromImage(heat)
    means = seen().reshape(7, 2, 32, 2, 32, 2).mean(axis=(1, 3, 5))
    assert np.abs(values - means).max() < 1e-5
    grid = phantom_geometry(SPEC)
    assert heat.TransformIndexToPhysicalPoint((3, 5, 2)) == pytest.approx(
        grid.to_lps_mm([(4.5, 10.5, 6.5)])[0], abs=1e-3
    )
    assert (output / "labels.nii.gz").exists()


def test_the_report_lists_candidates_and_calls_none_of_them_absent(output):
    report = pydicom.dcmread(output / "sr.dcm")
    text = str(report)
    spots = [each for each in read(output)["findings"] if each["id"].startswith("spot-")]
    assert all(f"'{spot['id']}'" in text for spot in spots)
    assert "Absent" not in text
    items = [item for each in report.iterall() if each.VR == "SQ" for item in each.value]
    drawn = [np.reshape(item.GraphicData, (-1, 3)) for item in items if item.get("ValueType") == "SCOORD3D"]
    faces = [points[:4] for points in drawn if len(points) == 5]  # two closed faces for each box
    centres = [np.concatenate(pair).mean(axis=0) for pair in zip(faces[::2], faces[1::2], strict=True)]
    told = sorted(spot["centre_lps_mm"] for spot in spots)
    assert np.allclose(sorted(centre.round(2).tolist() for centre in centres), told, atol=2e-3)


def test_where_an_earlier_stage_finds_nothing_the_case_is_not_evaluable(tmp_path, study):
    plugin = write_chain_plugin(tmp_path / "chain", above=9000.0)
    said = read(run(plugin, study, tmp_path / "out"))
    assert said["evaluable"] is False
    assert any("'spots' could not look" in reason for reason in said["reasons"])
    assert not any(each["id"].startswith("spot") for each in said["findings"])
    assert said["summary"] == {}


def test_an_app_made_for_outlines_does_not_speak_for_a_plugin_of_other_kinds(tmp_path, study):
    plugin = write_chain_plugin(tmp_path / "chain", slot="any_imaging.segmentation")
    assert read(run(plugin, study, tmp_path / "out"))["app"] == "plugin_run"


def test_the_plugin_passes_every_rule_but_that_vectors_become_no_dicom_object(tmp_path):
    results = check(write_chain_plugin(tmp_path / "chain"))
    (failed,) = [result for result in results if result.verdict == "failed"]
    assert (failed.verdict, failed.level) == ("failed", "speaks DICOM")
    assert "stages.vector: what embedding finds becomes no DICOM object" in failed.detail
    assert "heat" not in failed.detail
    assert "spots" not in failed.detail


def test_a_heat_map_is_a_finding_at_its_largest_value_and_a_parametric_map(output):
    (heat,) = [each for each in read(output)["findings"] if each["kind"] == "map"]
    means = seen().reshape(7, 2, 32, 2, 32, 2).mean(axis=(1, 3, 5))
    assert heat["measurements"][0]["value"] == pytest.approx(means.max(), abs=1e-5)
    index_kji = phantom_geometry(SPEC).to_index_kji([heat["centre_lps_mm"]])[0]
    cell = np.rint((index_kji - 0.5) / 2).astype(int)
    assert means[tuple(cell)] == pytest.approx(means.max(), abs=1e-5)
    written = pydicom.dcmread(output / "volume_map.heat.dcm")
    frames = np.frombuffer(written.FloatPixelData, "<f4").reshape(7, 32, 32)
    groups = written.PerFrameFunctionalGroupsSequence
    places = [group.PlanePositionSequence[0].ImagePositionPatient for group in groups]
    index_kji = phantom_geometry(SPEC).to_index_kji(np.asarray(places, float))
    assert np.allclose(index_kji[:, 1:], 0.5, atol=1e-3)
    order = np.rint((index_kji[:, 0] - 0.5) / 2).astype(int)
    assert np.abs(frames - means[order]).max() < 1e-5
    said = said_by_dciodvfy(output / "volume_map.heat.dcm")
    assert "Error" not in said, said
