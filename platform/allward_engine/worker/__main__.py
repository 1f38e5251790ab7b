"""A lane's worker: ``python -m allward_engine.worker --channel FD ...``; started by the front alone."""

import argparse
import logging
import os
import resource
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from allward_engine.device import choose_runtime
from allward_engine.front.lanes import URGENT
from allward_engine.lifetime import die_at_once_with
from allward_engine.sessions import RuntimeOptions
from allward_engine.turns import LONG_S, SHORT_S, take_turns
from allward_engine.wire import ConnectionClosedError, receive_message, send_message
from allward_engine.worker.loaded import LoadedModels
from allward_engine.worker.loop import Worker
from allward_engine.worker.meter import meter_of
from allward_sdk.errors import TemporaryError

log = logging.getLogger("allward_engine.worker")


def main(arguments: Sequence[str] | None = None) -> int:
    """Get warm, wait to be given a lane, and run its units until the front's end of the channel closes."""
    options = _parse(arguments)
    if not die_at_once_with(options.front):
        return 0
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the front ends us
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core would hold a patient's images
    channel = socket.socket(fileno=options.channel)
    _import_runtime(options.device)
    try:
        send_message(channel, {"type": "warm"})
        serve, _ = receive_message(channel)
        return _serve(channel, options, lane=str(serve["lane"]), nice=int(serve["nice"]))
    except ConnectionClosedError:
        log.debug("the front is gone")
    # Native threads may be deep in a model; nothing they do outlives the process.
    os._exit(0)


def _serve(channel: socket.socket, options: argparse.Namespace, *, lane: str, nice: int) -> int:
    logging.basicConfig(level=logging.INFO, format=f"%(asctime)s %(levelname)s %(name)s {lane}: %(message)s")
    os.nice(nice)
    take_turns(SHORT_S if nice == 0 else LONG_S)
    asked = RuntimeOptions(
        precision=options.precision,
        reports=options.models,
        urgent=lane == URGENT,
        cache=options.cache,
        triton_url=options.triton_url,
    )
    try:
        runtime = choose_runtime(options.device, threads=options.threads, options=asked)
    except TemporaryError as error:
        send_message(channel, {"type": "refused", "message": str(error)})
        return 1
    Worker(channel, LoadedModels(options.models, runtime, meter_of(runtime.name))).run()
    return 0


def _import_runtime(device: str) -> None:
    """Import what the device most likely needs; what it really is shows when a lane is served."""
    name = "openvino_cpu" if device in ("auto", "cpu", "openvino") else "onnx_runtime"
    with suppress(ImportError):
        import_module(f"allward_engine.sessions.{name}")


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m allward_engine.worker", description=__doc__)
    parser.add_argument("--channel", type=int, required=True, help="descriptor of the socket to the front")
    parser.add_argument("--front", type=int, required=True, help="process id of the front")
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--device", required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--precision", default="float32", help="for models that a report proves it for")
    parser.add_argument("--triton-url", help="address of a Triton fleet")
    parser.add_argument("--cache", type=Path, help="folder for compiled engines")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
