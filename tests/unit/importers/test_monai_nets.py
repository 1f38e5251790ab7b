"""The nets of MONAI, written as ONNX without PyTorch, return what PyTorch returns.

The golden values were made by MONAI itself, see tests/parity/make_net_golden.py.
"""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from tests.unit.importers.monai_options import OPTIONS, WINDOW
from tests.unit.importers.random_weights import random_weights, random_window, some
from tests.unit.importers.test_nnunet_nets import run

from allward_importers.json_files import Table
from allward_importers.monai_nets import write_net
from allward_importers.refusal import RefusedError
from allward_importers.weights import Weights
from allward_sdk.graphs import faults_of_operators, faults_of_opset

GOLDEN = np.load(Path(__file__).with_name("golden") / "nets.npz")


def written(name, **changes):
    weights = Weights(random_weights(json.loads(str(GOLDEN[f"shapes_{name}"]))), place="model.pt")
    options = {**OPTIONS[name], **changes}
    return write_net(Table(options, "inference.json: network_def"), weights, window=WINDOW, title=name)


@pytest.mark.parametrize("device", ["onnxruntime", "openvino"])
@pytest.mark.parametrize("name", OPTIONS)
def test_logits_are_pytorchs(name, device):
    found, golden = some(run(written(name), random_window(WINDOW), device)), GOLDEN[f"logits_{name}"]
    assert np.abs(found - golden).max() < 1e-4 * np.abs(golden).max()
    assert golden.std() > 0.05


@pytest.mark.parametrize("name", OPTIONS)
def test_graphs_are_valid_and_of_standard_operators(name):
    model = written(name)
    onnx.checker.check_model(model, full_check=True)
    assert faults_of_operators(model) == faults_of_opset(model) == []


REFUSED = {
    "another net": ("unet", {"_target_": "SwinUNETR"}, "SwinUNETR"),
    "two channels": ("unet", {"in_channels": 2}, "in_channels is 2"),
    "two dimensions": ("unet", {"spatial_dims": 2}, "spatial_dims is 2"),
    "another norm": ("unet", {"norm": "layer"}, "layer"),
    "another activation": ("unet", {"act": "swish"}, "swish"),
    "another order": ("unet", {"adn_ordering": "AND"}, "adn_ordering"),
    "pixels shuffled": ("segresnet", {"upsample_mode": "pixelshuffle"}, "pixelshuffle"),
    "strides of 3": ("dynunet", {"strides": [1, 3, 2, 2]}, "strides have to be 1 or 2"),
    "more classes than weights": ("dynunet", {"out_channels": 5}, "output_block"),
    "weights left over": ("segresnet", {"blocks_down": [1, 1, 1]}, "belong to no layer"),
    "weights missing": ("segresnet", {"blocks_up": [2, 1]}, "no weights are named up_layers.0.1"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_not_known_is_refused_by_name(what):
    name, changes, said = REFUSED[what]
    with pytest.raises(RefusedError) as refused:
        written(name, **changes)
    assert said in str(refused.value)
