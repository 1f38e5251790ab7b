"""What a worker does all day: one command of the front after the other, each answered when it is done."""

import logging
import socket
import threading
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from allward_engine.execution import Execution
from allward_engine.memory import give_back_freed_memory
from allward_engine.requests import Progress
from allward_engine.result_messages import result_message
from allward_engine.sessions import ModelSpec, Output
from allward_engine.tile_requests import request_from_json
from allward_engine.units import Infer
from allward_engine.wire import (
    ConnectionClosedError,
    Message,
    close_all,
    receive_message,
    send_message,
    shared_array,
)
from allward_engine.worker.loaded import LoadedModels, key_of
from allward_sdk.errors import AllwardError, TemporaryError

log = logging.getLogger(__name__)


_NEAR_S = 0.005
"""A window that is cut as fast as this is cut in the unit before it: that saves a round trip to the front."""

_TURN_S = 0.02
"""A unit that was shorter goes on with the runs that follow, of models that the front named, up to this."""


@dataclass(eq=False)
class _Open:
    """An execution, and the run that it waits for."""

    execution: Execution
    pending: Infer | None = None
    between_windows: bool = False
    """Whether the last that was said is progress inside a stage: a window is cut next."""
    cut_s: float = float("inf")
    """What cutting the last window took."""
    untold: Message | None = None
    """Progress that its result will carry, if no later word does."""


