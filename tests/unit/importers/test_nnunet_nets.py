"""The nets of nnU-Net, written as ONNX without PyTorch, return what PyTorch returns.

The golden values were made by PyTorch itself, see tests/parity/make_net_golden.py.
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from tests.unit.importers.random_weights import random_weights, random_window, some

from allward_engine.device import choose_runtime
from allward_engine.sessions import ModelSpec
from allward_importers.graph_writer import Activation
from allward_importers.nnunet_nets import Architecture, write_net
from allward_importers.refusal import RefusedError
from allward_importers.weights import Weights
from allward_sdk.graphs import faults_of_operators, faults_of_opset

GOLDEN = np.load(Path(__file__).with_name("golden") / "nets.npz")
WINDOW, CLASSES = (8, 16, 8), 3
PLAIN = Architecture(
    kind="PlainConvUNet",
    features=(4, 6, 8),
    kernels=((1, 3, 3), (3, 3, 3), (3, 3, 3)),
    strides=((1, 1, 1), (1, 2, 2), (2, 2, 2)),
    blocks=(2, 1, 2),
    decoder_blocks=(1, 2),
    activation=Activation("leaky_relu"),
)
PLANS = {
    "plain": PLAIN,
    "plain_batch": replace(PLAIN, norm="batch", activation=Activation("relu")),
    "residual": replace(PLAIN, kind="ResidualEncoderUNet", blocks=(1, 2, 2)),
}


def arrays_of(name):
    return random_weights(json.loads(str(GOLDEN[f"shapes_{name}"])))


def written(name, *, order=(0, 1, 2), window=WINDOW, plan=None, arrays=None):
    weights = Weights(arrays_of(name) if arrays is None else arrays, place="a.pth", order=order)
    return write_net(plan or PLANS[name], weights, window=window, classes=CLASSES, title=name)


def run(model, window, device="onnxruntime"):
    spec = ModelSpec("", input_name="image", outputs=("logits",), input_shape=window.shape[1:])
    session = choose_runtime(device, threads=1).load(model.SerializeToString(), spec)
    return session.run(window).tensors[0]


@pytest.mark.parametrize("device", ["onnxruntime", "openvino"])
@pytest.mark.parametrize("name", PLANS)
def test_logits_are_pytorchs(name, device):
    found = some(run(written(name), random_window(WINDOW), device))
    assert np.abs(found - GOLDEN[f"logits_{name}"]).max() < 2e-5
    assert GOLDEN[f"logits_{name}"].std() > 0.05


@pytest.mark.parametrize("name", PLANS)
def test_graphs_are_valid_and_of_standard_operators(name):
    model = written(name)
    onnx.checker.check_model(model, full_check=True)
    assert faults_of_operators(model) == faults_of_opset(model) == []


def test_the_same_weights_give_the_same_bytes():
    once, again = (written("plain").SerializeToString(deterministic=True) for _ in range(2))
    assert once == again


@pytest.mark.parametrize("order", [(2, 0, 1), (1, 2, 0), (2, 1, 0)])
def test_a_net_on_turned_images_is_the_same_net_with_turned_kernels(order):
    def turned(triple):
        return tuple(triple[axis] for axis in order)

    plan = replace(
        PLAIN, kernels=tuple(map(turned, PLAIN.kernels)), strides=tuple(map(turned, PLAIN.strides))
    )
    axes = (0, 1, *(2 + axis for axis in order))
    model = written("plain", order=order, window=turned(WINDOW), plan=plan)
    found = run(model, np.ascontiguousarray(random_window(WINDOW).transpose(axes)))
    found = found.transpose(np.argsort(axes))
    assert np.abs(some(found) - GOLDEN["logits_plain"]).max() < 2e-5


def test_wrappers_of_several_devices_and_of_the_compiler_are_taken_off():
    arrays = {f"module._orig_mod.{name}": values for name, values in arrays_of("plain").items()}
    assert written("plain", arrays=arrays) == written("plain")


def test_missing_weights_are_refused_by_name():
    arrays = arrays_of("plain")
    del arrays["decoder.transpconvs.1.weight"]
    with pytest.raises(RefusedError, match=r"a\.pth: no weights are named decoder\.transpconvs\.1\.weight"):
        written("plain", arrays=arrays)


def test_weights_of_another_shape_are_refused_by_name():
    with pytest.raises(RefusedError, match=r"stages\.2\.0\.convs\.0\.conv\.weight has shape"):
        written("plain", plan=replace(PLAIN, features=(4, 6, 9)))


def test_weights_that_no_layer_uses_are_refused():
    arrays = {**arrays_of("plain"), "attention.gate.weight": np.ones(3, np.float32)}
    with pytest.raises(RefusedError, match=r"attention\.gate\.weight"):
        written("plain", arrays=arrays)


def test_weights_that_are_not_numbers_are_refused():
    arrays = arrays_of("plain")
    arrays["decoder.seg_layers.1.bias"][0] = np.nan
    with pytest.raises(RefusedError, match=r"seg_layers\.1\.bias holds values that are not numbers"):
        written("plain", arrays=arrays)
