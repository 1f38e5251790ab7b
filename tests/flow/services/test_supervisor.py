"""The supervisor ends everything it started, whatever happens to itself, and brings back what crashes."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from tests.flow.services.running import Up, eventually

from allward.config.supervisor.run import PATIENCE_S

Make = Callable[..., Up]


def test_ctrl_c_ends_everything_even_a_process_that_does_not_listen(up: Make) -> None:
    run = up().start()
    assert len(run.left_over()) >= 7  # supervisor, undertaker, three processes, two grandchildren
    began_s = time.monotonic()
    run.send(signal.SIGINT)
    assert run.wait(within_s=15) == 0
    assert time.monotonic() - began_s < 15
    assert run.left_over() == {}
    assert {run.report(name).state for name in ("web", "family", "stubborn")} == {"stopped"}


def test_a_second_ctrl_c_hurries(up: Make) -> None:
    run = up().start()
    began_s = time.monotonic()
    run.send(signal.SIGINT)
    time.sleep(0.6)
    run.send(signal.SIGINT)
    assert run.wait() == 0
    assert time.monotonic() - began_s < PATIENCE_S[1]
    assert run.left_over() == {}


def test_the_same_request_by_two_ways_does_not_hurry(up: Make) -> None:
    run = up().start()
    began_s = time.monotonic()
    run.send(signal.SIGINT)
    run.send(signal.SIGTERM)
    assert run.wait() == 0
    assert time.monotonic() - began_s > PATIENCE_S[1]  # the process that does not listen got its time


def test_sigterm_means_the_same_as_ctrl_c(up: Make) -> None:
    run = up().start()
    run.send(signal.SIGTERM)
    assert run.wait() == 0
    assert run.left_over() == {}


def test_a_crashed_process_is_started_again_and_what_it_left_is_ended(up: Make) -> None:
    run = up().start()
    run.kill("family")
    again = run.report("family")
    assert (again.state, again.restarts, again.last_exit) == ("running", 1, -signal.SIGKILL)
    eventually(lambda: len(run.left_over()) == 7)


def test_a_supervisor_killed_outright_leaves_no_process_behind(up: Make) -> None:
    run = up().start()
    run.send(signal.SIGKILL)
    run.wait()
    eventually(lambda: not run.left_over(), within_s=12)


def test_a_killed_undertaker_is_replaced(up: Make) -> None:
    run = up().start()
    [undertaker] = [number for number, command in run.left_over().items() if "undertaker" in command]
    os.kill(undertaker, signal.SIGKILL)
    eventually(lambda: any("undertaker" in c and n != undertaker for n, c in run.left_over().items()))
    run.send(signal.SIGKILL)
    run.wait()
    eventually(lambda: not run.left_over(), within_s=12)


def test_a_new_start_waits_for_what_a_killed_supervisor_left(up: Make) -> None:
    killed = up().start()
    killed.send(signal.SIGKILL)
    killed.wait()
    again = up(variables={name: killed.variables[name] for name in ("ALLWARD_HTTP_PORT",)}).start()
    assert again.report("web").state == "running"


def test_a_failed_preparation_ends_the_start_with_one_sentence(up: Make) -> None:
    run = up(options=("unprepared",))
    assert run.refusal() == (
        f"provision failed: the tables are not ours (all of it in {run.home / 'logs' / 'provision.log'}).\n"
    )
    assert run.left_over() == {}


def test_the_sample_is_loaded_when_everything_is_ready(up: Make) -> None:
    run = up().start()
    assert run.next_line() == "sample loaded\n"


def test_two_supervisors_with_folders_of_their_own_do_not_meet(up: Make, tmp_path: Path) -> None:
    first, second = up().start(), up(home=tmp_path / "second").start()
    first.stop()
    assert second.report("web").state == "running"
    assert len(second.left_over()) >= 7
