"""`allward app run` and `allward plugin run` on a phantom, with a plug-in small enough for a test."""

import gzip
import json
import shutil
import struct
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK
from tests.unit.engine.graphs import bright

from allward_dicom.phantom import PhantomSpec, draw_phantom, phantom_geometry, write_abdomen_phantom
from allward_dicom.seg import read_segmentation
from allward_sdk.cli import main
from allward_sdk.package import pack

SPEC = PhantomSpec(slices=14, size=64)
ABOVE_HU = 250
WINDOW = (64, 64, 14)

MANIFEST = """
contract = 1
fills = ["any_imaging.segmentation"]
[plugin]
id = "org.test.bright"
version = "{version}"
vendor = "Test"
title = {{ en = "Bright things", zh = "亮物" }}
[intended_use]
statement = {{ en = "Finds what is bright.", zh = "找出亮的部分。" }}
[licences]
code = "Apache-2.0"
weights = "Apache-2.0"
[wants]
modality = ["CT"]
min_slices = 10
[models.net]
file = "models/net.onnx"
sha256 = "{sha256}"
[[stages]]
name = "bone"
model = "net"
[stages.input]
name = "x"
orientation = "RAS"
window = [{window}]
prepare = []
[stages.output]
name = "y"
threshold = 0.5
labels = ["bone"]
[[labels]]
name = "bone"
value = 1
title = {{ en = "Bone", zh = "骨" }}
category = {{ scheme = "SCT", value = "123037004", meaning = "Anatomical Structure" }}
type = {{ scheme = "SCT", value = "272673000", meaning = "Bone" }}
colour = "#D6D6D6"
[[measurements]]
name = "bone_volume"
of = "bone"
method = "volume"
title = {{ en = "Bone volume", zh = "骨体积" }}
concept = {{ scheme = "SCT", value = "118565006", meaning = "Volume" }}
unit = {{ scheme = "UCUM", value = "mL", meaning = "milliliter" }}
[resources]
device_memory_mib = 0
memory_mib = 500
timeout_s = 60
"""


