"""The engine process: ``python -m allward_engine --socket PATH --models DIR``.

This is the front; it starts a worker for each lane (`allward_engine.worker`) and loads no runtime itself.
"""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from allward_engine.device import DEVICE, DEVICES_IN_WORDS
from allward_engine.front.desk import Limits
from allward_engine.front.front import Front, FrontPlan
from allward_engine.front.lanes import BULK, URGENT
from allward_engine.front.spares import WorkerPlan
from allward_engine.lifetime import Ended, die_with, end_on_signals
from allward_engine.memory import host_memory_bytes, usable_processors
from allward_engine.sessions import Precision
from allward_engine.turns import SHORT_S, take_turns
from allward_sdk.errors import TemporaryError

log = logging.getLogger("allward_engine")

BULK_NICE = 10
"""So that urgent work, and web pages, come before bulk work."""

_DEVICE_PART, _HOST_PART = 0.5, 0.75
"""Of the host's memory, what models and what jobs may reserve by default."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the engine until SIGTERM, SIGINT or the end of the parent process."""
    parent_pid = os.getppid()
    plan = _plan(_parse(arguments))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    end_on_signals(parent_pid)
    if not die_with(parent_pid):
        return 0
    take_turns(SHORT_S)
    try:
        front = Front(plan)
    except TemporaryError as error:
        log.error("%s", error)
        return 1
    return _run(front, parent_pid)


def _run(front: Front, parent_pid: int) -> int:
    code = 0
    try:
        front.run(should_end=lambda: os.getppid() != parent_pid)
    except TemporaryError as error:
        log.error("%s", error)
        code = 1
    except (Ended, SystemExit):
        log.info("ending")
    finally:
        front.close()
    return code


def _plan(options: argparse.Namespace) -> FrontPlan:
    host = host_memory_bytes()
    return FrontPlan(
        socket=options.socket,
        state=options.state or options.socket.parent,
        lanes=options.lanes,
        workers=WorkerPlan(
            models=options.models,
            device=options.device,
            threads=options.threads,
            nice={URGENT: 0, BULK: options.nice},
            options=_for_workers(options),
        ),
        limits=Limits(
            device_bytes=_bytes(options.device_memory_mib, host * _DEVICE_PART),
            host_bytes=_bytes(options.host_memory_mib, host * _HOST_PART),
            quantum_s=None if options.quantum_ms is None else options.quantum_ms / 1000.0,
        ),
    )


def _for_workers(options: argparse.Namespace) -> list[str]:
    """Return what only the workers need to know, as their command line."""
    words = ["--precision", options.precision]
    words += ["--triton-url", options.triton_url] if options.triton_url else []
    return words + (["--cache", str(options.cache)] if options.cache else [])


def _bytes(asked_mib: float | None, default: float) -> int:
    return int(default if asked_mib is None else asked_mib * 2**20)


def _device(text: str) -> str:
    if DEVICE.fullmatch(text) is None:
        raise argparse.ArgumentTypeError(f"there is no device {text!r}")
    return text


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m allward_engine", description=__doc__)
    parser.add_argument("--socket", type=Path, required=True, help="Unix socket to listen on")
    parser.add_argument("--models", type=Path, required=True, help="folder of <sha256>.onnx files")
    parser.add_argument("--device", default="auto", help=DEVICES_IN_WORDS)
    parser.add_argument(
        "--precision",
        choices=get_args(Precision),
        default="float32",
        help="where it is proven harmless",
    )
    parser.add_argument("--triton-url", help="address of the fleet that --device triton means")
    parser.add_argument("--cache", type=Path, help="folder for engines that TensorRT compiled")
    parser.add_argument("--threads", type=int, default=usable_processors(), help="threads of one model run")
    parser.add_argument("--lanes", type=int, choices=(1, 2), default=2, help="1 for an exclusive device")
    parser.add_argument("--device-memory-mib", type=float, help="for models; default: half the host's")
    parser.add_argument("--host-memory-mib", type=float, help="for jobs; default: three quarters")
    parser.add_argument("--quantum-ms", type=float, help="longest batch; default 300, on CUDA 50")
    parser.add_argument("--state", type=Path, help="folder of the quarantine; default: the socket's")
    parser.add_argument("--nice", type=int, default=BULK_NICE, help="of the bulk lane")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
