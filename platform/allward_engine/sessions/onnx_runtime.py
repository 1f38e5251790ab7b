"""ONNX Runtime: on a GPU through CUDA or TensorRT where those really load, and on the processor."""

import base64
import contextlib
import logging
import sys
from dataclasses import replace

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from allward_engine.grids import FloatImage
from allward_engine.sessions import Identity, ModelSpec, Output, Runtime, RuntimeOptions, Session
from allward_engine.sessions.batches import item_by_item
from allward_engine.sessions.bound import BoundRuns
from allward_engine.sessions.cuda_options import (
    CPU,
    CUDA,
    TENSORRT,
    Gpu,
    cache_folder,
    forbid_tf32,
    is_captured,
    precisions_of,
    providers,
    tensorrt_version,
    urgent_stream,
)
from allward_engine.sessions.graph_checks import GraphFacts, check_graph
from allward_engine.sessions.nvml import device_name, driver_version
from allward_engine.sessions.precision import precisions, processor_name
from allward_sdk.errors import PluginFaultError, TemporaryError

log = logging.getLogger(__name__)

_FAULTS = (
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
)
"""What ONNX Runtime raises; it has no class of its own above these."""

_OUT_OF_MEMORY = ("Failed to allocate memory", "bad_alloc", "out of memory", "CUDNN_STATUS_ALLOC_FAILED")

_NAMES = {CUDA: "CUDA", TENSORRT: "TensorRT", CPU: "CPU"}

_IDENTITY = base64.b64decode("CAg6LwoQCgF4EgF5IghJZGVudGl0eRIBZ1oLCgF4EgYKBAgBEgBiCwoBeRIGCgQIARIAQgQKABAR")
"""The smallest model: y = x, a number."""


class OnnxRuntimeSession:
    """One ONNX Runtime session."""

    def __init__(
        self, session: onnxruntime.InferenceSession, spec: ModelSpec, facts: GraphFacts, gpu: Gpu | None
    ) -> None:
        self._session = session
        self._spec = spec
        self._free_batch = facts.free_batch
        self.device = device_in_words(session)
        if gpu is not None and gpu.precision != "float32":
            self.device += f" {gpu.precision}"
        self._bound: BoundRuns | None = None
        if gpu is not None:
            where = ("cuda", gpu.index)
            self._bound = BoundRuns(session, spec, device=where, captured=is_captured(gpu, facts))

    def run(self, tensor: FloatImage) -> Output:
        """Run the model once; see `Session.run`."""
        try:
            output = self._run(tensor) if self._free_batch else item_by_item(self._run, tensor)
        except _FAULTS as error:
            raise fault_of(error, "The model failed") from error
        return replace(output, device=self.device)

    def release(self) -> None:
        """Give back buffers and activations; on the processor, without an arena, every run does so itself."""
        if self._bound is not None:
            try:
                self._bound.release()
            except _FAULTS as error:
                raise fault_of(error, "The model failed while it gave memory back") from error

    def _run(self, tensor: FloatImage) -> Output:
        if self._bound is not None:
            return self._bound.run(tensor)
        outputs = self._session.run(list(self._spec.outputs), {self._spec.input_name: tensor})
        return Output(tuple(np.asarray(output, np.float32) for output in outputs))


def onnx_runtime(options: RuntimeOptions, *, gpu: Gpu | None = None) -> Runtime:
    """Return ONNX Runtime on a GPU, or on the processor if that is None."""
    if gpu is not None and gpu.tensorrt:
        forbid_tf32()
    wanted = CPU if gpu is None else TENSORRT if gpu.tensorrt else CUDA
    identity = _identity(gpu)
    precision_of = precisions(options, identity, precisions_of(gpu))

    def load(graph: bytes, spec: ModelSpec) -> Session:
        facts = check_graph(graph, spec)
        if gpu is None:
            session = _open(graph, options, [(CPU, {})])
            return OnnxRuntimeSession(session, spec, facts, None)
        on = replace(gpu, precision=precision_of(spec.sha256))
        session, facts = _open_on(on, graph, spec, facts, options)
        if session.get_providers()[0] != wanted:
            raise TemporaryError(
                f"{_NAMES[wanted]} was there when the engine started and is gone now: "
                f"the model would run on {device_in_words(session)}."
            )
        loaded = OnnxRuntimeSession(session, spec, facts, on)
        _warm_up(loaded, spec)
        return loaded

    return Runtime(f"ONNX Runtime {_NAMES[wanted]}", load, identity, precisions_of(gpu))


def _identity(gpu: Gpu | None) -> Identity:
    version = onnxruntime.__version__
    if gpu is None:
        return Identity("onnxruntime", version, processor_name())
    version += f", driver {driver_version()}"
    if gpu.tensorrt:
        return Identity("tensorrt", f"{version}, TensorRT {tensorrt_version()}", device_name(gpu.index) or "")
    return Identity("cuda", version, device_name(gpu.index) or "")


def device_in_words(session: onnxruntime.InferenceSession) -> str:
    """Return the runtime and what its session really runs on first."""
    provider = session.get_providers()[0]
    return f"ONNX Runtime {_NAMES.get(provider, provider)}"


def gpu_works(index: int, *, tensorrt: bool) -> bool:
    """Tell whether a session on the GPU really gets its provider: what is installed may still not load."""
    with contextlib.redirect_stdout(sys.stderr):  # it prints what it does not find
        onnxruntime.preload_dlls(directory="")
    wanted = TENSORRT if tensorrt else CUDA
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(
            _IDENTITY, options, providers=[(wanted, {"device_id": str(index)}), (CPU, {})]
        )
    except _FAULTS:
        return False
    return bool(session.get_providers()[0] == wanted)


def fault_of(error: Exception, what: str) -> PluginFaultError | TemporaryError:
    """Return whose fault an error of ONNX Runtime is: memory that is short now may be there later."""
    if any(words in str(error) for words in _OUT_OF_MEMORY):
        return TemporaryError(f"The device has no memory left: {error}")
    return PluginFaultError(f"{what}: {error}")


def _open_on(
    gpu: Gpu, graph: bytes, spec: ModelSpec, facts: GraphFacts, options: RuntimeOptions
) -> tuple[onnxruntime.InferenceSession, GraphFacts]:
    """Open a session on a GPU, without CUDA graphs if some node of the graph must stay on the processor."""
    if options.urgent:
        gpu = replace(gpu, stream=urgent_stream(gpu.index))
    folder = cache_folder(options.cache, spec, driver=driver_version()) if gpu.tensorrt else None
    if folder is not None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    options = replace(options, cache=folder)
    try:
        return _open(graph, options, providers(gpu, spec, facts, options)), facts
    except PluginFaultError:
        if not is_captured(gpu, facts):
            raise
        log.info("model %s runs without CUDA graphs: not all of it runs on the GPU", spec.sha256[:12])
    facts = replace(facts, has_control_flow=True)
    return _open(graph, options, providers(gpu, spec, facts, options)), facts


def _open(
    graph: bytes, options: RuntimeOptions, wanted: list[tuple[str, dict[str, str]]]
) -> onnxruntime.InferenceSession:
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    settings.inter_op_num_threads = 1
    settings.enable_cpu_mem_arena = False
    settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
    settings.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(graph, settings, providers=wanted)
    except _FAULTS as error:
        raise fault_of(error, "ONNX Runtime cannot load the model") from error


def _warm_up(session: Session, spec: ModelSpec) -> None:
    """Run one item twice, so that kernels are chosen and captured before a job waits for them."""
    item = np.zeros((1, *spec.input_shape), np.float32)
    for _ in range(2):
        session.run(item)
