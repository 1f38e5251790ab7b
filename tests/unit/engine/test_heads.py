"""A model's last layer is cut off only where it is linear, alone, and has more classes than features."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from tests.unit.engine.graphs import folds, write_graph

from allward_engine.device import choose_runtime
from allward_engine.operations.heads import cut_head
from allward_engine.sessions import ModelSpec

WINDOW = (6, 5, 7)
RNG = np.random.default_rng(2)


def spec(*, headless):
    return ModelSpec("0" * 64, "x", ("y",), (1, *WINDOW), headless=headless)


@pytest.mark.parametrize("device", ["openvino", "onnxruntime"])
def test_features_and_head_make_what_the_whole_model_makes(tmp_path, device):
    graph = (tmp_path / f"{folds(tmp_path, WINDOW, features=3, classes=9)}.onnx").read_bytes()
    tensor = RNG.normal(size=(1, 1, *WINDOW)).astype(np.float32)
    runtime = choose_runtime(device, threads=1)
    whole = runtime.load(graph, spec(headless=False)).run(tensor)
    cut = runtime.load(graph, spec(headless=True)).run(tensor)
    assert whole.head is None
    assert cut.head is not None
    assert cut.tensors[0].shape == (1, 3, *WINDOW)
    made = np.tensordot(cut.head.weights, cut.tensors[0][0], axes=1) + cut.head.bias[:, None, None, None]
    assert np.allclose(made, whole.tensors[0][0], atol=1e-4)


def test_the_cut_graph_is_valid_and_carries_no_weights_of_the_head(tmp_path):
    graph = (tmp_path / f"{folds(tmp_path, WINDOW, features=3, classes=9)}.onnx").read_bytes()
    cut = cut_head(graph, "y")
    assert cut is not None
    model = onnx.load_model_from_string(cut.graph)
    onnx.checker.check_model(model, full_check=True)
    assert {tensor.name for tensor in model.graph.initializer} == {"w", "b"}
    assert [value.name for value in model.graph.output] == ["y"]


def pointwise(
    tmp_path, *, classes=9, features=3, kernel=1, first="Relu", last=(), attributes=None, bias=True
):
    """A graph that ends in a convolution; `last` are nodes after it, from "z" to "y"."""
    constants = {
        "w": RNG.normal(size=(features, 1, 1, 1, 1)).astype(np.float32),
        "head": RNG.normal(size=(classes, features, kernel, kernel, kernel)).astype(np.float32),
    }
    if bias:
        constants["bias"] = RNG.normal(size=classes).astype(np.float32)
    pads = [kernel // 2] * 6
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"]),
        helper.make_node(first, ["c"], ["f"]),
        helper.make_node(
            "Conv",
            ["f", "head", *(["bias"] if bias else [])],
            ["z" if last else "y"],
            pads=pads,
            **(attributes or {}),
        ),
        *last,
    ]
    digest = write_graph(tmp_path, nodes, constants, WINDOW, [1, classes, *WINDOW])
    return (tmp_path / f"{digest}.onnx").read_bytes()


def test_a_head_without_a_bias_has_one_of_zeros(tmp_path):
    cut = cut_head(pointwise(tmp_path, bias=False), "y")
    assert cut is not None
    assert not cut.head.bias.any()


@pytest.mark.parametrize(
    "how",
    [
        {"classes": 3},
        {"classes": 2},
        {"kernel": 3},
        {"last": (helper.make_node("Softmax", ["z"], ["y"], axis=1),)},
        {"last": (helper.make_node("Identity", ["z"], ["y"]),)},
    ],
)
def test_what_is_no_linear_last_layer_or_saves_nothing_is_not_cut_off(tmp_path, how):
    assert cut_head(pointwise(tmp_path, **how), "y") is None


def test_a_model_without_a_layer_before_the_last_is_left_whole(tmp_path):
    weights = RNG.normal(size=(9, 1, 1, 1, 1)).astype(np.float32)
    digest = write_graph(
        tmp_path, [helper.make_node("Conv", ["x", "w"], ["y"])], {"w": weights}, WINDOW, [1, 9, *WINDOW]
    )
    assert cut_head((tmp_path / f"{digest}.onnx").read_bytes(), "y") is None


def test_features_that_something_else_returns_are_left_where_they_are(tmp_path):
    model = onnx.load_model_from_string(pointwise(tmp_path))
    model.graph.output.append(helper.make_tensor_value_info("f", TensorProto.FLOAT, [1, 3, *WINDOW]))
    assert cut_head(model.SerializeToString(), "y") is None


def test_an_output_that_is_used_again_is_left_where_it_is(tmp_path):
    model = onnx.load_model_from_string(pointwise(tmp_path))
    model.graph.node.append(helper.make_node("Relu", ["y"], ["again"]))
    assert cut_head(model.SerializeToString(), "y") is None


def test_features_that_a_second_branch_reads_keep_it(tmp_path):
    model = onnx.load_model_from_string(pointwise(tmp_path))
    model.graph.node.append(helper.make_node("Relu", ["f"], ["deep"]))
    model.graph.output.append(helper.make_tensor_value_info("deep", TensorProto.FLOAT, [1, 3, *WINDOW]))
    cut = cut_head(model.SerializeToString(), "y")
    assert cut is not None
    onnx.checker.check_model(onnx.load_model_from_string(cut.graph), full_check=True)


@pytest.mark.parametrize("data", [b"", b"no graph", b"\xff" * 40])
def test_bytes_that_are_no_graph_are_left_to_the_runtime(data):
    assert cut_head(data, "y") is None
