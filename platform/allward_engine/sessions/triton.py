"""Models on an existing Triton fleet: known there by their digest, and handed over where they are missing."""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from allward_engine.grids import FloatImage
from allward_engine.sessions import ModelSpec, Output, Runtime, RuntimeOptions, Session
from allward_engine.sessions.graph_checks import GraphFacts, Shape, check_graph
from allward_engine.sessions.kserve import read_response, request_header
from allward_engine.sessions.triton_server import TritonServer
from allward_sdk.errors import PluginFaultError, TemporaryError

log = logging.getLogger(__name__)

NAME = "Triton"

_ANY = 2**31
"""Items of a batch where the server states no limit."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a model is found in the fleet; one version of it, so that all of a job runs on the same."""

    model: str
    version: str
    most_items: int
    """Items that may go in one request."""
    urgent: bool
    """Whether it goes before other requests, where the fleet has such an order."""


class TritonSession:
    """One model of the fleet."""

    def __init__(self, server: TritonServer, spec: ModelSpec, place: Place) -> None:
        self._server = server
        self._spec = spec
        self._place = place
        self.device = f"{NAME} at {server.url}"

    def run(self, tensor: FloatImage) -> Output:
        """Run the model once; see `Session.run`."""
        parts = [
            self._run(tensor[start : start + self._place.most_items])
            for start in range(0, len(tensor), self._place.most_items)
        ]
        if len(parts) == 1:
            return Output(parts[0], device=self.device)
        whole = tuple(np.concatenate(pieces) for pieces in zip(*parts, strict=True))
        return Output(whole, device=self.device)

    def release(self) -> None:
        """Hang up; what the fleet keeps in memory is its own affair."""
        self._server.close()

    def _run(self, tensor: FloatImage) -> tuple[FloatImage, ...]:
        tensor = np.ascontiguousarray(tensor, np.float32)
        header = request_header(self._spec.input_name, tensor, self._spec.outputs, urgent=self._place.urgent)
        said, tensors = self._server.infer(
            self._place.model, self._place.version, header, tensor.data.cast("B")
        )
        try:
            found = read_response(said, tensors, self._spec.outputs)
        except (ValueError, KeyError, TypeError) as error:
            raise PluginFaultError(
                f"The Triton at {self._server.url} answered something else: {error}"
            ) from error
        if any(len(output) != len(tensor) for output in found):
            raise PluginFaultError(
                f"The model returned another number of items than the {len(tensor)} it was given."
            )
        return found


def triton_runtime(options: RuntimeOptions) -> Runtime:
    """Return the Triton fleet at `RuntimeOptions.triton_url`.

    Raises
    ------
    TemporaryError
        If no address is given, or nobody answers there.
    """
    if options.triton_url is None:
        raise TemporaryError("Triton was asked for, but its address is not set: ALLWARD_ENGINE_TRITON_URL.")
    url = options.triton_url
    if not TritonServer(url, timeout_s=options.triton_timeout_s).is_ready():
        raise TemporaryError(f"The Triton at {url} is not ready.")

    def load(graph: bytes, spec: ModelSpec) -> Session:
        facts = check_graph(graph, spec)
        server = TritonServer(url, timeout_s=options.triton_timeout_s)
        model = hashlib.sha256(graph).hexdigest()
        _make_ready(server, model, graph, configuration(model, spec, facts))
        said = server.describe(model)
        _check(said, spec)
        most = _most_items(said, server.configuration(model), spec)
        version = max(said.get("versions", ["1"]), key=int)
        return TritonSession(server, spec, Place(model, version, most, options.urgent))

    return Runtime(name=f"{NAME} at {url}", load=load)


def configuration(model: str, spec: ModelSpec, facts: GraphFacts) -> dict[str, Any]:
    """Return the configuration that a graph is handed over with: run by ONNX Runtime, unbatched."""
    batch = -1 if facts.free_batch else 1
    return {
        "name": model,
        "backend": "onnxruntime",
        "max_batch_size": 0,
        "input": [{"name": spec.input_name, "data_type": "TYPE_FP32", "dims": [batch, *spec.input_shape]}],
        "output": [
            {"name": name, "data_type": "TYPE_FP32", "dims": _dims(shape, batch)}
            for name, shape in facts.outputs
        ],
    }


def _dims(shape: Shape | None, batch: int) -> list[int]:
    rest = [-1 if size is None else size for size in (shape or ())[1:]]
    return [batch, *rest]


def _make_ready(server: TritonServer, model: str, graph: bytes, config: Mapping[str, Any]) -> None:
    """See to it that the fleet has a model: loaded, else from its repository, else handed over."""
    if server.has(model):
        return
    if not server.load(model):
        return
    why_not = server.load(model, graph=graph, config=config)
    if why_not:
        raise TemporaryError(
            f"The Triton at {server.url} neither has the model {model[:12]}… nor takes it: {why_not}"
        )
    log.info("handed model %s over to the Triton at %s", model[:12], server.url)


def _check(said: Mapping[str, Any], spec: ModelSpec) -> None:
    """Refuse a model of the right name that takes or gives something else."""
    inputs = {value["name"]: value for value in said.get("inputs", ())}
    outputs = [value["name"] for value in said.get("outputs", ())]
    fits = list(inputs) == [spec.input_name] and set(spec.outputs) <= set(outputs)
    if not fits or inputs[spec.input_name]["datatype"] != "FP32":
        raise PluginFaultError(
            f"Triton's model {said.get('name', '')[:12]}… takes {sorted(inputs)} and returns {outputs}; "
            f"the manifest says {spec.input_name!r} and {', '.join(map(repr, spec.outputs))}."
        )


def _most_items(said: Mapping[str, Any], config: Mapping[str, Any], spec: ModelSpec) -> int:
    stated = int(config.get("max_batch_size", 0))
    if stated > 0:
        return stated
    first = next(value for value in said["inputs"] if value["name"] == spec.input_name)["shape"][0]
    return _ANY if int(first) == -1 else max(1, int(first))
