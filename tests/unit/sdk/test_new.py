"""A new plug-in runs at once where a model is given, and asks for what no graph tells."""

import json
import re
from pathlib import Path
from typing import Any

import onnx
import pytest
from tests.unit.sdk.starting_nets import Shape, write_net

from allward_sdk.check import check
from allward_sdk.cli import main
from allward_sdk.commands import starting
from allward_sdk.manifest import read_manifest
from allward_sdk.package import digest_of_file, pack
from allward_sdk.stages import SegmentationStage
from allward_sdk.starting.operations import OPERATIONS, WITHOUT_MODEL

VOLUME: Shape = (1, 1, 32, 32, 16)
TILES: Shape = ("n", 3, 64, 48)


def begun(folder: Path, operation: str, model: Path | None = None, *more: str) -> Path:
    given = [] if model is None else ["--from", str(model)]
    command = ["plugin", "new", "org.example.my-find", "--operation", operation, *given, *more]
    assert main([*command, "--output", str(folder)]) == 0
    return folder / "my-find"


def failed_by_level(folder: Path) -> dict[str, list[str]]:
    failed: dict[str, list[str]] = {}
    for result in check(folder):
        if result.verdict == "failed":
            failed.setdefault(result.level, []).extend(result.faults)
    return failed


GRAPHS: list[tuple[str, Shape, dict[str, Shape], str, dict[str, Any]]] = [
    ("segmentation", VOLUME, {"p": (1, 1, 32, 32, 16)}, "Sigmoid", {"threshold": 0.5, "activation": "none"}),
    ("segmentation", VOLUME, {"p": (1, 3, 32, 32, 16)}, "Softmax", {"threshold": None, "activation": "none"}),
    ("segmentation", VOLUME, {"p": (1, 3, 32, 32, 16)}, "", {"threshold": None, "activation": "softmax"}),
    ("segmentation", VOLUME, {"p": (1, 1, 32, 32, 16)}, "", {"threshold": 0.5, "activation": "sigmoid"}),
    ("segmentation", VOLUME, {"p": (1, 2, 29, 28, 16)}, "Sigmoid", {"margin_low": (1, 2, 0)}),
    ("segmentation", (1, 1, "a", "b", "c"), {"p": (1, 2, "a", "b", "c")}, "", {"blend": "gaussian"}),
    ("detection_3d", VOLUME, {"scores": (1, 2)}, "Sigmoid", {"labels": ("label_1", "label_2")}),
    ("detection_3d", VOLUME, {"size": (1, 3, 8, 8, 4), "score": (1, 1, 8, 8, 4)}, "", {"threshold": 0.5}),
    ("detection_3d", VOLUME, {"cls": (1, 3), "shift": (1, 3), "diameter": (1, 1)}, "Softmax", {}),
    ("classification", VOLUME, {"p": (1, 4)}, "Softmax", {"choose": "one", "activation": "none"}),
    ("classification", ("n", 1, 32, 32, 16), {"p": ("n", 3)}, "Sigmoid", {"thresholds": (0.5,) * 3}),
    ("classification", VOLUME, {"p": (1, 1)}, "", {"activation": "sigmoid", "choose": "several"}),
    ("tile_classification", TILES, {"p": ("n", 2)}, "", {"activation": "softmax"}),
    ("tile_classification", (1, 64, 48, 3), {"p": (1, 2)}, "Softmax", {"choose": "one"}),
    ("embedding", TILES, {"v": ("n", 256)}, "", {"length": 256}),
    ("embedding", VOLUME, {"v": (1, 8)}, "", {"length": 8}),
    ("heatmap", VOLUME, {"m": (1, 2, 8, 8, 4)}, "Sigmoid", {"stride": (4, 4, 4)}),
]


@pytest.mark.parametrize(("operation", "given", "told", "ends", "output"), GRAPHS)
def test_a_graph_becomes_a_plug_in_that_runs_at_once(
    tmp_path: Path, operation: str, given: Shape, told: dict[str, Shape], ends: str, output: dict[str, Any]
) -> None:
    model = write_net(tmp_path / "net.onnx", given, told, ends=ends)
    folder = begun(tmp_path, operation, model)
    failed = failed_by_level(folder)
    assert "runs" not in failed
    assert set(failed) == {"speaks DICOM", "clinical"}
    (stage,) = read_manifest(folder / "plugin.toml").stages
    assert {key: getattr(stage.output, key) for key in output} == output
    assert pack(folder, tmp_path / "packed").manifest.plugin.id == "org.example.my-find"


