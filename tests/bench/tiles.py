"""Tiles of 224 x 224 pixels through the engine from 32 clients at once, beside a bare loop and a real Triton.

The net has the convolutions of ResNet-18, 3.6 GFLOP a tile, and random weights. All arms run ONNX Runtime on
the same threads and are taken in turn; the bare loop and Triton are given tensors, the engine pixels.
"""

import hashlib
import os
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from allward_engine.client import EngineClient
from allward_engine.sessions import ModelSpec
from allward_engine.tile_requests import TileRequest
from tests.bench.lanes_load import DEVICE, Bare, BareModel
from tests.bench.table import Row, row
from tests.bench.triton_load import Fleet, Model, fleet
from tests.flow.engine.running import RunningEngine
from tests.unit.engine.nets import manifest

ROUNDS = 5
SECONDS = 8.0
CLIENTS = 32
BATCH = 32
SIDE = 224
LABELS = [f"kind_{number}" for number in range(8)]


def measure() -> list[Row]:
    """Run the arms in turn, round after round."""
    threads = len(os.sched_getaffinity(0))
    found: dict[str, list[float]] = {"bare": [], "stacks": [], "single": [], "triton": []}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        graph, spec = _net()
        (folder / f"{spec.sha256}.onnx").write_bytes(graph)
        engine = stack.enter_context(RunningEngine(folder, "--threads", str(threads), "--device", DEVICE))
        triton = stack.enter_context(fleet(threads=threads, exclusive=False, tile=(graph, spec)))
        bare = Bare(folder, threads, BareModel(spec.sha256, spec.input_shape, BATCH))
        stack.callback(bare.end)
        asks = {
            "stacks": lambda: _ask(engine.client, spec.sha256, BATCH),
            "single": lambda: _ask(engine.client, spec.sha256, 1),
            "triton": lambda: _ask_triton(triton),
        }
        asks["stacks"]()()  # loads the model
        for _ in range(ROUNDS):
            found["bare"].append(BATCH / bare.seconds(0))
            for name, ask in asks.items():
                found[name].append(_tiles_per_s(ask, BATCH if name == "stacks" else 1))
    return [
        row("bare loop, batches of 32", found["bare"], unit="tiles/s", goal="-"),
        row(f"{CLIENTS} clients, stacks of {BATCH}", found["stacks"], unit="tiles/s", goal="-"),
        row(f"{CLIENTS} clients, a tile each", found["single"], unit="tiles/s", goal="-"),
        row(f"Triton, {CLIENTS} clients, a tile each", found["triton"], unit="tiles/s", goal="-"),
        _over("stacks / bare loop", found["stacks"], found["bare"], ">= 0.95"),
        _over("a tile each / bare loop", found["single"], found["bare"], "-"),
        _over("a tile each / Triton", found["single"], found["triton"], ">= 1"),
    ]


def _over(what: str, arm: list[float], other: list[float], goal: str) -> Row:
    ratios = [a / b for a, b in zip(arm, other, strict=True)]
    return row(f"{what}, of the same round", ratios, unit="", goal=goal)


def _tiles_per_s(client: Callable[[], Callable[[], None]], tiles: int) -> float:
    """Return what clients get done that each wait for their answer before they ask again."""
    done = [0] * CLIENTS
    start_s = time.perf_counter()

    def work(number: int) -> None:
        ask = client()
        while time.perf_counter() - start_s < SECONDS:
            ask()
            done[number] += tiles

    threads = [threading.Thread(target=work, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (time.perf_counter() - start_s)


def _ask(client: EngineClient, digest: str, count: int) -> Callable[[], None]:
    stage = {
        "name": "kinds",
        "operation": "tile_classification",
        "tiles": {
            "name": "x", "layout": "channels_first", "tile": [SIDE, SIDE], "mpp": 0.5, "batch": BATCH,
            "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225],
        },
        "output": {"name": "y", "labels": LABELS, "activation": "softmax"},
    }  # fmt: skip
    spec = manifest([stage], {"kinds": digest}, LABELS, wants={"modality": ["SM"]})
    corners = tuple((0, SIDE * number) for number in range(count))
    request = TileRequest(job_id="tiles", tenant="t", manifest=spec, mpp=0.5, corners_px=corners)
    pixels = np.random.default_rng(1).integers(0, 256, (count, SIDE, SIDE, 3), np.uint8)

    def ask() -> None:
        client.segment(request, pixels)

    return ask


def _ask_triton(running: Fleet) -> Callable[[], None]:
    session = running.session(running.tile)
    tile = np.zeros((1, *running.tile.input_shape), np.float32)

    def ask() -> None:
        session.run(tile)

    return ask


def _net() -> Model:
    """Return a chain of ResNet-18's convolutions, the mean over the tile, and one layer more."""
    draw = np.random.default_rng(1)
    layers = [(64, 7, 4)] + [(64, 3, 1)] * 4
    for wide in (128, 256, 512):
        layers += [(wide, 3, 2)] + [(wide, 3, 1)] * 3
    nodes, weights, before, channels = [], [], "x", 3
    for number, (wide, kernel, stride) in enumerate(layers):
        values = draw.normal(scale=(2 / (channels * kernel**2)) ** 0.5, size=(wide, channels, kernel, kernel))
        weights.append(numpy_helper.from_array(values.astype(np.float32), f"w{number}"))
        nodes += [
            helper.make_node(
                "Conv", [before, f"w{number}"], [f"c{number}"],
                pads=[kernel // 2] * 4, strides=[stride] * 2,
            ),
            helper.make_node("Relu", [f"c{number}"], [f"r{number}"]),
        ]  # fmt: skip
        before, channels = f"r{number}", wide
    last = draw.normal(scale=channels**-0.5, size=(channels, len(LABELS))).astype(np.float32)
    weights.append(numpy_helper.from_array(last, "last"))
    nodes += [
        helper.make_node("GlobalAveragePool", [before], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node("MatMul", ["flat", "last"], ["y"]),
    ]
    item = (3, SIDE, SIDE)
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", *item])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", len(LABELS)])],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    data = model.SerializeToString()
    return data, ModelSpec(hashlib.sha256(data).hexdigest(), "x", ("y",), item)
