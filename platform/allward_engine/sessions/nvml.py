"""What NVIDIA's driver says of its GPUs, measured rather than reckoned; None where there is no driver."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_OK = 0
_INSUFFICIENT_SIZE = 7
_MOST_PROCESSES = 256
_VERSION_BYTES = 80
"""NVML_SYSTEM_DRIVER_VERSION_BUFFER_SIZE."""
_NAME_BYTES = 96
"""NVML_DEVICE_NAME_V2_BUFFER_SIZE."""
_UNKNOWN = 2**64 - 1
"""NVML_VALUE_NOT_AVAILABLE."""


@dataclass(frozen=True, slots=True)
class DeviceMemory:
    """Memory of one GPU, in bytes, of all processes together."""

    total_bytes: int
    free_bytes: int
    used_bytes: int


class _Memory(ctypes.Structure):
    _fields_ = [(name, ctypes.c_ulonglong) for name in ("total", "free", "used")]


class _Process(ctypes.Structure):
    _fields_ = [
        ("pid", ctypes.c_uint),
        ("used", ctypes.c_ulonglong),
        ("gpu_instance", ctypes.c_uint),
        ("compute_instance", ctypes.c_uint),
    ]


def device_memory(index: int) -> DeviceMemory | None:
    """Return the memory of a GPU, None if that cannot be told."""
    with _device(index) as found:
        if found is None:
            return None
        nvml, device = found
        memory = _Memory()
        if nvml.nvmlDeviceGetMemoryInfo(device, ctypes.byref(memory)) != _OK:
            return None
        return DeviceMemory(total_bytes=memory.total, free_bytes=memory.free, used_bytes=memory.used)


def process_bytes(index: int, pid: int) -> int | None:
    """Return what a process holds of a GPU's memory, None if that cannot be told.

    In a container the driver may count process ids of the machine: then nothing is found.
    """
    with _device(index) as found:
        if found is None:
            return None
        nvml, device = found
        count = ctypes.c_uint(_MOST_PROCESSES)
        processes = (_Process * _MOST_PROCESSES)()
        said = nvml.nvmlDeviceGetComputeRunningProcesses_v3(device, ctypes.byref(count), processes)
        if said not in (_OK, _INSUFFICIENT_SIZE):
            return None
        used = [p.used for p in processes[: min(count.value, _MOST_PROCESSES)] if p.pid == pid]
        return sum(used) if used and _UNKNOWN not in used else None


def device_name(index: int) -> str | None:
    """Return the name of a GPU, for example "NVIDIA H200"; None if that cannot be told."""
    with _device(index) as found:
        if found is None:
            return None
        nvml, device = found
        name = ctypes.create_string_buffer(_NAME_BYTES)
        if nvml.nvmlDeviceGetName(device, name, _NAME_BYTES) != _OK:
            return None
        return name.value.decode("ascii", "replace")


def driver_version() -> str | None:
    """Return the version of NVIDIA's driver, for example "580.65.06"; None where there is none."""
    with _nvml() as nvml:
        if nvml is None:
            return None
        version = ctypes.create_string_buffer(_VERSION_BYTES)
        if nvml.nvmlSystemGetDriverVersion(version, _VERSION_BYTES) != _OK:
            return None
        return version.value.decode("ascii", "replace")


@contextmanager
def _device(index: int) -> Iterator[tuple[ctypes.CDLL, ctypes.c_void_p] | None]:
    with _nvml() as nvml:
        device = ctypes.c_void_p()
        if nvml is None or nvml.nvmlDeviceGetHandleByIndex_v2(index, ctypes.byref(device)) != _OK:
            yield None
        else:
            yield nvml, device


@contextmanager
def _nvml() -> Iterator[ctypes.CDLL | None]:
    try:
        nvml = ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        yield None
        return
    if nvml.nvmlInit_v2() != _OK:
        yield None
        return
    try:
        yield nvml
    finally:
        nvml.nvmlShutdown()
