"""A session whose tensors lie on the device and stay there: no allocation and one copy each way per run."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnxruntime

from allward_engine.grids import FloatImage
from allward_engine.sessions import ModelSpec, Output

_MOST_BATCH_SIZES = 8
"""Batch sizes that get buffers; a batch of yet another size is allocated anew at every run."""

_NUMPY = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(double)": np.float64}
"""Types that an output may have."""


@dataclass(slots=True)
class _Buffers:
    """The tensors of one batch size; a captured graph reads and writes them by address."""

    binding: Any
    item: Any
    outputs: list[Any]


class BoundRuns:
    """Runs one ONNX Runtime session over buffers that are made once per batch size.

    Parameters
    ----------
    session
        Its inputs and outputs are float32.
    device
        Device of the buffers as ONNX Runtime names it: "cuda" or "cpu".
    captured
        Whether the session replays CUDA graphs; each batch size is one.
    """

    def __init__(
        self,
        session: onnxruntime.InferenceSession,
        spec: ModelSpec,
        *,
        device: tuple[str, int],
        captured: bool,
    ) -> None:
        self._session = session
        self._spec = spec
        self._device, self._index = device
        self._captured = captured
        self._by_batch: dict[int, _Buffers] = {}

    def run(self, tensor: FloatImage) -> Output:
        """Run the model once; see `Session.run`."""
        batch = len(tensor)
        buffers = self._by_batch.get(batch)
        if buffers is not None:
            buffers.item.update_inplace(tensor)
            self._session.run_with_iobinding(buffers.binding, self._options(batch))
            buffers.binding.synchronize_outputs()
            return self._read(buffers.outputs)
        item, outputs = self._run_loose(tensor)
        if len(self._by_batch) < _MOST_BATCH_SIZES:
            self._by_batch[batch] = self._make_buffers(item, outputs)
        return self._read(outputs)

    def release(self) -> None:
        """Give back the buffers and the activations; nothing is given back while graphs are captured.

        A captured graph holds the addresses of both. Else the arena shrinks at the end of a run, so one more
        item is run for it.

        Source
        ------
        onnxruntime_run_options_config_keys.h, memory.enable_memory_arena_shrinkage.
        """
        if self._captured or not self._by_batch:
            return
        self._by_batch.clear()
        options = onnxruntime.RunOptions()
        place = "cpu:0" if self._device == "cpu" else f"gpu:{self._index}"
        options.add_run_config_entry("memory.enable_memory_arena_shrinkage", place)
        item = np.zeros((1, *self._spec.input_shape), np.float32)
        self._session.run(list(self._spec.outputs), {self._spec.input_name: item}, options)

    def _run_loose(self, tensor: FloatImage) -> tuple[Any, list[Any]]:
        """Run a batch whose outputs ONNX Runtime allocates; returns input and outputs on the device."""
        item = _allocate(tensor.shape, np.float32, self._device, self._index)
        item.update_inplace(tensor)
        binding = self._session.io_binding()
        binding.bind_ortvalue_input(self._spec.input_name, item)
        for name in self._spec.outputs:
            binding.bind_output(name, self._device, self._index)
        self._session.run_with_iobinding(binding, self._options(None))
        binding.synchronize_outputs()
        return item, list(binding.get_outputs())

    def _make_buffers(self, item: Any, outputs: list[Any]) -> _Buffers:
        """Bind an input and outputs of known shapes for good."""
        binding = self._session.io_binding()
        binding.bind_ortvalue_input(self._spec.input_name, item)
        made = []
        for name, value in zip(self._spec.outputs, outputs, strict=True):
            kind = _NUMPY[value.data_type()]
            made.append(_allocate(value.shape(), kind, self._device, self._index))
            binding.bind_ortvalue_output(name, made[-1])
        return _Buffers(binding, item, made)

    def _read(self, values: list[Any]) -> Output:
        """Copy outputs to the caller; on the processor what ONNX Runtime returns is its own memory."""
        copy = self._device == "cpu"
        return Output(tuple(np.array(value.numpy(), np.float32, copy=copy or None) for value in values))

    def _options(self, batch: int | None) -> onnxruntime.RunOptions:
        """Return the options of a run; a batch size names its captured graph, -1 captures none.

        Source
        ------
        onnxruntime_run_options_config_keys.h, gpu_graph_id.
        """
        options = onnxruntime.RunOptions()
        if self._captured:
            options.add_run_config_entry("gpu_graph_id", str(-1 if batch is None else batch))
        return options


def _allocate(shape: Sequence[int], kind: type, device: str, index: int) -> Any:
    return onnxruntime.OrtValue.ortvalue_from_shape_and_type(list(shape), kind, device, index)