class Worker:
    """Runs units; the front names them one at a time. Only loads run beside them, on threads of their own."""

    def __init__(self, channel: socket.socket, models: LoadedModels) -> None:
        self._channel = channel
        self._models = models
        self._open: dict[int, _Open] = {}
        self._unopened: dict[int, TemporaryError] = {}
        """Jobs whose images could not be mapped, and why."""
        self._saying = threading.Lock()
        self._steps = 0
        """Beginnings and ends of units; odd while one runs."""
        self._specs: dict[str, ModelSpec] = {}
        """How the models that pending runs want are to be loaded, by key."""

    def run(self) -> None:
        """Say that it is ready, then obey until the front is gone, which raises ConnectionClosedError."""
        self._say(
            {
                "type": "ready",
                "device": self._models.runtime.name,
                "device_bytes": self._models.meter.capacity_bytes(),
            }
        )
        while True:
            message, descriptors = receive_message(self._channel)
            try:
                self._obey(message, descriptors)
            finally:
                close_all(descriptors)

    def _obey(self, message: Message, descriptors: list[int]) -> None:
        do = message["do"]
        if do == "step":
            self._step(message["jobs"], frozenset(message.get("ready", ())))
        elif do == "open":
            try:
                self._open[message["job"]] = self._opened(message, descriptors)
            except (OSError, MemoryError) as error:  # told at its first unit
                words = f"The engine has no memory left for the images: {error}"
                self._unopened[message["job"]] = TemporaryError(words)
        elif do == "close":
            self._close(message["job"])
        elif do == "load":  # beside the units: a load takes as long as many of them
            threading.Thread(target=self._load, args=(message["model"],), daemon=True).start()
        else:
            {"drop": self._models.drop, "rest": self._models.rest}[do](message["model"])
            self._say({"type": "rested" if do == "rest" else "dropped", "model": message["model"]})

    def _opened(self, message: Message, descriptors: list[int]) -> _Open:
        request = request_from_json(message["request"])
        volume = shared_array(descriptors[0], tuple(message["shape"]), message["dtype"])
        return _Open(Execution(request=request, volume_kji=volume, device=self._models.runtime.name))

    def _close(self, number: int) -> None:
        opened = self._open.pop(number, None)
        if opened is not None:
            opened.pending = None
            opened.execution.close()

    def _load(self, key: str) -> None:
        before = self._steps
        try:
            answer = {"type": "loaded", **self._models.load(self._specs[key])}
            if before % 2 or self._steps != before:  # a unit took or gave back memory meanwhile
                answer["bytes"] = answer["file_bytes"]
        except Exception as error:  # noqa: BLE001  # of a fault of ours, the job is told; the worker goes on
            answer = {"type": "not_loaded", **_words(error)}
        with suppress(ConnectionClosedError):
            self._say({**answer, "model": key})

    def _step(self, numbers: Sequence[int], ready: frozenset[str]) -> None:
        """Run one unit of one execution, or one run of a model for several; then tell how it went.

        A short unit of one execution goes on with the runs that follow, as far as their models are `ready`.
        """
        if numbers[0] in self._unopened:
            said = [self._failed(number, self._unopened.pop(number)) for number in numbers]
            self._say({"type": "stepped", "took_s": 0.0, "runs": [], "jobs": said})
            return
        start_s = time.perf_counter()
        self._steps += 1
        jobs = {number: self._open[number] for number in numbers}
        runs: list[Message] = []
        if next(iter(jobs.values())).pending is None:
            said = [self._advance(number, opened, None) for number, opened in jobs.items()]
        else:
            said = self._infer(jobs, runs)
        while self._goes_on(said, ready, runs, time.perf_counter() - start_s):
            (before,) = said
            (after,) = self._infer(jobs, runs)
            said = [{**after, "progress": before["progress"]} if _tells_less(after, before) else after]
        took_s = time.perf_counter() - start_s
        if runs and len(numbers) == 1:
            said[0]["took_s"] = took_s
        self._steps += 1
        self._say({"type": "stepped", "took_s": took_s, "runs": runs, "jobs": said})

    def _goes_on(
        self, said: Sequence[Message], ready: frozenset[str], runs: Sequence[Message], took_s: float
    ) -> bool:
        """Tell whether the unit's next run, taken to last as long as the one before it, belongs to it."""
        first = said[0]
        if len(said) > 1 or first["said"] != "infer" or first["wants"]["model"] not in ready:
            return False
        return took_s + (float(runs[-1]["took_s"]) if runs else 0.0) <= _TURN_S

    def _infer(self, jobs: dict[int, _Open], runs: list[Message]) -> list[Message]:
        """Run the model that executions wait for, once for all of them; notes the run."""
        tensors = [opened.pending.tensor for opened in jobs.values() if opened.pending is not None]
        first = next(iter(jobs.values())).pending
        assert first is not None
        model, items = key_of(first.model), sum(len(tensor) for tensor in tensors)
        start_s = time.perf_counter()
        try:
            outputs, workspace = self._models.run(model, tensors)
        except AllwardError as error:
            if len(jobs) > 1:  # one of them may be to blame: each is asked alone next time
                return [{"job": number, "said": "alone"} for number in jobs]
            return [self._failed(number, error) for number in jobs]
        took_s = time.perf_counter() - start_s
        del tensors
        said = []
        for (number, opened), output in zip(jobs.items(), outputs, strict=True):
            opened.pending = None
            opened.execution.charge(took_s / len(jobs), None)
            said.append(self._advance(number, opened, output))
        took_s = time.perf_counter() - start_s
        runs.append({"model": model, "items": items, "took_s": took_s, "workspace": workspace})
        return said

    def _advance(self, number: int, opened: _Open, answer: Output | None) -> Message:
        """Let an execution run to its next yield; across progress, if the next is near."""
        start_s = time.perf_counter()
        try:
            said = opened.execution.advance(answer)
        except AllwardError as error:
            return self._failed(number, error)
        except MemoryError as error:
            return self._failed(number, TemporaryError(f"The engine has no memory left: {error}"))
        except Exception as error:  # noqa: BLE001  # a fault of ours is told with its traceback; others go on
            return self._failed(number, error)
        took_s = time.perf_counter() - start_s
        opened.execution.charge(took_s, said)
        if said is None:
            return self._finished(number, opened)
        if isinstance(said, Progress):
            return self._progressed(number, opened, said, took_s)
        if opened.between_windows:
            opened.cut_s = took_s
        opened.between_windows = False
        opened.pending = said
        wanted = self._models.wanted(said)
        self._specs[wanted["model"]] = said.model
        return {"job": number, "said": "infer", "wants": wanted, "took_s": took_s}

    def _progressed(self, number: int, opened: _Open, progress: Progress, took_s: float) -> Message:
        told = progress.to_json()
        opened.between_windows = bool(progress.units) and progress.unit > 0 and not progress.ends_stage
        near = opened.execution.small or (opened.between_windows and opened.cut_s <= _NEAR_S)
        if not near:
            return {"job": number, "said": "progress", "progress": told, "took_s": took_s}
        opened.untold = told
        following = self._advance(number, opened, None)
        if "progress" in following or following["said"] in ("finished", "failed"):
            return following  # two in a row: the later one counts; and after the end there is none
        return {**following, "progress": told, "took_s": took_s + float(following.get("took_s", 0.0))}

    def _finished(self, number: int, opened: _Open) -> Message:
        """Hand the result over, in a message of its own: it carries descriptors."""
        execution = opened.execution
        result = execution.result
        assert result is not None
        try:
            answer, descriptors = result_message(result)
        except TemporaryError as error:
            return self._failed(number, error)
        try:
            end = {"type": "finished", "job": number, "progress": opened.untold, "answer": answer}
            self._say(end, descriptors)
        finally:
            close_all(list(descriptors))
        del self._open[number]
        execution.result = None
        del result
        if not execution.small:
            give_back_freed_memory()
        return {"job": number, "said": "finished"}

    def _failed(self, number: int, error: Exception) -> Message:
        self._close(number)
        return {"job": number, "said": "failed", **_words(error)}

    def _say(self, message: Message, descriptors: tuple[int, ...] = ()) -> None:
        with self._saying:
            send_message(self._channel, message, descriptors)


def _tells_less(after: Message, before: Message) -> bool:
    return "progress" in before and "progress" not in after and after["said"] == "infer"


def _words(error: Exception) -> dict[str, Any]:
    """Return an error's class and words as JSON; of a fault of ours, the whole traceback."""
    if isinstance(error, AllwardError):
        return {"fault": type(error).__name__, "message": str(error)}
    log.error("a job ended by a fault of the engine", exc_info=error)
    return {"fault": type(error).__name__, "message": "".join(traceback.format_exception(error))}
