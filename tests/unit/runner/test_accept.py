"""`allward plugin accept` on phantoms and on cases, with plug-ins whose answers are known beforehand."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.engine.graphs import bright
from tests.unit.runner.chain_plugin import write_chain_plugin
from tests.unit.runner.test_run import MANIFEST

from allward_dicom.phantom_shapes import shapes_of
from allward_runner.accept.comparing import dice
from allward_runner.accept.phantoms import phantoms_for, shapes_spec
from allward_sdk.check import check
from allward_sdk.cli import main
from allward_sdk.manifest import read_manifest
from allward_sdk.package import pack
from allward_sdk.starting.folder import bill_of_models

WINDOW = (96, 96, 40)
ABOVE_HU = 150.0


@pytest.fixture(scope="module")
def plugin(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("plugin") / "bright"
    (folder / "models").mkdir(parents=True)
    sha256 = bright(folder / "models", WINDOW, above=ABOVE_HU)
    (folder / "models" / f"{sha256}.onnx").rename(folder / "models" / "net.onnx")
    text = MANIFEST.format(version="1.0.0", sha256=sha256, window=", ".join(map(str, WINDOW)))
    (folder / "plugin.toml").write_text(text, encoding="utf-8")
    for name in ("MODEL_CARD.md", "LICENSE"):
        (folder / name).write_text(f"{name} for tests\n", encoding="utf-8")
    (folder / "sbom.json").write_text(bill_of_models(read_manifest(folder / "plugin.toml")), encoding="utf-8")
    return folder


@pytest.fixture
def copied(plugin: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(plugin, tmp_path / "copied"))


def accept(plugin: Path, folder: Path, *more: str) -> tuple[int, dict[str, Any]]:
    report = folder / "report.json"
    code = main(["plugin", "accept", str(plugin), "--report", str(report), "--threads", "2", *more])
    return code, json.loads(report.read_text(encoding="utf-8"))


def trials(said: dict[str, Any]) -> dict[str, dict[str, str | bool]]:
    return {
        f"{trial['kind']} {trial['name']}": {check["what"]: check["agreed"] for check in trial["checks"]}
        for trial in said["trials"]
    }


@pytest.fixture(scope="module")
def accepted(plugin: Path, tmp_path_factory) -> tuple[int, dict[str, Any]]:
    return accept(plugin, tmp_path_factory.mktemp("report"))


def test_phantoms_need_no_patient_and_no_case(accepted) -> None:
    code, said = accepted
    looked_at = {
        "runs": True,
        "gives the same bits twice": True,
        "becomes DICOM objects": True,
        "the SEG holds the outlines": True,
    }
    assert code == 0
    assert said["agreed"] is True
    assert trials(said) == {f"phantom {name}": looked_at for name in ("spheres", "boxes", "tubes", "abdomen")}
    assert said["plugin"]["id"] == "org.test.bright"
    assert all(trial["result_sha256"] and trial["peak_memory_mib"] > 0 for trial in said["trials"])


def test_what_is_found_has_the_size_that_the_phantom_has(accepted, plugin: Path) -> None:
    _, said = accepted
    spheres = next(trial for trial in said["trials"] if trial["name"] == "spheres")
    known, line = spheres["told"]
    assert known.startswith("in it: ")
    found_ml = float(line.split("bone_volume ")[1].split()[0])
    spec = shapes_spec("spheres", read_manifest(plugin / "plugin.toml").wants)
    assert found_ml == pytest.approx(sum(shape.volume_ml for shape in shapes_of(spec)), rel=0.05)


def test_what_is_recorded_agrees_when_it_is_run_again_from_the_package(
    copied: Path, tmp_path: Path, capsys
) -> None:
    assert accept(copied, tmp_path, "--record")[0] == 0
    assert capsys.readouterr().out.count("recorded ") == 4
    assert {result.verdict for result in check(copied)} == {"done"}
    package = pack(copied, tmp_path / "packed")
    assert "acceptance/spheres/case.toml" in package.names
    code, said = accept(package.path, tmp_path)
    found = trials(said)
    assert code == 0
    assert found["case spheres"]["label bone"] is True
    assert found["case spheres"]["bone_volume of bone"] is True
    assert len(found) == 8


CASE = """title = {{ en = "Spheres", zh = "球体" }}
[input]
phantom = "spheres"
[expect]
evaluable = {evaluable}
[[expect.measurements]]
finding = "{finding}"
name = "bone_volume"
value = {value}
within = 1.0
"""


def write_case(folder: Path, **more: Any) -> Path:
    case = folder / "one" / "case.toml"
    case.parent.mkdir(parents=True)
    case.write_text(CASE.format(**{"evaluable": "true", "finding": "bone", "value": 50.0, **more}))
    return folder


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"value": 1.0}, "bone_volume of bone"),
        ({"finding": "heart"}, "bone_volume of heart"),
        ({"evaluable": "false"}, "evaluable"),
    ],
)
def test_what_does_not_agree_is_told_with_both_numbers(
    plugin: Path, tmp_path: Path, capsys, more: dict[str, Any], what: str
) -> None:
    code, said = accept(
        plugin, tmp_path, "--cases", str(write_case(tmp_path / "cases", **more)), "--phantom", "none"
    )
    assert code == 1
    assert said["agreed"] is False
    assert trials(said)["case one"][what] is False
    assert "DIFFERS" in capsys.readouterr().out


def test_expected_outlines_of_another_plug_in_differ(copied: Path, plugin: Path, tmp_path: Path) -> None:
    assert accept(copied, tmp_path, "--record", "--phantom", "spheres", "--phantom", "boxes")[0] == 0
    case = copied / "acceptance" / "spheres"
    shutil.copy(copied / "acceptance" / "boxes" / "labels.nii.gz", case / "labels.nii.gz")
    code, said = accept(plugin, tmp_path, "--cases", str(copied / "acceptance"), "--phantom", "none")
    assert code == 1
    assert trials(said)["case spheres"]["label bone"] is False
    assert trials(said)["case boxes"]["label bone"] is True


def test_images_of_a_case_may_lie_in_its_folder(plugin: Path, tmp_path: Path) -> None:
    images = tmp_path / "cases" / "own" / "images"
    assert main(["plugin", "phantom", str(plugin), "tubes", "--output", str(images)]) == 0
    text = 'title = { en = "Own", zh = "自有" }\n[input]\nfiles = "images"\n[expect]\nevaluable = true\n'
    (images.parent / "case.toml").write_text(text, encoding="utf-8")
    code, said = accept(plugin, tmp_path, "--cases", str(tmp_path / "cases"), "--phantom", "none")
    assert code == 0
    assert trials(said)["case own"]["evaluable"] is True


def test_a_case_without_its_images_and_one_that_cannot_be_read_are_refused_by_name(
    plugin: Path, tmp_path: Path, capsys
) -> None:
    case = tmp_path / "cases" / "own" / "case.toml"
    case.parent.mkdir(parents=True)
    case.write_text(
        'title = { en = "Own", zh = "自有" }\n[input]\nfiles = "gone"\n[expect]\n', encoding="utf-8"
    )
    command = ["plugin", "accept", str(plugin), "--cases", str(tmp_path / "cases")]
    assert main(command) == 1
    case.write_text(
        'title = { en = "Own", zh = "自有" }\n[input]\nphantom = "moon"\n[expect]\n', encoding="utf-8"
    )
    assert main(command) == 1
    assert main(["plugin", "accept", str(plugin), "--cases", str(tmp_path / "none")]) == 1
    errors = capsys.readouterr().err
    assert "own/case.toml: input.files: there is no gone" in errors
    assert "input.phantom" in errors
    assert "There is no folder" in errors


def test_a_plug_in_that_looks_for_candidates_classes_vectors_and_maps_is_recorded_whole(
    tmp_path: Path, capsys
) -> None:
    folder = write_chain_plugin(tmp_path / "chain", above=150.0)
    accept(folder, tmp_path, "--record", "--phantom", "spheres")
    out = capsys.readouterr().out
    recorded = sorted(path.parent.name for path in (folder / "acceptance").glob("*/case.toml"))
    assert recorded == ["spheres"], out
    _, said = accept(folder, tmp_path, "--phantom", "none")
    found = trials(said)
    for name in recorded:
        assert all(found[f"case {name}"].values()), found[f"case {name}"]
    whats = {what for name in recorded for what in found[f"case {name}"]}
    assert "dense by whole" in whats
    assert any(what.startswith("heat") for what in whats)


def test_a_recorded_case_is_never_overwritten(copied: Path, tmp_path: Path) -> None:
    (copied / "acceptance" / "spheres").mkdir(parents=True)
    (copied / "acceptance" / "spheres" / "note.txt").write_text("kept")
    assert accept(copied, tmp_path, "--record", "--phantom", "spheres", "--phantom", "tubes")[0] == 0
    assert [path.name for path in (copied / "acceptance" / "spheres").iterdir()] == ["note.txt"]
    assert (copied / "acceptance" / "tubes" / "case.toml").exists()


def test_phantoms_are_listed_and_one_that_does_not_fit_is_refused(plugin: Path, tmp_path, capsys) -> None:
    assert main(["plugin", "phantom", str(plugin)]) == 0
    assert capsys.readouterr().out.split() == ["spheres", "boxes", "tubes", "abdomen"]
    assert main(["plugin", "phantom", str(plugin), "colours", "--output", str(tmp_path / "x")]) == 1
    assert "reads no phantom 'colours'" in capsys.readouterr().err
    assert phantoms_for(read_manifest(plugin / "plugin.toml"))[0] == "spheres"


def test_dice_of_equal_of_half_and_of_empty_outlines() -> None:
    one = np.array([True, True, False, False])
    assert dice(one, one) == 1.0
    assert dice(one, np.array([True, False, True, False])) == 0.5
    assert dice(~one & one, ~one & one) == 1.0
