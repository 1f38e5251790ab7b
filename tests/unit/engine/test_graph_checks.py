"""A bad graph is refused before a runtime sees it, as a fault of the plug-in, in words."""

import time

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper
from tests.unit.engine.bad_graphs import WINDOW, bomb, hollow, loop, model, outside, write
from tests.unit.engine.graphs import geometry, manifest, stage

from allward_engine.device import choose_runtime
from allward_engine.local import open_models, run_locally
from allward_engine.requests import SegmentRequest
from allward_engine.sessions import ModelSpec
from allward_engine.sessions.graph_checks import check_graph
from allward_sdk.errors import PluginFaultError
from allward_sdk.graph_limits import MOST_TURNS

SPEC = ModelSpec("0" * 64, "x", ("y",), (1, *WINDOW))
ADD = helper.make_node("Add", ["x", "w"], ["y"])
IDENTITY = helper.make_node("Identity", ["x"], ["y"])
HUGE = np.array([100_000, 100_000, 1000], np.int64)


def constant_of(shape):
    return helper.make_node("ConstantOfShape", [shape], ["big"])


def in_a_branch():
    value = helper.make_tensor_value_info
    then = helper.make_graph(
        [
            helper.make_node("ConstantOfShape", ["s"], ["c"]),
            helper.make_node("ReduceMax", ["c"], ["m"], keepdims=0),
        ],
        "then",
        [],
        [value("m", TensorProto.FLOAT, [])],
    )
    zero = numpy_helper.from_array(np.float32(0), "z")
    other = helper.make_graph(
        [helper.make_node("Constant", [], ["o"], value=zero)], "else", [], [value("o", TensorProto.FLOAT, [])]
    )
    branch = helper.make_node("If", ["yes"], ["m2"], then_branch=then, else_branch=other)
    return model([branch, helper.make_node("Add", ["x", "m2"], ["y"])], {"s": HUGE, "yes": np.array(True)})


