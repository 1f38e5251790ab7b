"""A plug-in that was begun a moment ago is tried on phantoms, whatever its operation."""

import json
from pathlib import Path
from typing import Any

import onnx
import pytest
from onnx import TensorProto, helper
from tests.unit.engine import nets
from tests.unit.sdk.starting_nets import Shape, write_net

from allward_sdk.cli import main

VOLUME: Shape = (1, 1, 32, 32, 16)
TILES: Shape = ("n", 3, 64, 64)
GRAPHS: list[tuple[str, Shape, dict[str, Shape], str]] = [
    ("segmentation", VOLUME, {"p": (1, 1, 32, 32, 16)}, "Sigmoid"),
    ("segmentation", VOLUME, {"p": (1, 3, 32, 32, 16)}, ""),
    ("detection_3d", VOLUME, {"scores": (1, 1)}, "Sigmoid"),
    ("detection_3d", VOLUME, {"scores": (1, 1, 8, 8, 4), "size": (1, 1, 8, 8, 4)}, "Sigmoid"),
    ("classification", VOLUME, {"p": (1, 2)}, "Softmax"),
    ("tile_classification", TILES, {"p": ("n", 2)}, "Softmax"),
    ("embedding", TILES, {"v": ("n", 8)}, ""),
    ("embedding", VOLUME, {"v": (1, 8)}, ""),
    ("heatmap", VOLUME, {"m": (1, 1, 8, 8, 4)}, "Sigmoid"),
]


def begun(folder: Path, operation: str, model: Path) -> Path:
    command = ["plugin", "new", "org.example.begun", "--operation", operation, "--from", str(model)]
    assert main([*command, "--output", str(folder)]) == 0
    return folder / "begun"


def accept(plugin: Path, folder: Path, *more: str) -> tuple[int, dict[str, Any]]:
    report = folder / "report.json"
    code = main(["plugin", "accept", str(plugin), "--report", str(report), *more])
    return code, json.loads(report.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("operation", "given", "told", "ends"), GRAPHS)
def test_what_was_just_begun_runs_on_phantoms_and_repeats_bit_by_bit(
    tmp_path: Path, operation: str, given: Shape, told: dict[str, Shape], ends: str
) -> None:
    plugin = begun(tmp_path, operation, write_net(tmp_path / "net.onnx", given, told, ends=ends))
    phantom = "colours" if given is TILES else "spheres"
    code, said = accept(plugin, tmp_path, "--phantom", phantom, "--record")
    (trial,) = said["trials"]
    checks = {check["what"]: check["agreed"] for check in trial["checks"]}
    assert code == 0, trial
    assert checks["runs"] is True
    assert checks["gives the same bits twice"] is True
    assert not [line for line in trial["told"] if line.startswith("not evaluable")]
    code, said = accept(plugin, tmp_path, "--phantom", "none")
    assert code == 0, said["trials"]
    assert [trial["name"] for trial in said["trials"]] == [phantom]


def test_colours_are_told_from_one_another(tmp_path: Path) -> None:
    digest = nets.colours(tmp_path, (64, 64))
    plugin = begun(tmp_path, "tile_classification", tmp_path / f"{digest}.onnx")
    code, said = accept(plugin, tmp_path)
    (trial,) = said["trials"]
    assert code == 0
    assert trial["name"] == "colours"
    assert any("eosin (226, 148, 186)" in line for line in trial["told"])
    assert len(trial["told"]) == 1 + 3 * 3, "three probabilities for each of three pictures"


def test_a_model_that_throws_dice_does_not_give_the_same_bits(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("RandomUniformLike", ["image"], ["noise"], high=1.0, low=0.0),
        helper.make_node("Sigmoid", ["noise"], ["p"]),
    ]
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, VOLUME) for name in ("image", "p")]
    graph = helper.make_graph(nodes, "dice", values[:1], values[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, tmp_path / "net.onnx")
    text = (begun(tmp_path, "heatmap", tmp_path / "net.onnx") / "plugin.toml").read_text(encoding="utf-8")
    assert "stride = [1, 1, 1]" in text
    code, said = accept(tmp_path / "begun", tmp_path, "--phantom", "spheres")
    checks = {check["what"]: check["agreed"] for check in said["trials"][0]["checks"]}
    assert code == 1
    assert checks["gives the same bits twice"] is False
