"""A MONAI bundle becomes a plug-in: transforms are mapped or refused by name, and no Python of it is run."""

import json
import shutil

import numpy as np
import pytest
from tests.unit.importers import monai_bundle_folder as made
from tests.unit.importers.checkpoints import save
from tests.unit.importers.random_weights import random_weights
from tests.unit.importers.test_monai_nets import GOLDEN

from allward_importers.bundle_files import opened
from allward_importers.monai_bundle import import_bundle
from allward_importers.refusal import RefusedError
from allward_sdk.check import check
from allward_sdk.cli import main
from allward_sdk.stages import SegmentationStage

SOFTMAX = {"_target_": "Activationsd", "keys": "pred", "softmax": True}
INVERT = made.INFERENCE["postprocessing"]["transforms"][1]
ARGMAX = {"_target_": "AsDiscreted", "keys": "pred", "argmax": True}
LARGEST = {"_target_": "KeepLargestConnectedComponentd", "keys": "pred"}


def bundle(folder, which="unet", change=lambda metadata, inference: None):
    metadata, inference = made.configs(which)
    change(metadata, inference)
    made.write(folder, metadata, inference)
    shapes = json.loads(str(GOLDEN[f"shapes_{which}"]))
    save(folder / "models" / "model.pt", random_weights(shapes))
    return folder


def stage_of(folder):
    return SegmentationStage.model_validate(import_bundle(folder).imported.tables["stages"][0])


def test_transforms_and_windows_are_mapped(tmp_path):
    stage = stage_of(bundle(tmp_path / "bundle"))
    assert stage.input.orientation == "RAS"
    resample, scale, clip, crop = stage.input.prepare
    assert (resample.spacing_mm, resample.convention, resample.order) == ((1.5, 1.5, 2.0), "spaced", 1)
    assert (scale.factor, scale.offset) == (pytest.approx(1 / 1700), pytest.approx(800 / 1700))
    assert (clip.low, clip.high, crop.do) == (0.0, 1.0, "crop_to_nonzero")
    assert (stage.input.layout, stage.input.window) == ("monai", (16, 16, 32))
    assert (stage.output.blend, stage.output.overlap) == ("monai_gaussian", 0.5)
    assert (stage.output.activation, stage.output.activate) == ("softmax", "blended")
    assert stage.output.labels == ("spleen", "blob")


def test_equal_weights_and_other_axes_are_mapped(tmp_path):
    stage = stage_of(bundle(tmp_path / "bundle", "dynunet"))
    assert (stage.output.blend, stage.output.overlap, stage.input.orientation) == ("none", 0.25, "LPS")


def test_the_largest_component_is_taken_on_the_series(tmp_path):
    stage = stage_of(bundle(tmp_path / "bundle", "segresnet"))
    assert [operator.do for operator in stage.output.clean] == ["largest_component"]
    assert stage.output.finish_on == "series"


def test_yaml_is_read_as_json_is(tmp_path):
    folder = bundle(tmp_path / "bundle")
    path = folder / "configs" / "inference.json"
    path.rename(path.with_suffix(".yaml"))
    assert stage_of(folder).input.window == (16, 16, 32)


def test_a_zip_is_read_as_its_folder_is(tmp_path):
    folder = bundle(tmp_path / "bundle")
    with opened(tmp_path / shutil.make_archive(str(tmp_path / "b"), "zip", tmp_path, "bundle")) as unpacked:
        assert import_bundle(unpacked).imported.models == import_bundle(folder).imported.models


def test_what_is_neither_folder_nor_zip_is_refused(tmp_path):
    (tmp_path / "b.zip").write_bytes(b"noise")
    with pytest.raises(RefusedError, match="neither a folder nor"), opened(tmp_path / "b.zip"):
        pass


def before(*steps):
    def change(metadata, inference):
        inference["preprocessing"]["transforms"][4:] = steps

    return change


def after(*steps):
    def change(metadata, inference):
        inference["postprocessing"]["transforms"] = list(steps)

    return change


def inferer(**options):
    def change(metadata, inference):
        inference["inferer"].update(options)

    return change


def net(**options):
    def change(metadata, inference):
        inference["network_def"] = {**inference["network_def"], **options}

    return change


def image(**options):
    def change(metadata, inference):
        metadata["network_data_format"]["inputs"]["image"].update(options)

    return change


