"""How much memory a model and its activations take, measured where they lie: in the process or on the GPU."""

import ctypes
from typing import Protocol

from allward_engine.memory import peak_resident_mib, reset_peak, resident_mib

_CUDA_RUNTIMES = ("libcudart.so.13", "libcudart.so.12")


class Meter(Protocol):
    """Tells what is held, and the most that was held since `start`."""

    def capacity_bytes(self) -> int | None:
        """Return what the device has; None where models lie in the host's memory."""

    def held_bytes(self) -> int:
        """Return what is held now."""

    def start(self) -> None:
        """Let the peak start from what is held now."""

    def peak_bytes(self) -> int:
        """Return the most that was held since `start`."""


class ProcessMeter:
    """The resident memory of this process.

    Attributes
    ----------
    peak_mib
        The largest ever; the kernel's own figure is set back by `start`.
    """

    def __init__(self) -> None:
        self.peak_mib = 0.0

    def capacity_bytes(self) -> int | None:
        """Return None: the front knows the host's memory."""
        return None

    def held_bytes(self) -> int:
        """Return the resident memory."""
        return int((resident_mib() or 0.0) * 2**20)

    def start(self) -> None:
        """Set the kernel's peak back."""
        self.peak_mib = max(self.peak_mib, peak_resident_mib() or 0.0)
        reset_peak()

    def peak_bytes(self) -> int:
        """Return the kernel's peak."""
        return int((peak_resident_mib() or 0.0) * 2**20)


class CudaMeter:
    """The memory of the current GPU, as its driver tells; ONNX Runtime's arena keeps what a run took."""

    def __init__(self, runtime: ctypes.CDLL) -> None:
        self._runtime = runtime

    def capacity_bytes(self) -> int | None:
        """Return the memory of the GPU."""
        return self._memory()[1]

    def held_bytes(self) -> int:
        """Return what all processes hold there."""
        free, total = self._memory()
        return total - free

    def start(self) -> None:
        """Do nothing: the driver keeps no peak."""

    def peak_bytes(self) -> int:
        """Return what is held: the arena does not shrink after a run."""
        return self.held_bytes()

    def _memory(self) -> tuple[int, int]:
        free, total = ctypes.c_size_t(), ctypes.c_size_t()
        self._runtime.cudaMemGetInfo(ctypes.byref(free), ctypes.byref(total))
        return free.value, total.value


def meter_of(device: str) -> Meter:
    """Return the meter for a runtime of this name."""
    if "CUDA" in device or "TensorRT" in device:
        for name in _CUDA_RUNTIMES:
            try:
                return CudaMeter(ctypes.CDLL(name))
            except OSError:
                continue
    return ProcessMeter()