def test_every_operation_can_be_begun_before_there_is_a_model(tmp_path: Path) -> None:
    assert set(starting.OPERATIONS) == set(OPERATIONS) == set(WITHOUT_MODEL)
    for operation in OPERATIONS:
        folder = begun(tmp_path / operation, operation)
        failed = failed_by_level(folder)
        assert failed["runs"] == ["models/model.onnx is missing"]
        assert read_manifest(folder / "plugin.toml").models["model"].sha256 == "0" * 64


@pytest.mark.parametrize(("window", "orientation"), [((16, 32, 32), "SPL"), ((32, 32, 16), "RAS")])
def test_the_shortest_axis_of_a_window_is_taken_for_that_of_the_slices_and_asked(
    tmp_path: Path, window: tuple[int, int, int], orientation: str
) -> None:
    shape = (1, 1, *window)
    folder = begun(tmp_path, "segmentation", write_net(tmp_path / "net.onnx", shape, {"p": shape}))
    (stage,) = read_manifest(folder / "plugin.toml").stages
    assert isinstance(stage, SegmentationStage)
    assert stage.input.orientation == orientation
    asked = "\n".join(failed_by_level(folder)["clinical"])
    assert re.search(r"plugin\.toml:\d+: Which way does each axis .* / 模型数组各轴", asked)


def test_a_detector_with_sizes_and_shifts_is_read_by_their_names(tmp_path: Path) -> None:
    told: dict[str, Shape] = {"shift": (1, 3, 8, 8, 4), "heat": (1, 1, 8, 8, 4), "diameter": (1, 1, 8, 8, 4)}
    folder = begun(tmp_path, "detection_3d", write_net(tmp_path / "net.onnx", VOLUME, told))
    (stage,) = read_manifest(folder / "plugin.toml").stages
    decode = stage.output.decode
    assert (decode.scores, decode.size, decode.offset) == ("heat", "diameter", "shift")
    assert (decode.stride, stage.output.suppress.by) == ((4, 4, 4), "overlap")


def test_margins_of_a_valid_convolution_are_shared_out(tmp_path: Path) -> None:
    model = write_net(tmp_path / "net.onnx", VOLUME, {"p": (1, 1, 29, 28, 16)}, ends="Sigmoid")
    (stage,) = read_manifest(begun(tmp_path, "segmentation", model) / "plugin.toml").stages
    assert isinstance(stage, SegmentationStage)
    assert (stage.output.margin_low, stage.output.margin_high) == ((1, 2, 0), (2, 2, 0))


REFUSED: list[tuple[str, Shape, dict[str, Shape], str]] = [
    (
        "segmentation",
        (1, 4, 32, 32, 16),
        {"p": (1, 1, 32, 32, 16)},
        r"'image' has shape \(1, 4, 32, 32, 16\)",
    ),
    ("segmentation", (1, 1, 32, 32), {"p": (1, 1, 32, 32)}, r"wants \(1, 1, three axes\)"),
    ("segmentation", VOLUME, {"p": (1, 2)}, r"'p' has shape \(1, 2\)"),
    ("segmentation", VOLUME, {"p": (1, 1, 64, 32, 16)}, "no more than the window"),
    ("segmentation", VOLUME, {"p": (1, 300, 32, 32, 16)}, "299 labels; a plug-in has 255 at most"),
    ("detection_3d", VOLUME, {"boxes": (1, 4096, 6)}, "an anchor net's anchors are told by no graph"),
    ("classification", VOLUME, {"p": (1, 2, 3)}, r"wants \(1, classes\)"),
    ("tile_classification", VOLUME, {"p": (1, 2)}, "rows, columns"),
    ("embedding", VOLUME, {"v": (1, "n")}, r"wants \(1, length\)"),
    ("heatmap", VOLUME, {"m": (1, 1, 7, 8, 4)}, "whole number of cells"),
]