def write_plugin(folder: Path, *, version: str = "1.0.0", above: float = ABOVE_HU) -> Path:
    (folder / "models").mkdir(parents=True)
    sha256 = bright(folder / "models", WINDOW, above=above)
    (folder / "models" / f"{sha256}.onnx").rename(folder / "models" / "net.onnx")
    text = MANIFEST.format(version=version, sha256=sha256, window=", ".join(map(str, WINDOW)))
    (folder / "plugin.toml").write_text(text, encoding="utf-8")
    for name in ("MODEL_CARD.md", "LICENSE"):
        (folder / name).write_text("For tests only.\n", encoding="utf-8")
    (folder / "sbom.json").write_text("{}\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def plugin(tmp_path_factory):
    return write_plugin(tmp_path_factory.mktemp("plugin") / "bright")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    write_abdomen_phantom(folder, seed=3, spec=SPEC)
    (folder / "LICENSE.txt").write_text("not an image")
    return folder


@pytest.fixture(scope="module")
def output(tmp_path_factory, plugin, study):
    folder = tmp_path_factory.mktemp("out") / "new"
    code = main(
        ["app", "run", "any_imaging", "--input", str(study), "--plugin", str(plugin), "--output", str(folder)]
    )
    assert code == 0
    return folder


def expected():
    return draw_phantom(SPEC, seed=3).voxels_hu > ABOVE_HU


def findings(folder: Path):
    return json.loads((folder / "findings.json").read_text(encoding="utf-8"))


def test_findings_json_has_exactly_the_documented_keys(output, study):
    said = findings(output)
    assert set(said) == {
        "study_instance_uid", "series_instance_uid", "app", "version", "plugins", "evaluable",
        "reasons", "findings", "summary", "timings_s",
    }  # fmt: skip
    assert set(said["plugins"][0]) == {"slot", "id", "version", "digest"}
    finding = said["findings"][0]
    assert set(finding) == {
        "id", "kind", "label", "centre_lps_mm", "slide_mm", "score", "category", "measurements",
        "properties",
    }  # fmt: skip
    assert finding["label"] == {"scheme": "SCT", "value": "272673000", "meaning": "Bone"}
    assert set(finding["measurements"][0]) == {"name", "value", "unit", "method"}
    image = pydicom.dcmread(next(study.glob("*.dcm")))
    assert said["series_instance_uid"] == image.SeriesInstanceUID
    assert said["study_instance_uid"] == image.StudyInstanceUID
    assert set(said["timings_s"]) == {"bone", "labels"}


def test_the_measured_volume_is_that_of_the_phantom(output):
    measured = findings(output)["findings"][0]["measurements"][0]
    truth_ml = expected().sum() * phantom_geometry(SPEC).voxel_volume_ml
    assert (measured["name"], measured["unit"]) == ("bone_volume", "mL")
    assert measured["value"] == pytest.approx(truth_ml, rel=0.01)


def test_the_label_map_lies_where_the_series_lies(output):
    image = SimpleITK.ReadImage(str(output / "labels.nii.gz"))
    grid = phantom_geometry(SPEC)
    labels = SimpleITK.GetArrayFromImage(image)
    assert (labels.astype(bool) == expected()).all()
    for kji in [(0, 0, 0), (3, 20, 41)]:
        point = image.TransformIndexToPhysicalPoint((kji[2], kji[1], kji[0]))
        assert np.allclose(point, grid.to_lps_mm([kji])[0], atol=1e-3)
    header = gzip.decompress((output / "labels.nii.gz").read_bytes())[:352]
    to_ras = np.array(struct.unpack("<12f", header[280:328])).reshape(3, 4)
    assert np.allclose(to_ras @ [41, 20, 3, 1], grid.to_lps_mm([(3, 20, 41)])[0] * [-1, -1, 1], atol=1e-3)


def test_seg_and_sr_hold_the_same(output, study):
    segmentation = pydicom.dcmread(output / "seg.dcm")
    assert (read_segmentation(segmentation, phantom_geometry(SPEC)).astype(bool) == expected()).all()
    report = pydicom.dcmread(output / "sr.dcm")
    image = pydicom.dcmread(next(study.glob("*.dcm")))
    assert {segmentation.StudyInstanceUID, report.StudyInstanceUID} == {image.StudyInstanceUID}
    assert len({segmentation.SeriesInstanceUID, report.SeriesInstanceUID, image.SeriesInstanceUID}) == 3
    assert report.VerificationFlag == "UNVERIFIED"


def test_a_plug_in_can_be_run_by_itself_and_gives_the_same(tmp_path, plugin, study, output):
    packed = pack(plugin, tmp_path).path
    assert main(["plugin", "run", str(packed), "--input", str(study), "--output", str(tmp_path / "o")]) == 0
    one, other = findings(output), findings(tmp_path / "o")
    assert one["findings"] == other["findings"]
    assert one["plugins"] == other["plugins"]


def test_the_newest_version_of_a_plug_in_is_found_by_its_id(tmp_path, monkeypatch, study, capsys):
    for version in ("1.9.0", "1.10.0"):
        pack(write_plugin(tmp_path / version, version=version), tmp_path / "dist")
    monkeypatch.chdir(tmp_path)
    command = ["app", "run", "any_imaging", "--input", str(study), "--output", "out", "--plugin"]
    assert main([*command, "org.test.bright"]) == 0
    assert findings(tmp_path / "out")["plugins"][0]["version"] == "1.10.0"
    assert main([*command, "org.test.other"]) == 1
    assert "No plug-in 'org.test.other'" in capsys.readouterr().err


FAULTS = ["missing_slice", "gantry_tilt", "mixed_orientation", "not_ct", "truncated"]


@pytest.mark.parametrize("fault", FAULTS)
def test_images_that_cannot_be_evaluated_give_reasons_and_no_finding(tmp_path, plugin, fault):
    write_abdomen_phantom(tmp_path / "in", seed=1, spec=PhantomSpec(slices=14, size=32, fault=fault))
    arguments = ["--plugin", str(plugin), "--input", str(tmp_path / "in"), "--output", str(tmp_path / "out")]
    assert main(["app", "run", "any_imaging", *arguments]) == 0
    said = findings(tmp_path / "out")
    assert said["evaluable"] is False
    assert said["reasons"]
    assert said["findings"] == []
    assert said["study_instance_uid"]
    assert not list((tmp_path / "out").glob("*.dcm"))


def test_three_slices_are_too_few(tmp_path, plugin, study):
    (tmp_path / "in").mkdir()
    for path in sorted(study.glob("*.dcm"))[:3]:
        shutil.copy(path, tmp_path / "in")
    arguments = ["--plugin", str(plugin), "--input", str(tmp_path / "in"), "--output", str(tmp_path / "out")]
    assert main(["app", "run", "any_imaging", *arguments]) == 0
    assert "needs 10 slices or more; there are 3" in findings(tmp_path / "out")["reasons"][0]


def test_nothing_found_is_not_a_normal_result(tmp_path, study):
    blind = write_plugin(tmp_path / "blind", above=9000)
    arguments = ["--plugin", str(blind), "--input", str(study), "--output", str(tmp_path / "out")]
    assert main(["app", "run", "any_imaging", *arguments]) == 0
    said = findings(tmp_path / "out")
    assert (said["evaluable"], said["reasons"]) == (False, ["Bone not found in the images."])
    assert [finding["kind"] for finding in said["findings"]] == ["statement"]
    assert not (tmp_path / "out" / "seg.dcm").exists()
    assert (tmp_path / "out" / "sr.dcm").exists()


def test_of_several_series_the_largest_that_fits_is_taken(tmp_path, plugin):
    for name, spec in {
        "mr": PhantomSpec(slices=20, size=32, fault="not_ct"),
        "ct": PhantomSpec(slices=14, size=64),
        "short": PhantomSpec(slices=11, size=48),
    }.items():
        write_abdomen_phantom(tmp_path / "in" / name, seed=1, spec=spec)
    arguments = ["--plugin", str(plugin), "--input", str(tmp_path / "in"), "--output", str(tmp_path / "out")]
    assert main(["app", "run", "any_imaging", *arguments]) == 0
    wanted = pydicom.dcmread(tmp_path / "in" / "ct" / "CT0001.dcm").SeriesInstanceUID
    assert findings(tmp_path / "out")["series_instance_uid"] == wanted


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["no_such_app", "--input", ".", "--output", "o"], "There is no app 'no_such_app'"),
        (["any_imaging", "--input", "absent", "--output", "o"], "There is no file or folder absent"),
        (["any_imaging", "--input", ".", "--output", "o"], "There are no DICOM images in"),
        (["any_imaging", "--prior", ".", "--input", ".", "--output", "o"], "no prior"),
        (["any_imaging", "--plugin", "absent", "--input", ".", "--output", "o"], "No plug-in 'absent'"),
    ],
)
def test_what_cannot_be_run_is_said_in_one_sentence(tmp_path, monkeypatch, plugin, capsys, arguments, words):
    monkeypatch.chdir(tmp_path)
    more = [] if "--plugin" in arguments else ["--plugin", str(plugin)]
    assert main(["app", "run", *arguments, *more]) == 1
    assert words in capsys.readouterr().err


def test_a_broken_file_beside_the_series_is_not_passed_over_in_silence(tmp_path, plugin, study):
    shutil.copytree(study, tmp_path / "in")
    whole = next(study.glob("*.dcm")).read_bytes()
    (tmp_path / "in" / "half.dcm").write_bytes(whole[:400])
    arguments = ["--plugin", str(plugin), "--input", str(tmp_path / "in"), "--output", str(tmp_path / "out")]
    assert main(["app", "run", "any_imaging", *arguments]) == 0
    said = findings(tmp_path / "out")
    assert said["evaluable"]
    assert any("half.dcm" in reason for reason in said["reasons"])


def test_the_installed_apps_are_listed(capsys):
    assert main(["app", "list"]) == 0
    assert "any_imaging" in capsys.readouterr().out
