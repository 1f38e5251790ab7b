import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from tests.unit.sdk.small_plugin import edit, small_model, write_small_plugin

from allward_sdk import codes
from allward_sdk.check import RULES, check
from allward_sdk.errors import UsageError
from allward_sdk.package import pack


def faults(path: Path) -> dict[str, str]:
    return {result.rule: result.detail for result in check(path) if result.verdict == "failed"}


def test_a_sound_folder_and_its_package_pass_every_rule(plugin_folder: Path, tmp_path: Path) -> None:
    package = pack(plugin_folder, tmp_path / "out")
    for path in (plugin_folder, package.path):
        results = check(path)
        assert {result.verdict for result in results} == {"done"}
        assert len(results) == len(RULES) + 1


@pytest.mark.parametrize(
    ("old", "new", "rule", "place"),
    [
        ('code = "Apache-2.0"', 'code = "none of your business"', "licences", "licences.code"),
        ('zh = "小"', 'zh = "Small"', "Chinese", "plugin.title.zh"),
        ('"10200004"', '"10200005"', "check digit", "labels.liver.type"),
        ('"10200004"', '"78961009"', "codes mean", "labels.liver.type"),
        ('value = "mL", meaning = "milliliter"', 'value = "L", meaning = "liter"', "unit", "liver_volume"),
        ('name = "image"', 'name = "picture"', "stages say", "stages.only.input"),
        ('name = "probability"', 'name = "logits"', "stages say", "stages.only.output"),
        ("window = [8, 8, 8]", "window = [8, 8, 9]", "stages say", r"shape \(1, 1, 8, 8, 8\)"),
        ("margin_low = [1, 1, 1]", "margin_low = [0, 1, 1]", "stages say", r"says \(1, 1, 7, 6, 6\)"),
        ("margin_low = [1, 1, 1]", "margin_low = [1, 7, 1]", "stages say", "nothing of the window"),
        ("threshold = 0.5\n", "", "stages say", r"says \(1, 2, 6, 6, 6\)"),
    ],
)
def test_a_wrong_manifest_fails_its_rule_with_the_place(
    plugin_folder: Path, old: str, new: str, rule: str, place: str
) -> None:
    edit(plugin_folder / "plugin.toml", old, new)
    found = faults(plugin_folder)
    assert len(found) == 1
    ((name, detail),) = found.items()
    assert rule in name
    assert re.search(place, detail)


def test_a_bill_of_materials_of_another_version_or_model_is_told(plugin_folder: Path) -> None:
    rule = "the bill of materials names this version and these models"
    bill = json.loads((plugin_folder / "sbom.json").read_text())
    bill["metadata"]["component"]["version"] = "1.1.0"
    bill["components"][0]["hashes"][0]["content"] = "0" * 64
    (plugin_folder / "sbom.json").write_text(json.dumps(bill))
    told = faults(plugin_folder)[rule]
    assert "metadata.component.version is 1.1.0, not 1.2.0" in told
    assert f"models/small.onnx: its SHA-256 is {'0' * 64}, not " in told
    (plugin_folder / "sbom.json").write_text('{"spdxVersion": "SPDX-2.3"}')
    (exempt,) = (result for result in check(plugin_folder) if result.rule == rule)
    assert (exempt.verdict, exempt.reason) == ("exempt", "sbom.json is no CycloneDX JSON")


@pytest.mark.parametrize(("spacing", "told"), [("0.001", "0.001 mm"), ("200.0", "200 mm")])
def test_a_spacing_in_another_unit_is_told(plugin_folder: Path, spacing: str, told: str) -> None:
    clip = '{ do = "clip", low = -200.0, high = 200.0 }'
    resample = f'{{ do = "resample", spacing_mm = [1.0, 1.0, {spacing}] }}'
    edit(plugin_folder / "plugin.toml", clip, f"{clip}, {resample}")
    (fault,) = faults(plugin_folder).values()
    assert fault == f"stages.only.input.prepare.1.spacing_mm: {told} lies outside 0.1 to 20 mm"


def test_a_manifest_against_the_schema_ends_the_check(plugin_folder: Path) -> None:
    edit(plugin_folder / "plugin.toml", "[8, 8, 8]", "[8, 8]")
    (result,) = check(plugin_folder)
    assert result.verdict == "failed"
    assert "stages.0.input.window" in result.detail


def test_a_missing_card_and_a_changed_model_are_both_told(plugin_folder: Path) -> None:
    (plugin_folder / "MODEL_CARD.md").write_text(" \n")
    with (plugin_folder / "models/small.onnx").open("ab") as file:
        file.write(b"\x12\x00")
    found = faults(plugin_folder)
    assert "MODEL_CARD.md is missing or empty" in found.values()
    assert "models/small.onnx: its sha256 is" in found["every model is there with its digest"]


