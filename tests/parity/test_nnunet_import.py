"""Model folders that nnU-Net itself has written are imported, and compute what its predictor computes."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from tests.parity.environment import PYTHON, needs_environment

from allward_importers.checkpoint import read_checkpoint
from allward_importers.parity import LEAST_AGREEMENT
from allward_sdk.cli import main
from allward_sdk.package import pack

pytestmark = [needs_environment, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("nnunet") / "models"
    subprocess.run([PYTHON, "-m", "tests.parity.nnunet_folders", folder], check=True)
    return folder


@pytest.mark.parametrize("name", ["plain", "turned", "residual", "older"])
def test_labels_are_nnunets(folders, tmp_path, name):
    plugin = tmp_path / "plugin"
    orientation = "SAR" if name == "turned" else "SPL"
    command = ["plugin", "import-nnunet", str(folders / name), "--output", str(plugin)]
    said = main([*command, "--orientation", orientation, "--python", str(PYTHON)])
    report = json.loads((plugin / "acceptance" / "parity.json").read_text())
    assert said == 0
    assert report["label_agreement"] >= LEAST_AGREEMENT
    assert report["greatest_logit_difference"] < 1e-4 * report["greatest_logit"]
    assert sum(dice is not None for dice in report["dice"].values()) >= 3, report["dice"]
    assert report["original"]["versions"]["nnunetv2"]
    (plugin / "LICENSE").write_text("CC-BY-4.0\n")
    assert "acceptance/parity.json" in pack(plugin, tmp_path / "packed").names


def test_a_task_of_several_parts_is_merged_as_totalsegmentator_merges_them(folders, tmp_path):
    plugin = tmp_path / "plugin"
    command = ["plugin", "import-totalsegmentator", "total_mr", "--weights", str(folders)]
    said = main([*command, "--output", str(plugin), "--python", str(PYTHON)])
    report = json.loads((plugin / "acceptance" / "parity.json").read_text())
    assert said == 0
    assert report["label_agreement"] >= LEAST_AGREEMENT
    assert len(report["dice"]) == 7
    assert sum(dice is not None for dice in report["dice"].values()) >= 4, report["dice"]


def test_a_checkpoint_is_read_as_pytorch_reads_it(folders, tmp_path):
    path = folders / "plain" / "fold_0" / "checkpoint_final.pth"
    subprocess.run([PYTHON, "-m", "tests.parity.weights", path, tmp_path / "theirs.npz"], check=True)
    theirs, ours = np.load(tmp_path / "theirs.npz"), read_checkpoint(path).value["network_weights"]
    assert set(theirs.files) == set(ours)
    assert all((theirs[name] == ours[name]).all() for name in theirs.files)
