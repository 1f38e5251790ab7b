"""The runtimes that run an ONNX graph, behind one interface, so that the rest never asks which it is."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from allward_engine.grids import FloatImage, Shape3

sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # what "not installed" looks like
"""OpenVINO reports its import over the network unless this is absent; a hospital's engine calls nobody."""


class Session(Protocol):
    """A model, loaded for one shape of input; used by one thread at a time."""

    @property
    def device(self) -> str:
        """Runtime and device that really run it, for example "OpenVINO CPU"."""

    def run(self, tensor: FloatImage) -> FloatImage:
        """Run the model once.

        Parameters
        ----------
        tensor : shape (1, 1, a, b, c), C-contiguous

        Returns
        -------
        what the graph returns, float32; owned by the caller

        Raises
        ------
        PluginFaultError
            If the model fails on it.
        """

    def release(self) -> None:
        """Give back the memory for activations; the model stays loaded."""


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """Which graph, and how it is to be used."""

    sha256: str
    input_name: str
    output_name: str
    window: Shape3


@dataclass(frozen=True, slots=True)
class Runtime:
    """A runtime and the device that it drives."""

    name: str
    """Runtime and device, for example "OpenVINO CPU"."""
    load: Callable[[bytes, ModelSpec], Session]
    """Load a checked ONNX graph; raises PluginFaultError if it cannot be used."""
