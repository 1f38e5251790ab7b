"""OpenVINO on the processor: the fastest exact way to run 3D convolutions without a GPU."""

import numpy as np
import openvino
from openvino import properties as ov_properties

from allward_engine.grids import FloatImage
from allward_engine.sessions import ModelSpec, Output, Runtime, Session
from allward_sdk.errors import PluginFaultError


class OpenVinoSession:
    """One compiled model."""

    device = "OpenVINO CPU"

    def __init__(self, compiled: openvino.CompiledModel, spec: ModelSpec) -> None:
        self._compiled = compiled
        self._spec = spec

    def run(self, tensor: FloatImage) -> Output:
        """Run the model once; see `Session.run`."""
        request = self._compiled.create_infer_request()
        try:
            request.infer({self._spec.input_name: tensor}, share_inputs=True)
            outputs = [request.get_tensor(name).data for name in self._spec.outputs]
        except RuntimeError as error:
            raise PluginFaultError(f"The model failed: {error}") from error
        return Output(tuple(np.array(output, np.float32) for output in outputs))

    def release(self) -> None:
        """Give back the memory for activations; see `Session.release`."""
        self._compiled.release_memory()


def openvino_runtime(threads: int) -> Runtime:
    """Return OpenVINO on the processor.

    Arithmetic is fixed to float32: what a plug-in was checked with is what runs, on any processor.
    """
    core = openvino.Core()

    def load(graph: bytes, spec: ModelSpec) -> Session:
        try:
            model = core.read_model(graph, b"")
            model.reshape({spec.input_name: [1, *spec.input_shape]})
            for name in spec.outputs:
                model.output(name)
            compiled = core.compile_model(
                model,
                "CPU",
                {
                    ov_properties.hint.inference_precision: openvino.Type.f32,
                    ov_properties.hint.performance_mode: ov_properties.hint.PerformanceMode.LATENCY,
                    ov_properties.inference_num_threads: threads,
                    ov_properties.num_streams: 1,
                },
            )
        except RuntimeError as error:
            raise PluginFaultError(f"OpenVINO cannot load the model: {error}") from error
        return OpenVinoSession(compiled, spec)

    return Runtime(name=OpenVinoSession.device, load=load)
