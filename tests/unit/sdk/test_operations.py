"""Stages of every operation: what is refused and in which words, what survives, what a graph must have."""

import copy
import json
import re
from typing import Any

import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper
from pydantic import TypeAdapter, ValidationError

from allward_sdk.found import Candidate, Found
from allward_sdk.manifest import Manifest, parse_manifest
from allward_sdk.stages import OPERATIONS, Stage
from allward_sdk.tensors import faults_of_interface, interface

STAGE: TypeAdapter[Stage] = TypeAdapter(Stage)
TITLE = {"en": "Thing", "zh": "东西"}
SCT = {"scheme": "SCT", "value": "10200004", "meaning": "Liver"}
MM = {"scheme": "UCUM", "value": "mm", "meaning": "millimeter"}


def volume(**more: Any) -> dict[str, Any]:
    return {"name": "x", "orientation": "RAS", "prepare": [], "window": [32, 32, 16], **more}


def tiles(**more: Any) -> dict[str, Any]:
    return {"name": "x", "layout": "channels_first", "tile": [32, 32], "mpp": 0.5, **more}


def lungs() -> dict[str, Any]:
    return {
        "name": "lungs",
        "model": "m",
        "input": volume(),
        "output": {"name": "y", "labels": ["lung"], "threshold": 0.5},
    }


def nodules(**more: Any) -> dict[str, Any]:
    return {
        "name": "nodules",
        "operation": "detection_3d",
        "model": "m",
        "input": volume(mask={"stage": "lungs"}),
        "output": {
            "labels": ["nodule"],
            "decode": {"kind": "dense", "scores": "p", "size": "d"},
            "threshold": 0.5,
            "suppress": {"by": "overlap", "above": 0.1},
            "attributes": [{"name": "calm", "output": "c"}],
            **more,
        },
    }


def judge(**more: Any) -> dict[str, Any]:
    return {
        "name": "judge",
        "operation": "classification",
        "model": "m",
        "input": volume(around={"stage": "nodules"}),
        "output": {"name": "y", "activation": "sigmoid", "labels": ["bad"]},
        "rescore": {"label": "bad", "how": "mean"},
        **more,
    }


def vectors() -> dict[str, Any]:
    return {
        "name": "vectors",
        "operation": "embedding",
        "model": "m",
        "input": volume(),
        "output": {"name": "y", "length": 8},
    }


def heat() -> dict[str, Any]:
    return {
        "name": "heat",
        "operation": "heatmap",
        "model": "m",
        "input": volume(),
        "output": {"name": "y", "labels": ["nodule"], "stride": [4, 4, 4], "meaning": TITLE},
    }


def tissue(**more: Any) -> dict[str, Any]:
    return {
        "name": "tissue",
        "operation": "tile_classification",
        "model": "m",
        "tiles": tiles(tissue={}),
        "output": {"name": "y", "activation": "softmax", "labels": ["nodule", "bad"]},
        "heat_map": {"labels": ["bad"], "stride_px": [32, 32], "meaning": TITLE},
        **more,
    }


def manifest(*stages: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "contract": 1,
        "fills": ["lung_nodule.detector"],
        "plugin": {"id": "org.test.thing", "version": "1.0.0", "vendor": "Test", "title": TITLE},
        "intended_use": {"statement": TITLE},
        "licences": {"code": "Apache-2.0", "weights": "Apache-2.0"},
        "wants": {"modality": ["CT"]},
        "models": {"m": {"file": "models/m.onnx", "sha256": "0" * 64}},
        "stages": list(stages or (lungs(), nodules(), judge(), vectors(), heat())),
        "labels": [
            {"name": name, "value": value, "title": TITLE, "category": SCT, "type": SCT, "colour": "#D68E6C"}
            for value, name in enumerate(("lung", "nodule", "bad"), 1)
        ],
        "measurements": [],
        "resources": {"device_memory_mib": 0, "memory_mib": 500, "timeout_s": 60},
        **more,
    }


def measured(**more: Any) -> dict[str, Any]:
    return {
        "name": "size",
        "of": "nodule",
        "method": "box_diameter",
        "concept": SCT,
        "unit": MM,
        "title": TITLE,
        **more,
    }


