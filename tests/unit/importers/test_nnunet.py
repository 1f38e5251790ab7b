"""A folder of nnU-Net becomes a plug-in's folder; what the contract cannot express is refused by name."""

import sys

import pytest
from tests.unit.importers import nnunet_folder as made

from allward_importers.nnunet import Choice, import_nnunet
from allward_importers.refusal import RefusedError
from allward_sdk.check import check
from allward_sdk.cli import main
from allward_sdk.manifest import read_manifest
from allward_sdk.package import pack
from allward_sdk.stages import SegmentationStage

SETTINGS = "configurations/3d_fullres"
NET = f"{SETTINGS}/architecture/arch_kwargs"


def imported(tmp_path, **changes):
    return import_nnunet(made.write(tmp_path / "model", **changes), Choice())


def stage_of(found):
    return SegmentationStage.model_validate(found.tables["stages"][0])


def test_the_manifest_says_what_the_predictor_does(tmp_path):
    stage = stage_of(imported(tmp_path, folds=("0", "3"), mirror=(0, 2)))
    assert stage.members == ("fold_0", "fold_3")
    assert [operator.do for operator in stage.input.prepare] == [
        "crop_to_nonzero",
        "clip",
        "normalise",
        "resample",
    ]
    assert stage.input.orientation == "SAR"
    assert stage.input.window == (8, 16, 8)
    assert stage.input.mirror == (0, 2)
    assert (stage.input.layout, stage.output.blend, stage.output.overlap) == (
        "nnunet",
        "nnunet_gaussian",
        0.5,
    )
    assert stage.input.prepare[3].spacing_mm == (2.0, 1.5, 1.5)
    assert stage.input.prepare[3].through_plane_order == 0
    assert stage.output.labels == ("spleen", "blob")


def test_what_nnunet_turns_is_turned_back(tmp_path):
    changes = {
        "transpose_forward": [2, 0, 1],
        f"{SETTINGS}/patch_size": [8, 16, 24],
        f"{SETTINGS}/spacing": [1.0, 2.0, 3.0],
    }
    with pytest.raises(RefusedError, match="has shape"):  # the kernels of this folder were not turned
        imported(tmp_path, plans={**changes, f"{NET}/kernel_sizes": [[3, 3, 1], [3, 3, 3], [3, 3, 3]]})
    stage = stage_of(import_nnunet(made.write(tmp_path / "turned", plans=changes, mirror=(0,)), Choice()))
    assert stage.input.window == (16, 24, 8)
    assert stage.input.prepare[-1].spacing_mm == (2.0, 3.0, 1.0)
    assert stage.input.mirror == (2,)


def test_z_scores_are_of_the_whole_or_of_what_is_not_zero(tmp_path):
    for masked, where in ((True, "nonzero"), (False, "all")):
        changes = {
            f"{SETTINGS}/normalization_schemes": ["ZScoreNormalization"],
            f"{SETTINGS}/use_mask_for_norm": [masked],
        }
        found = imported(tmp_path / where, plans=changes, dataset={"channel_names": {"0": "T2"}})
        normalise = stage_of(found).input.prepare[1]
        assert (normalise.scope, normalise.where) == ("volume", where)
        assert found.tables["wants"]["modality"] == ["MR"]


def test_a_configuration_may_inherit(tmp_path):
    changes = {"configurations/mine": {"inherits_from": "3d_fullres", "spacing": [3.0, 3.0, 3.0]}}
    found = imported(tmp_path, plans=changes, configuration="mine")
    assert stage_of(found).input.prepare[-1].spacing_mm == (3.0, 3.0, 3.0)


