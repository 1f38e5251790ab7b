"""Stages of every operation survive JSON, and say what their graphs must have."""

import json
import re

import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper
from pydantic import TypeAdapter
from tests.unit.sdk.stage_tables import STAGE, nodules, put, tissue

from allward_sdk.found import Candidate, Found
from allward_sdk.tensors import faults_of_interface, interface

NAME = st.from_regex(r"\A[a-z][a-z0-9_]{0,10}\Z")
SIZE = st.sampled_from([8, 16, 24, 32])
UNIT = st.floats(0.01, 0.99)
TRIPLE = st.lists(st.floats(-8, 8), min_size=3, max_size=3)
EDGES = st.lists(st.floats(0.5, 64), min_size=3, max_size=3)

READING = st.fixed_dictionaries(
    {
        "name": st.just("x"),
        "orientation": st.sampled_from(["RAS", "LPS", "SPL", "IAR"]),
        "prepare": st.lists(
            st.one_of(
                st.fixed_dictionaries(
                    {"do": st.just("clip"), "low": st.floats(-1000, 0), "high": st.floats(1, 900)}
                ),
                st.fixed_dictionaries({"do": st.just("resample"), "spacing_mm": EDGES}),
            ),
            max_size=3,
        ),
        "window": st.lists(SIZE, min_size=3, max_size=3),
        "batch": st.integers(1, 64),
    },
    optional={"pad_value": st.floats(-2, 2)},
)
SIZED = {"size": st.just("d"), "size_unit": st.sampled_from(["mm", "voxel", "log_voxel"])}
STRIDE = st.lists(st.sampled_from([1, 2, 4, 8]), min_size=3, max_size=3)
DECODE = st.one_of(
    st.fixed_dictionaries(
        {"kind": st.just("dense"), "scores": st.just("p"), **SIZED},
        optional={"offset": st.just("o"), "offset_unit": st.sampled_from(["mm", "voxel"])},
    ),
    st.fixed_dictionaries(
        {"kind": st.just("grid"), "scores": st.just("p"), "stride": STRIDE, **SIZED},
        optional={"origin": TRIPLE, "peak_cells": st.sampled_from([1, 3, 5])},
    ),
    st.fixed_dictionaries(
        {
            "kind": st.just("anchors"),
            "score_channels": st.integers(2, 4),
            "layout": st.sampled_from(["map", "list"]),
            "levels": st.lists(
                st.fixed_dictionaries(
                    {
                        "scores": NAME,
                        "boxes": NAME,
                        "stride": STRIDE,
                        "anchors": st.lists(EDGES, min_size=1, max_size=3),
                    }
                ),
                min_size=1,
                max_size=3,
            ),
        }
    ),
)
DETECTION = st.builds(
    lambda reading, decode, threshold, suppress, most: {
        "name": "nodules",
        "operation": "detection_3d",
        "model": "m",
        "input": reading,
        "output": {
            "labels": ["nodule"], "decode": decode, "threshold": threshold, "suppress": suppress,
            "most": most,
        },
    },
    READING,
    DECODE,
    UNIT,
    st.one_of(
        st.fixed_dictionaries({"by": st.just("overlap"), "above": UNIT}),
        st.fixed_dictionaries({"by": st.just("distance"), "within_mm": st.floats(0.1, 50)}),
    ),
    st.integers(1, 1000),
)  # fmt: skip
TILES = st.builds(
    lambda layout, tile, mpp, mean, std, tissue, batch: {
        "name": "tissue",
        "operation": "tile_classification",
        "model": "m",
        "tiles": {
            "name": "x", "layout": layout, "tile": tile, "mpp": mpp, "mean": mean, "std": std, "batch": batch,
            "tissue": tissue,
        },
        "output": {"name": "y", "labels": ["a", "b"], "choose": "several", "thresholds": [0.5, mpp / 101]},
    },
    st.sampled_from(["channels_first", "channels_last"]),
    st.lists(st.integers(8, 512), min_size=2, max_size=2),
    st.floats(0.1, 100),
    TRIPLE,
    EDGES,
    st.one_of(st.none(), st.fixed_dictionaries({"min_share": st.floats(0.1, 1)})),
    st.integers(1, 64),
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(data=st.one_of(DETECTION, TILES))
def test_a_stage_survives_json_and_says_what_its_graph_must_have(data):
    stage = STAGE.validate_python(data)
    again = STAGE.validate_json(json.dumps(stage.model_dump(mode="json")))
    assert again == stage
    wanted = interface(stage)
    assert len(wanted.input.shape) in (4, 5)
    assert all(tensor.shape[0] is None for tensor in wanted.outputs)


@settings(max_examples=60, deadline=None)
@given(
    st.builds(
        Candidate,
        number=st.integers(1, 1000),
        label=NAME,
        score=st.floats(0, 1),
        centre_lps_mm=st.tuples(*[st.floats(-1000, 1000)] * 3),
        size_kji_mm=st.one_of(st.none(), st.tuples(*[st.floats(0.1, 300)] * 3)),
        attributes=st.dictionaries(NAME, st.floats(-10, 10), max_size=3),
        classes=st.dictionaries(NAME, st.dictionaries(NAME, st.floats(0, 1), max_size=2), max_size=2),
    )
)
def test_a_candidate_survives_json(candidate):
    record = {"kind": "detections", "stage": "s", "candidates": [candidate.model_dump(mode="json")]}
    (back,) = TypeAdapter(Found).validate_json(json.dumps(record)).candidates
    assert back == candidate
    assert (back.diameter_mm is None) == (back.size_kji_mm is None)


def graph(x, outputs: dict[str, list], *, more_inputs=()) -> onnx.ModelProto:
    def values(named):
        return [helper.make_tensor_value_info(name, kind, shape) for name, kind, shape in named]

    inputs = [("x", TensorProto.FLOAT, x), *more_inputs]
    made = helper.make_graph(
        [], "g", values(inputs), values([(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()])
    )
    return helper.make_model(made)


DENSE = {"p": ["n", 3], "d": ["n", 1], "c": ["n", 1]}


@pytest.mark.parametrize(
    ("x", "outputs", "batch", "match"),
    [
        (["n", 1, 32, 32, 16], DENSE, 8, None),
        ([1, 1, 32, 32, 16], DENSE, 1, None),
        ([1, 1, 32, 32, 16], DENSE, 8, "1 at a time"),
        ([8, 1, 32, 32, 16], DENSE, 8, "first axis is free"),
        (["n", 1, 32, 32, 24], DENSE, 1, r"shape \(any, 1, 32, 32, 24\)"),
        (["n", 1, 32, 32, 16], {**DENSE, "p": ["n", 3, 1]}, 1, "'p' has shape"),
        (["n", 1, 32, 32, 16], {"p": ["n", 3], "d": ["n", 1]}, 1, "no 'c'"),
        (["n", 1, 32, 32, 16], {**DENSE, "d": ["n", 0]}, 1, "at least 1"),
    ],
)
def test_a_graph_that_does_not_fit_its_stage_is_told(x, outputs, batch, match):
    stage = STAGE.validate_python(put(nodules(), "input.batch", batch))
    faults = faults_of_interface(stage, graph(x, outputs))
    assert [bool(re.search(match or "", fault)) for fault in faults] == ([] if match is None else [True])


def test_the_shapes_of_anchor_nets_and_tiles_are_told():
    level = {"scores": "s", "boxes": "b", "stride": [8, 8, 8], "anchors": [[8, 8, 8], [16, 16, 16]]}
    decode = {"kind": "anchors", "levels": [level], "score_channels": 2}
    for layout, score, box in (("map", (4, 4, 4, 2), (12, 4, 4, 2)), ("list", (64, 2), (64, 6))):
        stage = STAGE.validate_python(nodules(decode={**decode, "layout": layout}, attributes=[]))
        assert [tensor.shape for tensor in interface(stage).outputs] == [(None, *score), (None, *box)]
    stage = STAGE.validate_python(tissue())
    assert interface(stage).input.shape == (None, 3, 32, 32)
    last = STAGE.validate_python(put(tissue(), "tiles.layout", "channels_last"))
    assert interface(last).input.shape == (None, 32, 32, 3)
    fault = faults_of_interface(last, graph(["n", 32, 32, 3], {"y": ["n", 2]}, more_inputs=[("z", 1, [1])]))
    assert fault == ["stages.tissue.input: the model also wants 'z'"]
