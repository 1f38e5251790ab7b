"""OpenVINO on the processor: the fastest exact way to run 3D convolutions without a GPU."""

import numpy as np
import openvino
from openvino import properties as ov_properties

from allward_engine.grids import FloatImage
from allward_engine.sessions import Identity, ModelSpec, Output, Precision, Runtime, RuntimeOptions, Session
from allward_engine.sessions.batches import item_by_item
from allward_engine.sessions.graph_checks import GraphFacts, check_graph
from allward_engine.sessions.precision import precisions, processor_name
from allward_sdk.errors import PluginFaultError, TemporaryError

NAME = "OpenVINO CPU"

PRECISIONS: dict[Precision, openvino.Type] = {
    "float32": openvino.Type.f32,
    "bfloat16": openvino.Type.bf16,
}
"""Arithmetic that may be asked for; float16 on a processor is slower than either."""

_CAPABILITY = "BF16"
"""How OpenVINO names a processor that has bfloat16; on others it would be emulated, slower than float32."""

_OUT_OF_MEMORY = ("bad_alloc", "Cannot allocate", "out of memory", "not enough memory")


class OpenVinoSession:
    """One compiled model.

    A graph that leaves its batch free is compiled once for any: measured beside one compilation per batch
    size, it runs as fast, gives the same bits, and takes half the memory.
    """

    def __init__(
        self, compiled: openvino.CompiledModel, spec: ModelSpec, *, free_batch: bool, device: str
    ) -> None:
        self._compiled = compiled
        self._spec = spec
        self._free_batch = free_batch
        self.device = device

    def run(self, tensor: FloatImage) -> Output:
        """Run the model once; see `Session.run`."""
        return self._run(tensor) if self._free_batch else item_by_item(self._run, tensor)

    def release(self) -> None:
        """Give back the memory for activations; see `Session.release`."""
        self._compiled.release_memory()

    def _run(self, tensor: FloatImage) -> Output:
        request = self._compiled.create_infer_request()
        try:
            request.infer({self._spec.input_name: tensor}, share_inputs=True, share_outputs=True)
            outputs = [request.get_tensor(name).data for name in self._spec.outputs]
        except RuntimeError as error:
            raise _fault_of(error, "The model failed") from error
        # Each is a view of a tensor that belongs to this request alone, which nobody runs again.
        return Output(tuple(np.asarray(output, np.float32) for output in outputs), device=self.device)


def openvino_runtime(options: RuntimeOptions) -> Runtime:
    """Return OpenVINO on the processor.

    Arithmetic is float32 unless a model was proven to do with less: what a plug-in was checked with is what
    runs, on any processor.
    """
    core = openvino.Core()
    identity = Identity("openvino", openvino.get_version(), processor_name())
    possible = _possible(core)
    precision_of = precisions(options, identity, possible)

    def load(graph: bytes, spec: ModelSpec) -> Session:
        facts = check_graph(graph, spec)
        precision = precision_of(spec.sha256)
        try:
            model = _shaped(core, graph, spec, facts)
            for name in spec.outputs:
                model.output(name)
            compiled = core.compile_model(model, "CPU", settings(options, precision))
        except RuntimeError as error:
            raise _fault_of(error, "OpenVINO cannot load the model") from error
        device = NAME if precision == "float32" else f"{NAME} {precision}"
        return OpenVinoSession(compiled, spec, free_batch=facts.free_batch, device=device)

    return Runtime(NAME, load, identity, possible)


def settings(options: RuntimeOptions, precision: Precision) -> dict[object, object]:
    """Return what a model is compiled with: one run at a time, as fast as it goes."""
    return {
        ov_properties.hint.inference_precision: PRECISIONS[precision],
        ov_properties.hint.performance_mode: ov_properties.hint.PerformanceMode.LATENCY,
        ov_properties.inference_num_threads: options.threads,
        ov_properties.num_streams: 1,
    }


def _possible(core: openvino.Core) -> tuple[Precision, ...]:
    has_bfloat16 = _CAPABILITY in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return ("float32", "bfloat16") if has_bfloat16 else ("float32",)


def _shaped(core: openvino.Core, graph: bytes, spec: ModelSpec, facts: GraphFacts) -> openvino.Model:
    model = core.read_model(graph, b"")
    batch = -1 if facts.free_batch else 1
    model.reshape({spec.input_name: openvino.PartialShape([batch, *spec.input_shape])})
    return model


def _fault_of(error: RuntimeError, what: str) -> PluginFaultError | TemporaryError:
    if any(words in str(error) for words in _OUT_OF_MEMORY):
        return TemporaryError(f"The machine has no memory left: {error}")
    return PluginFaultError(f"{what}: {error}")
