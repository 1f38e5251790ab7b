"""The runtimes that run an ONNX graph, behind one interface, so that the rest never asks which it is."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from allward_engine.grids import FloatImage

sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # what "not installed" looks like
"""OpenVINO reports its import over the network unless this is absent; a hospital's engine calls nobody."""


class Session(Protocol):
    """A model, loaded for one shape of item; used by one thread at a time."""

    @property
    def device(self) -> str:
        """Runtime and device that really run it, for example "OpenVINO CPU"."""

    def run(self, tensor: FloatImage) -> "Output":
        """Run the model once.

        Parameters
        ----------
        tensor : shape (n, channel, *window), n >= 1, float32, C-contiguous

        Returns
        -------
        what the graph returns, float32, NaN and inf included; owned by the caller

        Raises
        ------
        PluginFaultError
            If the model fails on it.
        TemporaryError
            If the device has no memory left, or is away.
        """

    def release(self) -> None:
        """Give back the memory for activations; the model stays loaded."""


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """A model's last layer, if a 1 x 1 x 1 convolution: ``weights @ features + bias`` at every voxel.

    Attributes
    ----------
    weights
        Shape (class, feature).
    bias
        Shape (class,).
    """

    weights: FloatImage
    bias: FloatImage


@dataclass(frozen=True, slots=True, eq=False)
class Output:
    """What a model returned for one batch.

    Attributes
    ----------
    tensors
        One per name in `ModelSpec.outputs`, float32, each with the batch as its first axis.
    head
        What turns the features in the first tensor into what the graph says; None if nothing was cut off.
    device
        What computed it, reduced arithmetic included; see `Session.device`.
    """

    tensors: tuple[FloatImage, ...]
    head: Head | None = None
    device: str = ""


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """Which graph, and how it is to be used."""

    sha256: str
    input_name: str
    outputs: tuple[str, ...]
    """Names of the outputs that are wanted, in this order."""
    input_shape: tuple[int, ...]
    """Shape of one item of the batch: (channel, *window)."""
    headless: bool = False
    """Whether the one output may come as features with its `Head` beside it, where these are fewer."""


Precision = Literal["float32", "tf32", "bfloat16", "float16"]
"""Arithmetic inside a model: float32 computes what the plug-in was checked with, the rest only nearly."""

PrecisionOf = Callable[[str], Precision]
"""Digest of a model -> the arithmetic that it runs in."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What computes; another one may round otherwise."""

    runtime: str
    """For example "openvino"; part of a file's name."""
    version: str
    hardware: str
    """Name of the processor or the GPU."""


@dataclass(frozen=True, slots=True)
class RuntimeOptions:
    """What the engine decides and a runtime keeps to."""

    threads: int = 1
    """Processor threads of one model run."""
    precision: Precision = "float32"
    """Arithmetic that is wished for; a model gets it where a report among `reports` proves it harmless."""
    reports: Path | None = None
    """Folder of the models and of the reports beside them."""
    precision_of: PrecisionOf | None = None
    """Decides instead of the reports; for whoever makes them."""
    memory_limit_bytes: Callable[["ModelSpec"], int | None] = lambda spec: None
    """What a model may take on the device: its reservation. None is no limit."""
    urgent: bool = False
    """Whether this process' kernels go before those of others where the device can do that."""
    cache: Path | None = None
    """Folder for compiled models, which may be emptied at any time; None compiles anew at every load."""
    triton_url: str | None = None
    """Address of the Triton fleet, for example ``http://triton:8000``; None where there is none."""
    triton_timeout_s: float = 120.0
    """Until an answer of Triton's counts as lost."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """A runtime and the device that it drives."""

    name: str
    """Runtime and device, for example "OpenVINO CPU"."""
    load: Callable[[bytes, ModelSpec], Session]
    """Check and load an ONNX graph; raises PluginFaultError if it cannot be used."""
    identity: Identity = Identity("", "", "")
    """What computes, in full."""
    precisions: tuple[Precision, ...] = ("float32",)
    """Arithmetic that it has."""
