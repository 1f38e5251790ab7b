"""A Triton server under the load of the lanes: bulk jobs all the time, an urgent tile now and then.

The models are the same bytes for whoever is compared: `tile_model` answers in milliseconds, `patch_model`
takes a tenth of a second or so, and a bulk job is `PATCHES` of those.
"""

import hashlib
import json
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from allward_engine.grids import FloatImage
from allward_engine.sessions import ModelSpec
from allward_engine.sessions.graph_checks import check_graph
from allward_engine.sessions.triton import Place, TritonSession, configuration
from allward_engine.sessions.triton_server import TritonServer
from tests.peers.triton import install, triton_server

PATCHES = 16
"""Patches of one bulk job."""

BULK_CLIENTS = 2
TIMEOUT_S = 300.0


Model = tuple[bytes, ModelSpec]
"""A graph, and how it is used."""


def tile_model() -> Model:
    """A classifier of tiles of 224 x 224 x 3, about 0.2 GFLOP."""
    return _convolutions((3, 224, 224), (16, 32, 64, 64), stride=2)


def patch_model() -> Model:
    """A segmentation of patches of 64 x 64 x 64, about 8 GFLOP."""
    return _convolutions((1, 64, 64, 64), (16, 16, 4), stride=1)


def _convolutions(item: tuple[int, ...], widths: Sequence[int], *, stride: int) -> Model:
    axes, channels, before = len(item) - 1, item[0], "x"
    chance = np.random.default_rng(1)
    nodes, weights = [], []
    for number, width in enumerate(widths):
        shape = (width, channels, *[3] * axes)
        values = chance.normal(scale=(channels * 3**axes) ** -0.5, size=shape).astype(np.float32)
        weights.append(numpy_helper.from_array(values, f"w{number}"))
        last = number == len(widths) - 1
        after = "y" if last else f"r{number}"
        nodes.append(
            helper.make_node(
                "Conv",
                [before, f"w{number}"],
                ["y" if last else f"c{number}"],
                kernel_shape=[3] * axes,
                pads=[1] * 2 * axes,
                strides=[stride] * axes,
            )
        )
        if not last:
            nodes.append(helper.make_node("Relu", [f"c{number}"], [after]))
        before, channels = after, width
    out = ["n", widths[-1], *[None] * axes]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", *item])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, out)],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    data = model.SerializeToString()
    return data, ModelSpec(hashlib.sha256(data).hexdigest(), "x", ("y",), item)


@dataclass(frozen=True, slots=True)
class Fleet:
    """A running Triton with both models."""

    url: str
    tile: ModelSpec
    patch: ModelSpec

    def session(self, spec: ModelSpec) -> TritonSession:
        """Return a session on a connection of its own."""
        server = TritonServer(self.url, timeout_s=TIMEOUT_S)
        return TritonSession(server, spec, Place(spec.sha256, "1", 2**31, urgent=spec == self.tile))


@contextmanager
def fleet(
    *, threads: int, exclusive: bool, tile: Model | None = None, patch: Model | None = None
) -> Iterator[Fleet]:
    """Run a Triton; `exclusive` lets one request run at a time, as on a device that nobody shares."""
    why_not = install()
    if why_not:
        raise SystemExit(f"the triton section needs a tritonserver: {why_not}")
    with tempfile.TemporaryDirectory(prefix="allward-bench-") as home:
        models = (tile or tile_model(), patch or patch_model())
        specs = [_put(Path(home), *model, threads, exclusive) for model in models]
        limits = ("--rate-limit", "execution_count", "--rate-limit-resource", "device:1")
        with triton_server(Path(home), *(limits if exclusive else ())) as url:
            running = Fleet(url, *specs)
            for spec in specs:
                running.session(spec).run(np.zeros((1, *spec.input_shape), np.float32))
            yield running


def _put(home: Path, graph: bytes, spec: ModelSpec, threads: int, exclusive: bool) -> ModelSpec:
    folder = home / "repository" / spec.sha256
    (folder / "1").mkdir(parents=True)
    (folder / "1" / "model.onnx").write_bytes(graph)
    said = configuration(spec.sha256, spec, check_graph(graph, spec))
    lines = [f'backend: "{said["backend"]}"', "max_batch_size: 0"]
    for kind in ("input", "output"):
        lines += [
            f"{kind} {{ name: {json.dumps(value['name'])} data_type: TYPE_FP32 dims: {value['dims']} }}"
            for value in said[kind]
        ]
    lines.append(f'parameters {{ key: "threads" value {{ string_value: "{threads}" }} }}')
    limit = 'rate_limiter { resources { name: "device" count: 1 } }' if exclusive else ""
    lines.append(f"instance_group {{ kind: KIND_CPU count: 1 {limit} }}")
    (folder / "config.pbtxt").write_text("\n".join(lines), encoding="utf-8")
    return spec


def urgent_latencies_s(ask: Callable[[], object], *, n: int, pause_s: tuple[float, float]) -> list[float]:
    """Ask for one tile `n` times, with pauses drawn evenly between two, and return how long each took."""
    chance = np.random.default_rng(1)
    found = []
    for _ in range(n):
        time.sleep(chance.uniform(*pause_s))
        start_s = time.perf_counter()
        ask()
        found.append(time.perf_counter() - start_s)
    return found


class Bulk:
    """Clients that send patches or whole jobs without a pause, until the block ends.

    Attributes
    ----------
    patches_per_s
        What was done, once the block has ended.
    """

    def __init__(self, running: Fleet, *, items: int) -> None:
        """Send requests of so many patches."""
        self._running = running
        self._items = items
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._done = 0
        self._threads = [threading.Thread(target=self._send) for _ in range(BULK_CLIENTS)]
        self.patches_per_s = 0.0

    def __enter__(self) -> "Bulk":
        self._start_s = time.perf_counter()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *about: object) -> None:
        self._stop.set()
        took_s = time.perf_counter() - self._start_s
        with self._lock:
            self.patches_per_s = self._done / took_s
        for thread in self._threads:
            thread.join()

    def _send(self) -> None:
        session = self._running.session(self._running.patch)
        items: FloatImage = np.zeros((self._items, *self._running.patch.input_shape), np.float32)
        while not self._stop.is_set():
            session.run(items)
            with self._lock:
                self._done += self._items