BAD = {
    "junk": (b"junk", "not an ONNX file"),
    "nothing": (b"", "takes nothing and returns nothing"),
    "external data": (model([ADD], {"w": outside("/etc/passwd")}), "'w' lies outside the file"),
    "weights that are no numbers": (model([ADD], {"w": np.float32("nan")}), "'w': 1 of 1 values are NaN"),
    "another domain": (
        model(
            [helper.make_node("Foo", ["x"], ["y"], domain="com.x")], imports=[helper.make_opsetid("com.x", 1)]
        ),
        "com.x.Foo is not a standard one",
    ),
    "an unknown operator": (model([helper.make_node("Foo", ["x"], ["y"])]), "No Op registered for Foo"),
    "a function": (
        model(
            [IDENTITY],
            functions=[
                helper.make_function(
                    "com.x",
                    "F",
                    ["a"],
                    ["b"],
                    [helper.make_node("Relu", ["a"], ["b"])],
                    [helper.make_opsetid("", 17)],
                )
            ],
            imports=[helper.make_opsetid("com.x", 1)],
        ),
        "com.x.F is not a standard one",
    ),
    "an old opset": (model([IDENTITY], opset=9), "opset 9"),
    "an opset to come": (model([IDENTITY], opset=99), "opset 99"),
    "a loop without end": (loop(None), "does not say how often it turns"),
    "a long loop": (loop(MOST_TURNS + 1), "turns 100001 times"),
    "loops in loops": (loop(1000, inner=1000), "turns 1000000 times"),
    "a hollow weight": (model([ADD], {"w": hollow(10**6, 10**6)}), "claims 3814697 MiB, but holds 4 bytes"),
    "a negative weight": (model([ADD], {"w": hollow(-1, 4)}), "claims"),
    "a constant without measure": (bomb(constant_of("s"), s=HUGE), "'big' would take 38146973 MiB"),
    "a computed shape": (
        bomb(helper.make_node("Mul", ["s", "s"], ["q"]), constant_of("q"), s=np.array([10**5, 10**3])),
        "'big' would take",
    ),
    "a shape that cannot be told": (
        bomb(helper.make_node("Pow", ["s", "s"], ["q"]), constant_of("q"), s=np.array([10, 10])),
        "the size of 'big', which ConstantOfShape makes out of nothing, cannot be told",
    ),
    "a range": (
        bomb(
            helper.make_node("Range", ["a", "b", "c"], ["big"]),
            a=np.float32(0),
            b=np.float32(1e12),
            c=np.float32(1),
        ),
        "'big' would take",
    ),
    "an expansion": (
        bomb(helper.make_node("Expand", ["x", "s"], ["big"]), s=np.array([1, 10**8, *WINDOW])),
        "'big' would take",
    ),
    "tiles": (
        bomb(helper.make_node("Tile", ["x", "s"], ["big"]), s=np.array([1, 1, 10**4, 10**4, 1])),
        "'big' would take",
    ),
    "a bomb in a branch": (in_a_branch(), "'c' would take"),
    "a circle": (
        model([helper.make_node("Add", ["x", "y"], ["a"]), helper.make_node("Add", ["a", "x"], ["y"])]),
        "topologically sorted",
    ),
    "shapes that do not fit": (
        model([helper.make_node("MatMul", ["x", "w"], ["y"])], {"w": np.zeros((7, 3), np.float32)}),
        "do not fit together",
    ),
    "another window": (
        model([IDENTITY], shape=(1, 1, 9, 9, 9)),
        r"has shape \(1, 1, 9, 9, 9\), the",
    ),
    "a fixed batch": (model([IDENTITY], shape=(4, 1, *WINDOW)), r"has shape \(4, 1, 8, 8, 8\), the manifest"),
    "two axes": (model([IDENTITY], shape=(1, 1, 8, 8)), r"has shape \(1, 1, 8, 8\), the manifest"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_graph_is_refused_in_words(name):
    graph, words = BAD[name]
    start_s = time.perf_counter()
    with pytest.raises(PluginFaultError, match=words):
        check_graph(graph, SPEC)
    assert time.perf_counter() - start_s < 2


@pytest.mark.parametrize("name", ["openvino", "onnxruntime"])
def test_no_runtime_loads_what_is_refused(name):
    runtime = choose_runtime(name, threads=1)
    for graph, _ in (BAD["external data"], BAD["a constant without measure"], BAD["a loop without end"]):
        with pytest.raises(PluginFaultError, match="refused"):
            runtime.load(graph, SPEC)


@pytest.mark.parametrize("name", ["openvino", "onnxruntime"])
def test_a_loop_that_says_how_often_it_turns_runs(name):
    item = np.ones((1, *SPEC.input_shape), np.float32)
    for graph in (loop(3), loop(3, inner=4)):
        session = choose_runtime(name, threads=1).load(graph, SPEC)
        assert np.array_equal(session.run(item).tensors[0], item)


@pytest.mark.parametrize(
    ("use", "words"),
    [
        (
            ModelSpec("0" * 64, "z", ("y",), (1, *WINDOW)),
            "takes 'x' and returns 'y'; the manifest says 'z'",
        ),
        (ModelSpec("0" * 64, "x", ("p", "y"), (1, *WINDOW)), "the manifest says 'x' and 'p', 'y'"),
    ],
)
def test_other_names_than_the_manifests_are_a_fault(use, words):
    with pytest.raises(PluginFaultError, match=words):
        check_graph(model([IDENTITY]), use)


def test_an_output_of_whole_numbers_is_a_fault():
    graph = helper.make_graph(
        [helper.make_node("Cast", ["x"], ["y"], to=TensorProto.INT64)],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, *WINDOW])],
        [helper.make_tensor_value_info("y", TensorProto.INT64, [1, 1, *WINDOW])],
    )
    data = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    with pytest.raises(PluginFaultError, match="'y' is int64"):
        check_graph(data.SerializeToString(), SPEC)


def test_a_job_with_a_bad_graph_ends_as_a_fault_of_its_plug_in(tmp_path):
    graph, words = BAD["a constant without measure"]
    digest = write(tmp_path, graph)
    request = SegmentRequest(
        job_id="j",
        tenant="t",
        manifest=manifest([stage("net", window=WINDOW, labels=["bone"])], {"net": digest}),
        geometry=geometry(WINDOW),
    )
    with pytest.raises(PluginFaultError, match=words):
        run_locally(request, np.zeros(WINDOW, np.int16), open_models(tmp_path, device="cpu", threads=1))
