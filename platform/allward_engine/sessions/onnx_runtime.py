"""ONNX Runtime, on CUDA where that really loads, and on the processor."""

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from allward_engine.grids import FloatImage
from allward_engine.sessions import ModelSpec, Output, Runtime, Session
from allward_sdk.errors import PluginFaultError, TemporaryError

CUDA, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"

_FAULTS = (
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
)
"""What ONNX Runtime raises; it has no class of its own above these."""


class OnnxRuntimeSession:
    """One ONNX Runtime session."""

    def __init__(self, session: onnxruntime.InferenceSession, spec: ModelSpec) -> None:
        self._session = session
        self._spec = spec
        self.device = f"ONNX Runtime {'CUDA' if session.get_providers()[0] == CUDA else 'CPU'}"

    def run(self, tensor: FloatImage) -> Output:
        """Run the model once; see `Session.run`."""
        try:
            outputs = self._session.run(list(self._spec.outputs), {self._spec.input_name: tensor})
        except _FAULTS as error:
            if "Failed to allocate memory" in str(error):
                raise TemporaryError(f"The device has no memory left: {error}") from error
            raise PluginFaultError(f"The model failed: {error}") from error
        return Output(tuple(np.asarray(output, np.float32) for output in outputs))

    def release(self) -> None:
        """Do nothing: without an arena, activations are given back after every run."""


def onnx_runtime(threads: int, *, cuda_device: int | None) -> Runtime:
    """Return ONNX Runtime on a GPU, or on the processor if that is None."""
    cuda = cuda_device is not None
    providers: list[object] = [(CUDA, {"device_id": cuda_device}), CPU] if cuda else [CPU]

    def load(graph: bytes, spec: ModelSpec) -> Session:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        try:
            session = onnxruntime.InferenceSession(graph, options, providers=providers)
        except _FAULTS as error:
            raise PluginFaultError(f"ONNX Runtime cannot load the model: {error}") from error
        if cuda and session.get_providers()[0] != CUDA:
            raise TemporaryError("CUDA was there when the engine started and is gone now.")
        _check_names(session, spec)
        return OnnxRuntimeSession(session, spec)

    return Runtime(name=f"ONNX Runtime {'CUDA' if cuda else 'CPU'}", load=load)


def _check_names(session: onnxruntime.InferenceSession, spec: ModelSpec) -> None:
    inputs = [value.name for value in session.get_inputs()]
    outputs = [value.name for value in session.get_outputs()]
    if inputs != [spec.input_name] or not set(spec.outputs) <= set(outputs):
        raise PluginFaultError(
            f"The model takes {inputs} and returns {outputs}; "
            f"the manifest says {spec.input_name!r} and {', '.join(map(repr, spec.outputs))}."
        )