def put(data: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Set one key, by a path such as ``stages.1.output.threshold``; None takes it away."""
    changed = copy.deepcopy(data)
    at: Any = changed
    *way, last = path.split(".")
    for part in way:
        at = at[int(part)] if part.isdigit() else at[part]
    if value is None:
        del at[last]
    else:
        at[int(last) if last.isdigit() else last] = value
    return changed


def test_a_chain_of_every_operation_is_a_plugin():
    read = Manifest.model_validate(manifest(measurements=[measured()]))
    assert [stage.operation for stage in read.stages] == [
        "sliding_window_segmentation", "detection_3d", "classification", "embedding", "heatmap",
    ]  # fmt: skip
    assert Manifest.model_validate(manifest(tissue())).stages[0].finds == ("nodule", "bad")
    assert {stage.operation for stage in read.stages} | {"tile_classification"} == set(OPERATIONS)


@pytest.mark.parametrize(
    ("path", "value", "match"),
    [
        ("stages.1.operation", "guessing", "guessing"),
        ("stages.1.output.threshold", 1.5, "stages.1.*threshold"),
        ("stages.1.output.suppress", {"by": "luck"}, "luck"),
        ("stages.1.output.labels", ["nodule", "nodule"], "stands there twice"),
        ("stages.1.output.labels", ["node"], "no label is named 'node'"),
        ("stages.1.output.decode.channels", [0, 1], "one channel of its own for each label"),
        ("stages.1.output.decode.size_mm", 5.0, "exclude each other"),
        ("stages.1.output.decode.size", None, "points have no overlap"),
        ("stages.1.output.decode", {"kind": "grid", "scores": "p", "size_mm": 3, "stride": [5, 4, 4]}, "mul"),
        ("labels.1.kind", "class", "'nodule' is a class"),
        ("stages.1.input.mask.stage", "heat", "no earlier stage"),
        ("stages.1.input.mask", {"stage": "lungs", "crop": True}, "crop"),
        ("stages.1.input.batch", 65, "batch"),
        ("stages.1.input.around", {"stage": "nodules"}, "exclude each other"),
        ("stages.1.model", "other", "no model is named 'other'"),
        ("stages.2.input.around.stage", "lungs", "no earlier detection"),
        ("stages.2.input.around.labels", ["bad"], "does not find 'bad'"),
        ("stages.2.rescore.label", "nodule", "none of the stage's labels"),
        ("stages.2.input.around", None, "candidates only with input.around"),
        ("stages.2.over", "best_window", "best_of"),
        ("stages.2.output.thresholds", [0.1, 0.2], "one for each label"),
        ("stages.2.output.thresholds", [1.0], "between 0 and 1"),
        ("stages.2.output.choose", "several", "each needs one"),
        ("stages.2.output.activation", "none", None),
        ("stages.2.output.temperature", 0.0, "temperature"),
        ("stages.3.tiles", tiles(), "give one of tiles and input"),
        ("stages.3.input", None, "give one of tiles and input"),
        ("stages.4.output.stride", [3, 4, 4], "multiple"),
        ("stages.4.input.around", {"stage": "nodules"}, "not of candidates"),
        ("stages.4.name", "lungs", "two stages are named"),
        ("measurements", [measured(of="bad")], "not found by a detection"),
        ("measurements", [measured(method="volume")], "has no voxels"),
        ("measurements", [measured(method="predicted")], "belongs to the method 'predicted'"),
        ("measurements", [measured(method="predicted", attribute="wild")], "tells 'wild'"),
        ("measurements", [measured(method="predicted", attribute="calm")], None),
        ("measurements", [measured(attribute="calm")], "belongs to the method 'predicted'"),
    ],
)  # fmt: skip
def test_nonsense_in_a_chain_is_refused_in_words(path, value, match):
    changed = put(manifest(), path, value)
    if match is None:
        assert Manifest.model_validate(changed)
        return
    with pytest.raises(ValidationError, match=match):
        Manifest.model_validate(changed)


@pytest.mark.parametrize(
    ("path", "value", "match"),
    [
        ("stages.0.tiles.std", [1.0, 0.0, 1.0], "positive"),
        ("stages.0.tiles.tile", [4, 4], "tile"),
        ("stages.0.heat_map.labels", ["lung"], "none of the stage's labels"),
        ("stages.0.heat_map.stride_px", [0, 32], "1 or more"),
        ("stages.1.tiles.where.stage", "vectors", "no earlier classification of tiles"),
        ("stages.1.tiles.where.label", "lung", "does not find 'lung'"),
        ("stages.1.tiles.mpp", 0.25, "one size and resolution"),
        ("stages.1", lungs(), "reads one of them"),
    ],
)
def test_nonsense_about_tiles_is_refused_in_words(path, value, match):
    later = {
        "name": "vectors",
        "operation": "embedding",
        "model": "m",
        "tiles": tiles(where={"stage": "tissue", "label": "bad"}),
        "output": {"name": "y", "length": 8},
    }
    whole = manifest(tissue(), later)
    assert Manifest.model_validate(whole)
    with pytest.raises(ValidationError, match=match):
        Manifest.model_validate(put(whole, path, value))


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"numbers": ["offset_a"] * 6}, "once"),
        ({"weights": [1, 1, 0, 1, 1, 1]}, "positive"),
        ({"score_channels": 1, "channels": [1]}, "fewer than the labels need"),
        ({"levels": []}, "levels"),
    ],
)
def test_nonsense_about_anchors_is_refused_in_words(changes, match):
    level = {"scores": "s", "boxes": "b", "stride": [4, 4, 4], "anchors": [[8, 8, 8]]}
    decode = {"kind": "anchors", "levels": [level], "score_channels": 2, **changes}
    with pytest.raises(ValidationError, match=match):
        STAGE.validate_python(nodules(decode=decode, attributes=[]))


def test_a_fault_names_its_place_in_the_file_without_the_operation():
    text = 'contract = 1\n[[stages]]\noperation = "heatmap"\nname = "Heat"\n'
    with pytest.raises(Exception, match=r"(?m)^stages\.0\.name: "):
        parse_manifest(text)


# --- round trips -------------------------------------------------------------------------------------------

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


# --- graphs ------------------------------------------------------------------------------------------------


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
