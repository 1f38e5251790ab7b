"""Bundles whose weights PyTorch has written are imported, and compute what MONAI computes."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.parity.environment import PYTHON, needs_environment

from allward_importers.parity import LEAST_AGREEMENT
from allward_sdk.cli import main
from allward_sdk.package import pack

pytestmark = [needs_environment, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def bundles(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("monai") / "bundles"
    subprocess.run([PYTHON, "-m", "tests.parity.monai_bundles", folder], check=True)
    return folder


@pytest.mark.parametrize("name", ["unet", "dynunet", "segresnet", "sigmoid"])
def test_labels_are_monais(bundles, tmp_path, name):
    bundle, plugin = bundles / name, tmp_path / "plugin"
    if name == "unet":
        bundle = Path(shutil.make_archive(str(tmp_path / "zipped"), "zip", bundles, name))
    command = ["plugin", "import-monai-bundle", str(bundle), "--output", str(plugin)]
    said = main([*command, "--python", str(PYTHON)])
    report = json.loads((plugin / "acceptance" / "parity.json").read_text())
    assert said == 0, report
    assert report["label_agreement"] >= LEAST_AGREEMENT
    assert report["greatest_logit_difference"] < 1e-4 * report["greatest_logit"]
    assert any(dice is not None for dice in report["dice"].values()), report["dice"]
    assert report["original"]["versions"]["monai"]
    assert "acceptance/parity.json" in pack(plugin, tmp_path / "packed").names
