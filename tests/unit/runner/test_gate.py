"""`allward engine gate` on a phantom: figures are printed, reports kept, and failing is an exit code."""

import json

import pytest
from tests.unit.runner.test_run import SPEC, write_plugin

from allward_dicom.phantom import write_abdomen_phantom
from allward_engine.device import choose_runtime
from allward_sdk.cli import main
from allward_sdk.package import digest_of_file


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    write_abdomen_phantom(folder, seed=3, spec=SPEC)
    return folder


def gate(plugin, study, models, precision="bf16", *more):
    words = ["engine", "gate", str(plugin), "--precision", precision, "--input", str(study)]
    return main([*words, "--models", str(models), *more])


@pytest.mark.parametrize(("above", "code", "verdict"), [(250.0, 0, "passed"), (5000.0, 1, "failed")])
def test_the_verdict_is_printed_and_kept(tmp_path, study, capsys, above, code, verdict):
    if "bfloat16" not in choose_runtime("openvino", threads=1).precisions:
        pytest.skip("this processor has no bfloat16")
    plugin = write_plugin(tmp_path / "plugin", above=above)
    models = tmp_path / "models"
    models.mkdir()
    assert gate(plugin, study, models, "bf16", "--input", str(study)) == code
    printed = capsys.readouterr()
    assert f"net in bfloat16 on {choose_runtime('openvino', threads=1).identity.hardware}" in printed.out
    assert f": {verdict}\n  Dice of bone: " in printed.out
    sha256 = digest_of_file(plugin / "models" / "net.onnx")
    report = json.loads((models / f"{sha256}.parity-openvino-bfloat16.json").read_text(encoding="utf-8"))
    assert report["passed"] is (verdict == "passed")
    assert len(report["inputs"]) == 2
    assert report["inputs"][0] == report["inputs"][1]


def test_what_cannot_be_run_is_told_in_a_sentence(tmp_path, study, capsys):
    plugin = write_plugin(tmp_path / "plugin")
    assert gate(plugin, study, tmp_path, "fp16") == 1
    assert "not in float16" in capsys.readouterr().err
    assert gate(plugin, study, tmp_path / "absent") == 1
    assert "There is no folder" in capsys.readouterr().err
    assert gate(plugin, tmp_path / "plugin", tmp_path) == 1
    assert "no DICOM images" in capsys.readouterr().err
    assert gate(plugin, study, tmp_path, "tf32", "--device", "cuda:9") == 1
    assert "CUDA was asked for" in capsys.readouterr().err
