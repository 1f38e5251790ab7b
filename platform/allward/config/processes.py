"""The table of processes: what `allward up` runs once PostgreSQL and Valkey are there."""

import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from allward.config.environment import Environment
from allward.config.supervisor.program import Program

SINGLE_THREADED: Mapping[str, str] = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
"""For everything but the engine: the cores belong to the models, and idle pools of threads cost memory."""

_CELERY = ("-m", "celery", "-A", "allward.config.celery")


@dataclass(frozen=True)
class Plan:
    """What to run: `provision` before the programs, `samples` once they are ready; None leaves it out.

    `independent` programs need no database and start while it is prepared: that keeps the second core busy.
    """

    programs: tuple[Program, ...]
    ready_url: str | None
    """Answers 200 once everything is ready; None: it is when the processes have started."""
    independent: tuple[Program, ...] = ()
    provision: Program | None = None
    samples: Program | None = None


def plan(environment: Environment) -> Plan:
    """Return what a complete installation on one machine runs."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # compared with, never bound to
    host = everywhere.get(environment.http_host, environment.http_host)
    address = f"[{host}]" if ":" in host else host
    return Plan(
        independent=engines(environment),
        programs=programs(environment),
        ready_url=f"http://{address}:{environment.http_port}/readyz",
        provision=_hook("provision"),
        samples=_hook("load_samples"),
    )


def plan_of_node(environment: Environment) -> Plan:
    """Return what a machine runs that only lends its devices to a platform elsewhere."""
    return Plan(independent=engines(environment), programs=(_executor(),), ready_url=None)


def engines(environment: Environment) -> tuple[Program, ...]:
    """Return the processes that run the models, one per device, with as many threads as they like."""
    models = ("--models", str(environment.home / "models"))
    how = ["--precision", environment.engine_precision, "--cache", str(environment.home / "engine-cache")]
    if environment.engine_triton_url is not None:
        how += ["--triton-url", environment.engine_triton_url]
    return tuple(
        _python(
            f"engine-{number}" if number else "engine",
            *("-m", "allward_engine", "--socket", str(socket), *models, "--device", device, *how),
            variables={},
        )
        for number, (device, socket) in enumerate(
            zip(environment.engine_devices, environment.engine_sockets, strict=True)
        )
    )


def programs(environment: Environment) -> tuple[Program, ...]:
    """Return the processes in the order of their start; they need not wait for one another."""
    schedule = str(environment.run_folder / "celery-beat-schedule")
    level = environment.log_level.lower()
    return (
        _python(
            *("web", "-m", "uvicorn", "allward.config.asgi:application", "--no-access-log"),
            *("--host", environment.http_host, "--port", str(environment.http_port)),
            *("--log-level", level, "--timeout-graceful-shutdown", "2"),
        ),
        _python("dimse", "-m", "allward.config.run_dimse"),
        _python("relay", "-m", "allward.config.run_relay"),
        _python("retriever", "-m", "allward.config.run_retriever"),
        _executor(),
        _worker("worker", queue="allward.steps", concurrency=2, level=level),
        _worker("slow-worker", queue="allward.slow", concurrency=1, level=level),
        _python("beat", *_CELERY, "beat", "--pidfile=", "--schedule", schedule, "--loglevel", level),
    )


def _worker(name: str, *, queue: str, concurrency: int, level: str) -> Program:
    return _python(
        *(name, *_CELERY, "worker", "--queues", queue, "--hostname", f"{name}@%h"),
        *("--concurrency", str(concurrency), "--pool", "prefork", "--loglevel", level),
        *("--without-gossip", "--without-mingle"),
        stop_signal=signal.SIGQUIT,  # at SIGTERM it would finish its steps, however long they take
    )


def _executor() -> Program:
    return _python("executor", "-m", "allward.config.run_executor")


def _hook(name: str) -> Program:
    command = (sys.executable, "-m", "allward.config.supervisor.hook", name)
    return Program(name, command, variables=SINGLE_THREADED, once=True)


def _python(
    name: str,
    *arguments: str,
    variables: Mapping[str, str] = SINGLE_THREADED,
    stop_signal: signal.Signals = signal.SIGTERM,
) -> Program:
    return Program(
        name,
        (sys.executable, *arguments),
        variables={"PYTHONUNBUFFERED": "1", **variables},
        stop_signal=stop_signal,
    )
