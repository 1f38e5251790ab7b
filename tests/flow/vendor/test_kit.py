"""The wheel of the kit carries a vendor from an ONNX file to a tried package, on a machine without Django."""

import json
import zipfile
from pathlib import Path

import pytest
from tests.flow.vendor.kit import RUN, Kit, build_wheel, install
from tests.unit.engine.graphs import bright


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def kit(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Kit:
    return install(wheel, tmp_path_factory.mktemp("vendor") / "env")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    return folder / f"{bright(folder, (96, 96, 40), above=150.0)}.onnx"


def test_the_wheel_holds_the_kit_and_nothing_of_the_platform(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        commands = archive.read(next(name for name in names if name.endswith("entry_points.txt"))).decode()
        metadata = archive.read(next(name for name in names if name.endswith("METADATA"))).decode().lower()
    folders = {name.split("/")[0] for name in names if "dist-info" not in name}
    assert folders == {
        *("allward_sdk", "allward_dicom", "allward_measure", "allward_engine", "allward_runner"),
        "allward_importers",
    }
    assert "allward.config" not in commands
    assert "any_imaging" not in commands
    for word in ("django", "celery", "psycopg", "redis", "onnxruntime-gpu"):
        assert word not in metadata
    assert "provides-extra: run" in metadata


def test_the_machine_of_a_vendor_has_no_django(kit: Kit, tmp_path: Path) -> None:
    ran = kit.run("python", "-c", "import django", cwd=tmp_path)
    assert "No module named 'django'" in ran.stderr
    shown = kit.run("allward", "plugin", "--help", cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    for command in (
        "new",
        "check",
        "pack",
        "run",
        "accept",
        "phantom",
        "sign",
        "verify",
        "publish",
        "import-onnx",
    ):
        assert command in shown.stdout
    assert "install " not in shown.stdout


def test_from_an_onnx_file_to_a_tried_package(kit: Kit, model: Path, tmp_path: Path) -> None:
    def allward(*words: str) -> str:
        ran = kit.run("allward", "plugin", *words, cwd=tmp_path)
        assert ran.returncode == 0, f"{words}: {ran.stdout}{ran.stderr}"
        return ran.stdout

    allward("new", "org.example.bright", "--operation", "segmentation", "--from", str(model))
    assert "runs: 11 done" in allward("check", "bright", "--level", "runs")
    allward("pack", "bright", "--output", "dist")
    allward("phantom", "dist/bright-0.1.0.allward", "spheres", "--output", "spheres")
    allward("run", "dist/bright-0.1.0.allward", "--input", "spheres", "--output", "out")
    said = json.loads((tmp_path / "out" / "findings.json").read_text())
    assert said["evaluable"] is True
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {"seg.dcm", "sr.dcm", "labels.nii.gz"}
    allward("accept", "dist/bright-0.1.0.allward")
    assert json.loads((tmp_path / "acceptance.json").read_text())["agreed"] is True


def test_without_the_extra_it_makes_and_checks_and_says_what_running_needs(
    wheel: Path, model: Path, tmp_path: Path
) -> None:
    bare = install(wheel, tmp_path / "env", without=RUN)
    new = ("plugin", "new", "org.example.bright", "--operation", "segmentation", "--from", str(model))
    assert bare.run("allward", *new, cwd=tmp_path).returncode == 0
    assert bare.run("allward", "plugin", "check", "bright", "--level", "runs", cwd=tmp_path).returncode == 0
    assert bare.run("allward", "plugin", "pack", "bright", cwd=tmp_path).returncode == 0
    ran = bare.run("allward", "plugin", "run", "bright", "--input", ".", "--output", "out", cwd=tmp_path)
    assert ran.returncode == 1
    assert ran.stderr.count("\n") == 1
    assert "pip install 'allward-sdk[run]'" in ran.stderr