REFUSED = {
    "code for pixels": (before({"_target_": "Lambdad", "keys": "image", "func": "$lambda x: x"}), "Lambdad"),
    "an expression": (
        before({"_target_": "CropForegroundd", "keys": "image", "select_fn": "$lambda x: x > 0"}),
        "$lambda x: x > 0",
    ),
    "an expression in the net": (
        net(norm="$monai.networks.layers.Norm.BATCH"),
        "$monai.networks.layers.Norm",
    ),
    "an expression in windows": (inferer(roi_size="$[96] * 3"), "$[96] * 3"),
    "a transform that is not known": (
        before({"_target_": "HistogramNormalized", "keys": "image"}),
        "Histogram",
    ),
    "minimum and maximum": (before({"_target_": "ScaleIntensityd", "keys": "image"}), "ScaleIntensityd"),
    "padding": (before({"_target_": "SpatialPadd", "keys": "image", "spatial_size": 9}), "SpatialPadd"),
    "what is not zero": (
        before({"_target_": "NormalizeIntensityd", "keys": "image", "nonzero": True}),
        "nonzero",
    ),
    "cropping negative values": (before({"_target_": "CropForegroundd", "keys": "image"}), "CropForeground"),
    "turning late": (
        before({"_target_": "Orientationd", "keys": "image", "axcodes": "LPS"}),
        "after Spacing",
    ),
    "labels brought back": (after(ARGMAX, INVERT), "Invert after AsDiscrete"),
    "cleaning probabilities": (after(LARGEST, INVERT, ARGMAX), "behind AsDiscrete"),
    "cleaning what was interpolated": (after(SOFTMAX, INVERT, ARGMAX, LARGEST), "Leave out Activations"),
    "overlapping labels": (
        after(INVERT, {"_target_": "AsDiscreted", "keys": "pred", "threshold": 0.5}),
        "overlap",
    ),
    "whole images": (inferer(_target_="SimpleInferer"), "SimpleInferer"),
    "another padding": (inferer(padding_mode="replicate"), "replicate"),
    "another Gaussian": (inferer(sigma_scale=0.25), "0.25"),
    "overlaps that differ": (inferer(overlap=[0.5, 0.5, 0.25]), "overlap"),
    "an open window": (inferer(roi_size=[96, 96, -1]), "roi_size"),
    "a reference to nothing": (inferer(roi_size="@nowhere"), "@nowhere leads nowhere"),
    "a circle": (inferer(roi_size="@inferer#roi_size"), "circle"),
    "several images": (image(num_channels=4), "reads 4 images"),
    "another modality": (image(modality="US"), "US"),
    "another net": (net(_target_="SwinUNETR"), "SwinUNETR"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_expressed_is_refused_by_name(tmp_path, what):
    change, said = REFUSED[what]
    with pytest.raises(RefusedError) as refused:
        import_bundle(bundle(tmp_path / "bundle", change=change))
    assert said in str(refused.value)


def test_without_an_orientation_nobody_knows_right_from_left(tmp_path):
    def change(metadata, inference):
        del inference["preprocessing"]["transforms"][2]

    with pytest.raises(RefusedError, match="right and left"):
        import_bundle(bundle(tmp_path / "bundle", change=change))


def test_torchscript_alone_is_refused(tmp_path):
    folder = bundle(tmp_path / "bundle")
    (folder / "models" / "model.pt").rename(folder / "models" / "model.ts")
    with pytest.raises(RefusedError, match="TorchScript"):
        import_bundle(folder)


def test_a_checkpoint_of_something_else_is_refused(tmp_path):
    folder = bundle(tmp_path / "bundle")
    wrong = {"epoch": np.zeros(1, np.float32)}
    save(folder / "models" / "model.pt", wrong)
    with pytest.raises(RefusedError, match="no weights are named model"):
        import_bundle(folder)


def test_the_command_takes_the_licence_over_and_asks_for_the_rest(tmp_path, capsys):
    folder, plugin = bundle(tmp_path / "bundle"), tmp_path / "plugin"
    command = [
        "plugin",
        "import-monai-bundle",
        str(folder),
        "--output",
        str(plugin),
        "--licence",
        "Apache-2.0",
    ]
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "no parity report" in said
    assert "questions are open" in said
    assert (plugin / "LICENSE").read_text().startswith("Apache License")
    failed = {result.rule for result in check(plugin) if result.verdict == "failed"}
    assert failed == {"what only a person knows is said", "everything found has a code"}