REFUSED = {
    "two channels": ({}, {"channel_names": {"0": "T1", "1": "T2"}}, "reads 2 images at once"),
    "regions": ({}, {"labels": {"background": 0, "whole": [1, 2], "core": 2}}, "labels.whole is a region"),
    "gaps between labels": ({}, {"labels": {"background": 0, "a": 1, "b": 3}}, "not 0, 1, 2"),
    "2D": ({f"{SETTINGS}/spacing": [1.0, 1.0]}, {}, "a 2D net"),
    "a cascade": ({f"{SETTINGS}/previous_stage": "3d_lowres"}, {}, "a cascade"),
    "normalisation": ({f"{SETTINGS}/normalization_schemes": ["RescaleTo01Normalization"]}, {}, "RescaleTo01"),
    "resampling": (
        {f"{SETTINGS}/resampling_fn_data": "resample_torch_fornnunet"},
        {},
        "resample_torch_fornnunet",
    ),
    "planes by force": (
        {f"{SETTINGS}/resampling_fn_data_kwargs/force_separate_z": True},
        {},
        "force_separate_z",
    ),
    "another net": ({f"{SETTINGS}/architecture/network_class_name": "x.UMambaBot"}, {}, "UMambaBot"),
    "another layer": ({f"{NET}/norm_op": "torch.nn.GroupNorm"}, {}, "GroupNorm"),
    "another activation": ({f"{NET}/nonlin": "torch.nn.GELU"}, {}, "GELU"),
    "bottlenecks": ({f"{NET}/block": "BottleneckD"}, {}, "BottleneckD"),
    "an odd window": ({f"{SETTINGS}/patch_size": [8, 15, 8]}, {}, "no multiple"),
    "an even kernel": ({f"{NET}/kernel_sizes": 2}, {}, "odd"),
    "no such configuration": ({"configurations": {}}, {}, "3d_fullres is missing"),
    "no order": ({"transpose_forward": [0, 0, 1]}, {}, "no order of three axes"),
    "nothing known of right and left": ({"image_reader_writer": "SimpleITKIO"}, {}, "--orientation"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_expressed_is_refused_by_name(tmp_path, what):
    plans, dataset, said = REFUSED[what]
    with pytest.raises(RefusedError) as refused:
        imported(tmp_path, plans=plans, dataset=dataset)
    assert said in str(refused.value)
    assert str(tmp_path / "model") in str(refused.value)


def test_a_folder_without_folds_is_refused(tmp_path):
    with pytest.raises(RefusedError, match="no fold_"):
        imported(tmp_path, folds=())


def test_the_command_says_how_much_is_still_to_be_answered_and_the_check_what(tmp_path, capsys):
    folder, plugin = made.write(tmp_path / "model"), tmp_path / "plugin"
    assert main(["plugin", "import-nnunet", str(folder), "--output", str(plugin)]) == 0
    said = capsys.readouterr().out
    assert "no parity report" in said
    failed = {result.rule: result.faults for result in check(plugin) if result.verdict == "failed"}
    assert set(failed) == {"what only a person knows is said", "everything found has a code"}
    assert f"{sum(map(len, failed.values()))} questions are open; `allward plugin check {plugin}`" in said
    assert "labels.blob.type: Which concept is it" in failed["everything found has a code"]
    asked = [fault.partition(":")[0] for fault in failed["what only a person knows is said"]]
    assert {"plugin.vendor", "plugin.title.zh", "intended_use.statement.en", "licences.weights"} <= set(asked)
    assert {"labels.blob.title.zh", "LICENSE", "MODEL_CARD.md"} <= set(asked)
    assert pack(plugin, tmp_path / "packed").manifest.plugin.vendor.startswith("?")


def test_what_is_known_of_a_structure_is_written(tmp_path):
    folder, plugin = made.write(tmp_path / "model"), tmp_path / "plugin"
    assert main(["plugin", "import-nnunet", str(folder), "--output", str(plugin), "--licence", "MIT"]) == 0
    spleen = read_manifest(plugin / "plugin.toml").labels[0]
    assert (spleen.type.value, spleen.title.zh) == ("78961009", "脾")


@pytest.mark.parametrize(
    ("python", "said"), [("nowhere/python", "cannot be run"), (sys.executable, "No module named 'nnunetv2'")]
)
def test_an_original_that_cannot_be_run_leaves_nothing_behind(tmp_path, capsys, python, said):
    folder, plugin = made.write(tmp_path / "model"), tmp_path / "plugin"
    command = ["plugin", "import-nnunet", str(folder), "--output", str(plugin), "--python", python]
    assert main(command) == 1
    assert said in capsys.readouterr().err
    assert not plugin.exists()


def test_a_folder_that_holds_something_is_not_written_into(tmp_path, capsys):
    folder = made.write(tmp_path / "model")
    assert main(["plugin", "import-nnunet", str(folder), "--output", str(folder)]) == 1
    assert "something is there already" in capsys.readouterr().err
