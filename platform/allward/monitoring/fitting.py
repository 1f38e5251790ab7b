"""Whether the engines have what a plug-in declares for one run. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from allward.kernel.texts import Text
from allward.monitoring.engine_status import EngineStatus, Ledger

_MIB = 1 << 20
_NO_GPU = ("OpenVINO CPU", "ONNX Runtime CPU")
"""Devices whose memory is the host's; a Triton server does not say what it has."""


@dataclass(frozen=True, slots=True)
class Fit:
    """What is said of a plug-in before it is installed; `refused` is None if it may be."""

    refused: Text | None
    warnings: tuple[Text, ...] = ()


def fit_of(needed: Mapping[str, int], engines: Sequence[EngineStatus | None], *, elsewhere: bool) -> Fit:
    """Compare what a manifest declares with what the engines of this machine have.

    Parameters
    ----------
    needed
        `resources` of the manifest: MiB and seconds.
    engines
        None: one that does not answer; what it has is not known.
    elsewhere
        Whether engines of other machines take jobs too; what they have is not known here.
    """
    known = [engine for engine in engines if engine is not None]
    if not known:
        return Fit(
            None,
            (
                Text(
                    "No engine answers just now, so it is not known whether the plug-in fits.",
                    "推理引擎暂无应答，无法判断资源是否足够。",
                ),
            ),
        )
    host = _shortage(needed["memory_mib"], [engine.host_ledger for engine in known], _HOST)
    gpus = [engine.ledger for engine in known if engine.device and not engine.device.startswith(_NO_GPU)]
    device = _shortage(needed["device_memory_mib"], gpus, _DEVICE)
    refusals = [short.text for short in (host, device) if short is not None and short.everywhere]
    if refusals and not elsewhere and len(known) == len(engines):
        return Fit(refusals[0])
    found = [short.text for short in (host, device) if short is not None]
    if needed["device_memory_mib"] and not gpus and not elsewhere:
        found.append(_WITHOUT_GPU)
    return Fit(None, tuple(found))


_HOST = Text("memory", "内存")
_DEVICE = Text("GPU memory", "显存")
_WITHOUT_GPU = Text(
    "The plug-in is made for a GPU, and no engine here has one: it runs, but slowly.",
    "该插件面向 GPU，而此处的推理引擎没有 GPU：可以运行，但较慢。",
)


@dataclass(frozen=True, slots=True)
class _Shortage:
    everywhere: bool
    text: Text


def _shortage(needed_mib: int, ledgers: Iterable[Ledger | None], what: Text) -> _Shortage | None:
    """Say that engines have too little; one that does not say what it has is taken to have enough."""
    every = list(ledgers)
    had = [ledger.capacity_bytes // _MIB for ledger in every if ledger and ledger.capacity_bytes is not None]
    short = [mib for mib in had if mib < needed_mib]
    if not short:
        return None
    most, everywhere = max(short), len(short) == len(every)
    en = (
        f"One run declares {needed_mib} MiB of {what.en}; this engine has {most} MiB."
        if everywhere
        else f"One run declares {needed_mib} MiB of {what.en}; an engine here has only {most} MiB, and the"
        " runs that it takes would fail."
    )
    zh = (
        f"一次运行声明需要 {needed_mib} MiB {what.zh}，而推理引擎只有 {most} MiB。"
        if everywhere
        else f"一次运行声明需要 {needed_mib} MiB {what.zh}，而其中一个引擎只有 {most} MiB，由其运行将失败。"
    )
    return _Shortage(everywhere, Text(en, zh))
