"""A plain ONNX file: what its graph tells is filled in, what a person must tell is asked for."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from allward_importers.plain_onnx import Answers, import_onnx
from allward_importers.refusal import RefusedError
from allward_sdk.check import check
from allward_sdk.cli import main
from allward_sdk.manifest import read_manifest


def write(path, *, window=(8, 8, 8), channels=3, last="Identity", out=None, **more):
    kernel = np.ones((channels, more.get("images", 1), 1, 1, 1), np.float32)
    domain = more.get("domain", "")
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], kernel_shape=[1, 1, 1]),
        helper.make_node(last, ["c"], ["y"], domain=domain),
    ]
    shape = [1, channels, *(window if out is None else out)]
    graph = helper.make_graph(
        nodes,
        "g",
        [
            helper.make_tensor_value_info(
                "x", more.get("type", TensorProto.FLOAT), [1, more.get("images", 1), *window]
            )
        ],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape[: more.get("axes", 5)])],
        [onnx.numpy_helper.from_array(kernel, "w")],
    )
    opsets = [helper.make_opsetid("", more.get("opset", 17)), helper.make_opsetid("custom", 1)]
    onnx.save(helper.make_model(graph, opset_imports=opsets[: 2 if domain else 1], ir_version=9), str(path))
    return path


def stage_of(path, **answers):
    return import_onnx(path, Answers(**{"orientation": "RAS", **answers})).tables["stages"][0]


def test_tensors_are_filled_in_from_the_graph(tmp_path):
    stage = stage_of(write(tmp_path / "net.onnx"), spacing_mm=(1.0, 1.0, 3.0), labels=("liver", "spleen"))
    assert (stage["input"]["name"], stage["output"]["name"]) == ("x", "y")
    assert stage["input"]["window"] == [8, 8, 8]
    assert stage["output"]["labels"] == ["liver", "spleen"]
    assert "threshold" not in stage["output"]


def test_a_single_channel_is_read_by_a_threshold(tmp_path):
    plain = stage_of(write(tmp_path / "a.onnx", channels=1))
    ended = stage_of(write(tmp_path / "b.onnx", channels=1, last="Sigmoid"))
    assert (plain["output"]["activation"], ended["output"]["activation"]) == ("sigmoid", "none")
    assert plain["output"]["threshold"] == 0.5


def test_what_the_output_does_not_cover_is_a_margin_at_both_ends(tmp_path):
    stage = stage_of(write(tmp_path / "net.onnx", out=(6, 5, 8)))
    assert (stage["output"]["margin_low"], stage["output"]["margin_high"]) == ([1, 1, 0], [1, 2, 0])


def test_a_shape_that_the_graph_leaves_open_is_asked_for(tmp_path):
    path = write(tmp_path / "net.onnx", window=("a", "b", 8), out=("a", "b", 8))
    with pytest.raises(RefusedError, match="--window"):
        stage_of(path)
    assert stage_of(path, window=(16, 24, 8))["input"]["window"] == [16, 24, 8]


REFUSED = {
    "several images": ({"images": 2}, {}, "2 channels"),
    "other types": ({"type": TensorProto.DOUBLE}, {}, "not float32"),
    "other tasks": ({"axes": 2}, {}, "2 axes"),
    "foreign operators": ({"domain": "custom", "last": "Magic"}, {}, "custom.Magic"),
    "old opsets": ({"opset": 9}, {}, "opset 9"),
    "the wrong number of labels": ({}, {"labels": ("liver",)}, "but 1 labels are named"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_other_graphs_are_refused_with_their_reason(tmp_path, what):
    graph, answers, said = REFUSED[what]
    with pytest.raises(RefusedError) as refused:
        stage_of(write(tmp_path / "net.onnx", **graph), **answers)
    assert said in str(refused.value)


def test_noise_is_refused(tmp_path):
    (tmp_path / "net.onnx").write_bytes(b"no graph at all")
    with pytest.raises(RefusedError, match=r"net\.onnx"):
        stage_of(tmp_path / "net.onnx")


def test_the_command_leaves_the_medical_parts_as_questions(tmp_path, capsys):
    path, folder = write(tmp_path / "My Net.onnx"), tmp_path / "plugin"
    assert main(["plugin", "import-onnx", str(path), "--orientation", "RAS", "--output", str(folder)]) == 0
    assert "questions are open" in capsys.readouterr().out
    failed = [result for result in check(folder) if result.verdict == "failed"]
    asked = "\n".join(result.detail for result in failed)
    for question in ("intended_use.statement.zh", "labels.channel_1.type", "licences.weights", "LICENSE:1"):
        assert question in asked
    assert {result.level for result in failed} == {"clinical", "speaks DICOM"}
    assert read_manifest(folder / "plugin.toml").models["my_net"].file == "models/my_net.onnx"