@pytest.mark.parametrize(("operation", "given", "told", "words"), REFUSED)
def test_a_model_that_does_not_fit_the_operation_is_refused_by_its_tensor(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    operation: str,
    given: Shape,
    told: dict[str, Shape],
    words: str,
) -> None:
    model = write_net(tmp_path / "net.onnx", given, told)
    command = ["plugin", "new", "org.example.x", "--operation", operation, "--from", str(model)]
    assert main([*command, "--output", str(tmp_path)]) == 1
    assert re.search(words, capsys.readouterr().err)
    assert not (tmp_path / "x").exists()


def test_a_file_that_is_no_model_a_name_that_is_none_and_a_folder_that_is_there_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text.onnx").write_text("no model at all")
    command = ["plugin", "new", "org.example.x", "--operation", "heatmap", "--output", str(tmp_path)]
    assert main([*command, "--from", str(tmp_path / "text.onnx")]) == 1
    assert main(["plugin", "new", "My Plugin", "--operation", "heatmap", "--output", str(tmp_path)]) == 1
    assert main(command) == 0
    assert main(command) == 1
    errors = capsys.readouterr().err
    assert "not an ONNX file" in errors
    assert "no name of a plug-in" in errors
    assert "is there already" in errors


def test_what_breaks_a_rule_is_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_net(tmp_path / "net.onnx", VOLUME, {"p": (1, 2)})
    model = onnx.load(path)
    model.opset_import[0].version = 9
    path.write_bytes(model.SerializeToString())
    command = ["plugin", "new", "org.example.x", "--operation", "classification", "--from", str(path)]
    assert main([*command, "--output", str(tmp_path)]) == 1
    assert "models/model.onnx: opset 9" in capsys.readouterr().out


def test_a_short_name_is_completed_and_asked_about(tmp_path: Path) -> None:
    assert main(["plugin", "new", "quick", "--operation", "embedding", "--output", str(tmp_path)]) == 0
    assert read_manifest(tmp_path / "quick" / "plugin.toml").plugin.id == "org.example.quick"
    asked = failed_by_level(tmp_path / "quick")["clinical"]
    assert any("domain name" in fault for fault in asked)


def test_answers_given_beforehand_are_not_asked(tmp_path: Path) -> None:
    model = write_net(tmp_path / "net.onnx", VOLUME, {"p": (1, 2)})
    folder = begun(tmp_path, "classification", model, "--vendor", 'Ada "& Co"', "--weights", "MIT")
    manifest = read_manifest(folder / "plugin.toml")
    assert (manifest.plugin.vendor, manifest.licences.weights) == ('Ada "& Co"', "MIT")
    asked = failed_by_level(folder)["clinical"]
    assert not [fault for fault in asked if fault.startswith(("plugin.vendor", "licences"))]


def test_the_bill_of_materials_names_the_model_that_is_there(tmp_path: Path) -> None:
    model = write_net(tmp_path / "net.onnx", VOLUME, {"p": (1, 2)})
    folder = begun(tmp_path, "classification", model)
    bill = json.loads((folder / "sbom.json").read_text(encoding="utf-8"))
    (component,) = bill["components"]
    assert component["bom-ref"] == "models/model.onnx"
    assert component["hashes"] == [{"alg": "SHA-256", "content": digest_of_file(model)}]


def test_with_every_question_answered_the_plug_in_keeps_the_contract(tmp_path: Path) -> None:
    model = write_net(tmp_path / "net.onnx", VOLUME, {"p": (1, 1, 32, 32, 16)}, ends="Sigmoid")
    folder = begun(tmp_path, "segmentation", model, "--vendor", "Ada", "--weights", "MIT")
    for name in ("plugin.toml", "MODEL_CARD.md", "LICENSE"):
        text = (folder / name).read_text(encoding="utf-8")
        text = re.sub(r'value = "\?", meaning = "\? Which category[^"]*"', CATEGORY, text)
        text = re.sub(r'value = "\?", meaning = "\?[^"]*"', 'value = "10200004", meaning = "Liver"', text)
        text = re.sub(r'en = "\?[^"]*", zh = "？[^"]*"', 'en = "Said", zh = "已说明"', text)
        text = re.sub(r"(?m)^(#\s*)?[?？].*\n", "", text) or "MIT License\n"
        (folder / name).write_text(text, encoding="utf-8")
    assert failed_by_level(folder) == {}


CATEGORY = 'value = "123037004", meaning = "Anatomical Structure"'
