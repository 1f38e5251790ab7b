"""A task of TotalSegmentator becomes one plug-in: its parts are stages, its structures have codes."""

import pytest
from tests.unit.importers import nnunet_folder as made

from allward_importers.refusal import RefusedError
from allward_importers.totalsegmentator import TASKS, import_task
from allward_sdk.check import check
from allward_sdk.cli import main
from allward_sdk.manifest import read_manifest

MODEL = "nnUNetTrainerNoMirroring__nnUNetPlans__3d_fullres"
PARTS = {
    291: ("spleen", "liver"),
    292: ("vertebrae_L5", "vertebrae_C1"),
    293: ("heart", "aorta"),
    294: ("brain", "liver"),
    295: ("sternum", "rib_left_1"),
}


@pytest.fixture
def weights(tmp_path):
    for number, names in PARTS.items():
        labels = {"background": 0, **{name: n for n, name in enumerate(names, 1)}}
        folder = tmp_path / "weights" / f"Dataset{number}_TotalSegmentator_part" / MODEL
        made.write(folder, dataset={"labels": labels}, mirror=(0, 1, 2))
    return tmp_path / "weights"


def test_parts_become_stages_whose_labels_have_the_values_of_total(weights, tmp_path):
    plugin = tmp_path / "plugin"
    assert (
        main(
            ["plugin", "import-totalsegmentator", "total", "--weights", str(weights), "--output", str(plugin)]
        )
        == 0
    )
    manifest = read_manifest(plugin / "plugin.toml")
    assert [stage.name for stage in manifest.stages] == [f"part{n}" for n in range(1, 6)]
    assert {label.name: label.value for label in manifest.labels} == {
        **{"spleen": 1, "liver": 5, "vertebrae_l5": 27, "vertebrae_c1": 50, "heart": 51},
        **{"aorta": 52, "brain": 90, "rib_left_1": 92, "sternum": 116},
    }
    assert manifest.stages[3].output.labels == ("brain", "liver")
    assert len(manifest.models) == 5


def test_models_run_as_totalsegmentator_runs_them(weights):
    task = import_task("total", weights)
    for stage in task.imported.tables["stages"]:
        assert stage["input"]["orientation"] == "SAR"
        assert stage["input"]["mirror"] == []
    assert all(original.task["mirror"] is False for original in task.originals.values())


def test_the_licence_of_a_task_is_carried_over(tmp_path):
    labels = {"background": 0, "subcutaneous_fat": 1, "torso_fat": 2}
    for number, name in ((481, "tissue_types"), (299, "body")):
        made.write(tmp_path / f"Dataset{number}_x" / MODEL, dataset={"labels": labels})
        imported = import_task(name, tmp_path).imported
        restricted = "non-commercial" in imported.licence
        assert restricted is (name == "tissue_types")
        assert ("non-commercial" in imported.tool) is restricted


def test_the_check_asks_for_codes_that_are_not_known_alone(weights, tmp_path):
    plugin = tmp_path / "plugin"
    main(["plugin", "import-totalsegmentator", "total", "--weights", str(weights), "--output", str(plugin)])
    details = {result.rule: result.detail for result in check(plugin) if result.verdict == "failed"}
    assert "labels.rib_left_1.type" in details["everything found has a code"]
    assert "labels.spleen" not in str(details)
    assert "licences are SPDX expressions" not in details


@pytest.mark.parametrize("task", [name for name, task in TASKS.items() if task.refused])
def test_tasks_that_cannot_be_expressed_are_refused_with_their_reason(tmp_path, task):
    with pytest.raises(RefusedError, match=f"{task}: this task cannot be expressed: "):
        import_task(task, tmp_path)


def test_a_missing_part_is_named(weights):
    (weights / "Dataset293_TotalSegmentator_part").rename(weights / "away")
    with pytest.raises(RefusedError, match=r"Dataset293_… is missing"):
        import_task("total", weights)


def test_a_task_that_nobody_knows_is_refused_with_those_that_are(tmp_path):
    with pytest.raises(RefusedError, match=r"these are: total, total_fast"):
        import_task("everything", tmp_path)
