"""The engine process: ``python -m allward_engine --socket PATH --models DIR``."""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from allward_engine.lifetime import Ended, die_with, end_on_signals, start_watching
from allward_engine.local import MODEL_BUDGET_MIB, open_models, usable_processors
from allward_engine.residency import Models
from allward_engine.server import EngineServer
from allward_sdk.errors import TemporaryError

log = logging.getLogger("allward_engine")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the engine until SIGTERM, SIGINT or the end of the parent process."""
    parent_pid = os.getppid()
    options = _parse(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    end_on_signals(parent_pid)
    if not die_with(parent_pid):
        return 0
    os.nice(options.nice)
    try:
        models = open_models(options.models, device=options.device, threads=options.threads)
        models.budget_mib = options.model_budget_mib
        server = EngineServer(options.socket, models)
    except TemporaryError as error:
        log.error("%s", error)
        return 1
    return _serve(server, models, parent_pid)


def _serve(server: EngineServer, models: Models, parent_pid: int) -> int:
    def end(code: int) -> None:
        server.close()
        logging.shutdown()
        # Native threads may be deep in a model; nothing they do outlives the process.
        os._exit(code)

    try:
        server.start_lane()
        start_watching(parent_pid, server.lane, end)
        log.info("ready: %s, pid %d", models.runtime.name, os.getpid())
        server.accept_forever()
    except Ended:
        log.info("ending")
    end(0)
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m allward_engine", description=__doc__)
    parser.add_argument("--socket", type=Path, required=True, help="Unix socket to listen on")
    parser.add_argument("--models", type=Path, required=True, help="folder of <sha256>.onnx files")
    parser.add_argument("--device", default="auto", help="auto, cpu, openvino, onnxruntime, cuda or cuda:N")
    parser.add_argument("--threads", type=int, default=usable_processors(), help="threads of one model run")
    parser.add_argument("--model-budget-mib", type=float, default=MODEL_BUDGET_MIB)
    parser.add_argument("--nice", type=int, default=5, help="so that web pages come before models")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