def test_rules_about_graphs_are_exempt_where_no_model_is(plugin_folder: Path) -> None:
    (plugin_folder / "models/small.onnx").unlink()
    exempt = [result for result in check(plugin_folder) if result.verdict == "exempt"]
    assert len(exempt) == 8
    assert {result.detail for result in exempt} == {"no model is there", "no model could be read"}


def test_a_file_that_is_no_graph_is_told(plugin_folder: Path) -> None:
    (plugin_folder / "models/small.onnx").write_bytes(b"\xff\xff\xff\xff")
    assert "not an ONNX file" in faults(plugin_folder)["models are ONNX files"]


def with_foreign_operator(model: onnx.ModelProto) -> None:
    model.graph.node[0].domain = "com.microsoft"
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))


def with_foreign_operator_in_a_branch(model: onnx.ModelProto) -> None:
    inner = helper.make_node("Trick", ["image"], ["x"], domain="org.example")
    output = helper.make_tensor_value_info("x", TensorProto.FLOAT, None)
    branch = helper.make_graph([inner], "branch", [], [output])
    model.graph.node.append(helper.make_node("If", ["c"], ["y"], then_branch=branch, else_branch=branch))


def with_old_opset(model: onnx.ModelProto) -> None:
    model.opset_import[0].version = 9


def with_weights_elsewhere(model: onnx.ModelProto) -> None:
    tensor = model.graph.initializer[0]
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.append(onnx.StringStringEntryProto(key="location", value="../../secret"))


def with_unknown_operator(model: onnx.ModelProto) -> None:
    model.graph.node[1].op_type = "Sigmoidal"


def with_a_weight_that_is_no_number(model: onnx.ModelProto) -> None:
    bias = onnx.numpy_helper.from_array(np.array([1.0, np.nan], np.float32), "bias")
    model.graph.initializer.append(bias)


def with_infinite_weights(model: onnx.ModelProto) -> None:
    kernel = np.full((1, 1, 1, 1, 1), np.inf, np.float16)
    model.graph.initializer.append(onnx.numpy_helper.from_array(kernel, "kernel"))
    model.graph.initializer.append(onnx.numpy_helper.from_array(-kernel, "mask"))
    model.graph.node.append(helper.make_node("Conv", ["inner", "kernel"], ["wide"]))


def with_second_input(model: onnx.ModelProto) -> None:
    model.graph.input.append(helper.make_tensor_value_info("age", TensorProto.FLOAT, (1,)))


def with_half_precision(model: onnx.ModelProto) -> None:
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.elem_type = TensorProto.FLOAT16


def with_a_constant_without_measure(model: onnx.ModelProto) -> None:
    size = onnx.numpy_helper.from_array(np.array([10**5, 10**5, 10**3]), "size")
    model.graph.initializer.append(size)
    model.graph.node.append(helper.make_node("ConstantOfShape", ["size"], ["huge"]))


@pytest.mark.parametrize(
    ("spoil", "rule", "words"),
    [
        (with_foreign_operator, "models use standard operators only", "com.microsoft.Slice"),
        (with_foreign_operator_in_a_branch, "models use standard operators only", "org.example.Trick"),
        (with_old_opset, "models use an allowed opset", "opset 9"),
        (with_weights_elsewhere, "weights are inside the models", "'starts' lies outside"),
        (with_a_weight_that_is_no_number, "weights are numbers", "'bias': 1 of 2 values are NaN"),
        (with_infinite_weights, "weights are numbers", "'kernel': 1 of 1 weights of Conv are infinite"),
        (with_unknown_operator, "models are valid", "Sigmoidal"),
        (
            with_a_constant_without_measure,
            "models ask for no more than a machine has",
            "'huge' would take 38146973 MiB",
        ),
        (with_second_input, "models take and give what the stages say", "also wants 'age'"),
        (with_half_precision, "models take and give what the stages say", "not float32"),
    ],
)
def test_a_graph_that_breaks_a_rule_is_told(
    tmp_path: Path, spoil: Callable[[onnx.ModelProto], None], rule: str, words: str
) -> None:
    model = small_model()
    spoil(model)
    assert words in faults(write_small_plugin(tmp_path / "small", model))[rule]


def test_sizes_that_the_graph_leaves_open_are_accepted(tmp_path: Path) -> None:
    model = small_model()
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    assert faults(write_small_plugin(tmp_path / "small", model)) == {}


def test_without_the_dictionary_meanings_are_exempt(
    plugin_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent() -> None:
        raise ModuleNotFoundError("No module named 'pydicom'")

    monkeypatch.setattr(codes, "known_meanings", absent)
    (exempt,) = (result for result in check(plugin_folder) if result.verdict == "exempt")
    assert "pydicom" in exempt.detail


def test_without_onnx_the_check_says_what_to_install(
    plugin_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(UsageError, match="pip install onnx"):
        check(plugin_folder)


def test_a_path_where_nothing_is_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing is there"):
        check(tmp_path / "absent")
