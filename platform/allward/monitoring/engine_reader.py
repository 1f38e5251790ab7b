"""Asks the engine how it is, and never waits long: one question at a time, whose answer all askers share."""

import logging
import threading
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from allward.monitoring.engine_status import EngineStatus, parse_status
from allward_engine.client import EngineBugError, EngineClient
from allward_sdk.errors import AllwardError

log = logging.getLogger(__name__)

PATIENCE_S = 3.0
"""An engine that says nothing for so long is shown as away; it answers within milliseconds."""


class Question:
    """One question and, once `answered` is set, its answer."""

    def __init__(self) -> None:
        self.answered = threading.Event()
        self.status: EngineStatus | None = None


class EngineReader:
    """Reads the status of the engine on one socket; safe to use from several threads."""

    def __init__(self, socket_path: Path) -> None:
        self._client = EngineClient(socket_path)
        self._lock = threading.Lock()
        self._question: Question | None = None

    def read(self, *, patience_s: float = PATIENCE_S) -> EngineStatus | None:
        """Return what the engine says, or None if it is away or does not answer in time."""
        question = self.ask()
        question.answered.wait(patience_s)
        return question.status

    def ask(self) -> Question:
        """Ask, unless a question is on its way already; whoever waits for the answer sees it there."""
        with self._lock:
            question = self._question
            if question is None or question.answered.is_set():
                question = self._question = Question()
                threading.Thread(
                    target=self._ask, args=(question,), name="engine-status", daemon=True
                ).start()
        return question

    def _ask(self, question: Question) -> None:
        try:
            question.status = parse_status(self._client.status())
        except (AllwardError, EngineBugError) as error:
            log.debug("the engine does not say how it is: %s", error)
        finally:
            question.answered.set()


@cache
def engine_reader(socket_path: Path) -> EngineReader:
    """Return this process' reader of the engine on that socket."""
    return EngineReader(socket_path)


def read_all(socket_paths: Sequence[Path], *, patience_s: float = PATIENCE_S) -> list[EngineStatus | None]:
    """Ask all engines at once and return what each says, or None; see `EngineReader.read`."""
    questions = [engine_reader(path).ask() for path in socket_paths]
    until_s = time.monotonic() + patience_s
    for question in questions:
        question.answered.wait(max(0.0, until_s - time.monotonic()))
    return [question.status for question in questions]


def named(socket_paths: Sequence[Path]) -> dict[str, Path]:
    """Return the engines' sockets by the names of their processes, in the same order."""
    return {f"engine-{number}" if number else "engine": path for number, path in enumerate(socket_paths)}
