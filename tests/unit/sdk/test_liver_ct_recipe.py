"""The graphs that plugins/liver_ct writes, with random weights and few channels, against plain numpy."""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import numpy.typing as npt
import onnxruntime
import openvino
import pytest
from tests.unit.sdk import reference_nets

ROOT = Path(__file__).parents[3]
THIN, WIDE = (3, 3, 1), (3, 3, 3)

LIVER_LAYERS = {
    1: (1, 3, THIN),
    2: (3, 4, WIDE),
    3: (4, 4, THIN),
    4: (4, 5, WIDE),
    5: (5, 5, THIN),
    6: (5, 6, WIDE),
    7: (6, 6, WIDE),
    8: (6, 6, WIDE),
    9: (12, 6, WIDE),
    10: (6, 5, THIN),
    11: (10, 5, WIDE),
    12: (5, 4, THIN),
    13: (8, 4, WIDE),
    14: (4, 3, THIN),
    15: (3, 1, (1, 1, 1)),
}
"""Number -> channels in, channels out, kernel: the pattern of the real net, eight times thinner."""

LESION_LAYERS = {
    **{1: (1, 2, THIN), 2: (2, 3, WIDE), 3: (1, 3, (1, 1, 1))},
    **{4: (3, 3, THIN), 5: (3, 4, WIDE), 6: (3, 4, (1, 1, 1))},
    **{7: (4, 4, THIN), 8: (4, 5, WIDE), 9: (4, 5, (1, 1, 1))},
    **{10: (5, 5, THIN), 11: (5, 5, WIDE)},
    **{12: (10, 5, WIDE), 13: (5, 4, THIN), 14: (10, 4, (1, 1, 1))},
    **{15: (8, 4, WIDE), 16: (4, 3, THIN), 17: (8, 3, (1, 1, 1))},
    **{18: (6, 3, WIDE), 19: (3, 2, THIN), 20: (6, 2, (1, 1, 1)), 21: (2, 1, (1, 1, 1))},
}

Shape3 = tuple[int, int, int]
Described = dict[int, tuple[int, int, Shape3]]
FloatArray = npt.NDArray[np.float32]
Run = Callable[[bytes, FloatArray], FloatArray]
LIVER = ("liver", "write_liver_net", LIVER_LAYERS, (54, 54, 54), (28, 28, 28))
LESIONS = ("lesions", "write_lesion_net", LESION_LAYERS, (92, 92, 46), (4, 4, 2))


@pytest.fixture(scope="module")
def recipe() -> ModuleType:
    spec = importlib.util.spec_from_file_location("liver_ct_recipe", ROOT / "plugins/liver_ct/recipe.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def random_layers(described: Described) -> reference_nets.Layers:
    random = np.random.default_rng(7)
    layers = {}
    for number, (entering, leaving, size) in described.items():
        spread = 4 / np.sqrt(entering * np.prod(size))
        kernel = random.normal(0, spread, (leaving, entering, *size)).astype(np.float32)
        layers[number] = (kernel, random.normal(size=leaving).astype(np.float32))
    return layers


def run_on_onnx_runtime(model: bytes, image: FloatArray) -> FloatArray:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(["probability"], {"image": image})[0])


def run_on_openvino(model: bytes, image: FloatArray) -> FloatArray:
    core = openvino.Core()
    compiled = core.compile_model(core.read_model(model), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return np.asarray(compiled({"image": image})["probability"])


@pytest.mark.parametrize("run", [run_on_onnx_runtime, run_on_openvino])
@pytest.mark.parametrize(("name", "write", "layers", "window", "covered"), [LIVER, LESIONS])
def test_a_graph_computes_what_the_description_of_the_net_says(
    recipe: ModuleType, name: str, write: str, layers: Described, window: Shape3, covered: Shape3, run: Run
) -> None:
    weights = random_layers(layers)
    model = getattr(recipe, write)({n: recipe.Convolution(*layer) for n, layer in weights.items()}, window)
    image = np.random.default_rng(3).normal(0.2, 0.2, (1, 1, *window)).astype(np.float32)
    expected = getattr(reference_nets, name)(weights, image[0].astype(np.float64))
    found = run(model.SerializeToString(deterministic=True), image)
    assert found.shape == (1, 1, *covered)
    assert expected.std() > 0.05
    np.testing.assert_allclose(found[0], expected, atol=1e-4)


@pytest.mark.parametrize("run", [run_on_onnx_runtime, run_on_openvino])
def test_normalisation_stays_exact_over_a_million_voxels_that_are_mostly_equal(
    recipe: ModuleType, run: Run
) -> None:
    """An image masked by the liver is like this; InstanceNormalization is off by 0.03 to 0.08 here."""
    window = (126, 108, 108)
    random = np.random.default_rng(5)
    image = np.full((1, 1, *window), 0.3, np.float32)
    image[..., 40:80, 40:80, 40:80] += random.normal(0, 0.1, (40, 40, 40)).astype(np.float32)
    spread = random.normal(1, 0.1, (16, 1, 1, 1, 1)).astype(np.float32)
    joined = (random.normal(0, 1, (1, 16, 1, 1, 1)) / 4).astype(np.float32)
    first, last = (spread, np.ones(16, np.float32)), (joined, np.zeros(1, np.float32))

    graph = recipe.GraphWriter()
    x = recipe.Tensor("image", 1, window)
    y = graph.normalise(graph.convolve(x, recipe.Convolution(*first), same=True))
    model = graph.model(x, graph.convolve(y, recipe.Convolution(*last), same=True), title="normalised")
    features = reference_nets.convolve(image[0].astype(np.float64), first, same=True)
    logits = reference_nets.convolve(reference_nets.normalise(features), last, same=True)
    found = run(model.SerializeToString(deterministic=True), image)
    np.testing.assert_allclose(found[0], reference_nets.sigmoid(logits), atol=1e-4)


def test_the_same_weights_give_the_same_bytes(recipe: ModuleType) -> None:
    weights = {n: recipe.Convolution(*layer) for n, layer in random_layers(LESION_LAYERS).items()}
    first, second = (
        recipe.write_lesion_net(weights, (92, 92, 46)).SerializeToString(deterministic=True) for _ in range(2)
    )
    assert first == second
