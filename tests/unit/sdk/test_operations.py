"""Stages of every operation: what a manifest may say, and what is refused and in which words."""

import pytest
from pydantic import ValidationError
from tests.unit.sdk.stage_tables import STAGE, lungs, manifest, measured, nodules, put, tiles, tissue

from allward_sdk.manifest import Manifest, parse_manifest
from allward_sdk.stages import OPERATIONS


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
        ("stages.1.output.windows", "mean", "nothing to average"),
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


def test_outputs_are_averaged_only_where_their_cells_can_be_those_of_one_lattice():
    def averaged(*strides):
        levels = [
            {"scores": f"s{n}", "boxes": f"b{n}", "stride": [n] * 3, "anchors": [[8, 8, 8]]} for n in strides
        ]
        decode = {"kind": "anchors", "levels": levels, "score_channels": 1}
        stage = nodules(decode=decode, attributes=[], windows="mean")
        return STAGE.validate_python(put(stage, "input.window", [24, 24, 24]))

    assert averaged(4, 8)
    with pytest.raises(ValidationError, match="multiple of all"):
        averaged(8, 12)
    grid = nodules(
        decode={"kind": "grid", "scores": "p", "size": "d", "stride": [4, 4, 4]}, windows="gaussian"
    )
    with pytest.raises(ValidationError, match="read from windows apart"):
        STAGE.validate_python(grid)
