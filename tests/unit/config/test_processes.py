"""The table of processes agrees with the settings."""

from pathlib import Path

import pytest

from allward.config.environment import Environment
from allward.config.processes import SINGLE_THREADED, plan
from allward.config.supervisor.program import Program


def environment(tmp_path: Path, **variables: str) -> Environment:
    named = {f"ALLWARD_{name}": value for name, value in variables.items()}
    return Environment.read({"ALLWARD_HOME": str(tmp_path), **named})


def every_program(tmp_path: Path) -> tuple[Program, ...]:
    complete = plan(environment(tmp_path))
    return (*complete.independent, *complete.programs)


def test_every_process_of_the_design_is_there_once(tmp_path: Path) -> None:
    names = [program.name for program in every_program(tmp_path)]
    assert sorted(names) == [
        *("beat", "dimse", "engine", "executor", "relay", "retriever", "slow-worker", "web", "worker"),
    ]


def test_a_slow_step_and_a_catalogue_keep_no_patients_step_waiting(tmp_path: Path) -> None:
    from allward.config.celery import QUEUE, SLOW_QUEUE, app
    from allward.config.run_relay import queue_of
    from allward.config.tasks import STEPS, sync_catalogue_of

    workers = {p.name: p.command for p in every_program(tmp_path) if p.name.endswith("worker")}
    emptied = {name: command[command.index("--queues") + 1] for name, command in workers.items()}
    assert emptied == {"worker": QUEUE, "slow-worker": SLOW_QUEUE}
    slow = {name for name in STEPS if queue_of(name) == SLOW_QUEUE}
    assert slow == {
        "acceptance.steps.report_set",
        "publishing.steps.check_submission",
        "publishing.steps.publish_submission",
        "reporting.steps.send_report_message",
    }
    assert app.amqp.router.route({}, sync_catalogue_of.name)["queue"].name == SLOW_QUEUE
    assert 0 < sync_catalogue_of.time_limit < sync_catalogue_of.expires < 3600


def test_only_the_engine_uses_many_threads(tmp_path: Path) -> None:
    for program in every_program(tmp_path):
        limited = SINGLE_THREADED.items() <= dict(program.variables).items()
        assert limited == (program.name != "engine")


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("0.0.0.0", "http://127.0.0.1:81/readyz"),
        ("::", "http://[::1]:81/readyz"),
        ("10.0.0.5", "http://10.0.0.5:81/readyz"),
    ],
)
def test_readiness_is_asked_where_the_web_process_listens(tmp_path: Path, host: str, url: str) -> None:
    assert plan(environment(tmp_path, HTTP_HOST=host, HTTP_PORT="81")).ready_url == url
