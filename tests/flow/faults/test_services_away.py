"""Services and processes that are away for a while, under load; and the end of all of them at SIGTERM."""

import asyncio
import base64
import json
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import httpx
import pytest
from tests.flow.faults.killing import kept_away, kill, processes_of
from tests.flow.faults.sending import Sender, SmallStudy, sender_to, small_study
from tests.flow.faults.truth import Truth
from tests.running_platform import Running, running_platform
from tests.small_package import make_package
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

pytestmark = pytest.mark.timeout(300)

log = logging.getLogger(__name__)

EACH_ENDS_WITHIN_S = 4.5
"""From SIGTERM: three seconds, and a last one to be killed in."""
ALL_END_WITHIN_S = 15.0


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    with running_platform(home, extra={"ALLWARD_STUDY_QUIET_S": "0.5"}, real_plugin=False) as running:
        package = make_package(tmp_path_factory.mktemp("package"))
        running.allward("plugin", "install", str(package), "--built-here", "--department", "imaging-research")
        yield running


@contextmanager
def sending(platform: Running, studies: list[SmallStudy]) -> Iterator[Sender]:
    """Send studies one after the other while the block runs; all of them have arrived when it ends."""
    sender = sender_to(platform)

    def send_all() -> None:
        for study in studies:
            sender.send_until_acknowledged(study.paths)

    modality = threading.Thread(target=send_all, name="modality", daemon=True)
    modality.start()
    try:
        yield sender
    finally:
        modality.join(timeout=120)
    assert not modality.is_alive()


def assert_settled(platform: Running, studies: list[SmallStudy], *, seconds: float = 60) -> None:
    """Wait until every study is whole and has one result."""
    truth = Truth(platform)
    until(lambda: truth.faults_of(studies), [], seconds=seconds)


def until(look: Callable[[], object], wanted: object, *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while (seen := look()) != wanted:
        assert time.monotonic() < deadline, f"not within {seconds} s: {seen}"
        time.sleep(0.3)


def refused(client: httpx.Client, path: str, *, seconds: float = 8) -> httpx.Response:
    """Ask until the answer is that it cannot be said now: between two kills a service may answer."""
    deadline = time.monotonic() + seconds
    while (answer := client.get(path)).status_code != 503:
        assert answer.status_code == 200, answer.text
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return answer


def restarts(platform: Running) -> dict[str, int]:
    return {row["name"]: row["restarts"] for row in platform.processes()}


def restarts_since(before: dict[str, int], platform: Running) -> list[str]:
    """Return the processes that have been started again."""
    return [name for name, count in restarts(platform).items() if count > before[name]]


def test_an_engine_killed_in_mid_job_costs_one_attempt_and_the_job_is_done_once(platform, tmp_path):
    study = small_study(tmp_path, 300)
    truth = Truth(platform)
    os.kill(next(row["pid"] for row in platform.processes() if row["name"] == "engine"), signal.SIGSTOP)
    sender_to(platform).send_until_acknowledged(study.paths)
    until(lambda: truth.ask("SELECT state FROM runs_job"), [("in progress",)], seconds=30)
    kill(platform, "engine")
    assert_settled(platform, [study])
    attempts = truth.ask("SELECT outcome, message FROM runs_attempt ORDER BY number")
    assert attempts[-1][0] == "completed"
    assert {outcome for outcome, _ in attempts[:-1]} == {"temporary"}
    assert "engine" in attempts[0][1]


def test_postgres_restarted_twice_while_studies_flow_in_loses_nothing(platform, tmp_path):
    studies = [small_study(tmp_path, number) for number in range(310, 318)]
    with sending(platform, studies) as sender:
        for _ in range(2):
            time.sleep(1.5)
            kill(platform, "postgres")
    log.info("%d associations broken off", sender.broken_off)
    assert_settled(platform, studies)


async def _hear(platform: Running, patients: Sequence[SmallStudy]) -> str:
    """Open a page's socket, kill Valkey, send studies until one is heard of; return the last word of that.

    What was told before the socket was open again is not told twice: a page asks anew when it comes back.
    """
    secret = base64.b64encode(f"radiologist:{platform.password('radiologist')}".encode()).decode()
    address = f"ws://127.0.0.1:{platform.http_port}/ws/"

    async def listen() -> str:
        headers = {"Authorization": f"Basic {secret}"}
        async for socket in connect(address, additional_headers=headers):  # comes again, as the page does
            try:
                async for word in socket:
                    said = json.loads(word)
                    if said["type"] == "result.changed":
                        return str(said["type"])
            except ConnectionClosed:
                continue
        return "nothing"

    listening = asyncio.create_task(listen())
    await asyncio.sleep(1)
    kill(platform, "valkey")
    await asyncio.sleep(3)
    for patient in patients:
        await asyncio.to_thread(sender_to(platform).send_until_acknowledged, patient.paths)
        with suppress(TimeoutError):
            return await asyncio.wait_for(asyncio.shield(listening), 30)
    listening.cancel()
    return "nothing"


def test_an_open_page_hears_of_results_again_after_valkey_was_killed(platform, tmp_path):
    patients = [small_study(tmp_path, number) for number in range(340, 345)]
    assert asyncio.run(_hear(platform, patients)) == "result.changed"


def test_ten_seconds_without_postgres_end_no_process_and_are_told_as_such(platform, tmp_path):
    studies = [small_study(tmp_path, number) for number in range(320, 324)]
    before = restarts(platform)
    with kept_away(platform, "postgres", seconds=10), platform.client() as client:
        time.sleep(1)
        with ThreadPoolExecutor() as pages:
            *told, ready = pages.map(
                partial(refused, client), ("/api/v1/worklist/", "/dicom-web/studies", "/readyz")
            )
        for answer in told:
            assert "database" in answer.json()["detail"]["en"]
            assert "数据库" in answer.json()["detail"]["zh"]
        assert not ready.json()["checks"]["database"]["ready"]
        sender = sender_to(platform)
        for study in studies:  # received and acknowledged all the same
            sender.send_until_acknowledged(study.paths, seconds=5)
    assert_settled(platform, studies)
    assert restarts_since(before, platform) == ["postgres"]


def test_ten_seconds_without_valkey_delay_and_lose_nothing(platform, tmp_path):
    studies = [small_study(tmp_path, number) for number in range(330, 336)]
    before = restarts(platform)
    with (
        kept_away(platform, "valkey", seconds=10),
        sending(platform, studies),
        platform.client() as client,
    ):
        time.sleep(1)
        assert client.get("/api/v1/worklist/").status_code == 200
    assert_settled(platform, studies)
    assert restarts_since(before, platform) == ["valkey"]


def _endings(process_ids: dict[int, str], began_s: float, *, within_s: float) -> dict[str, float]:
    """Watch processes until the last has ended; return after how many seconds each did."""
    ended: dict[str, float] = {}
    left = dict(process_ids)
    while left and time.monotonic() - began_s < within_s:
        for process_id in list(left):
            if not Path(f"/proc/{process_id}").exists():
                ended[left.pop(process_id)] = round(time.monotonic() - began_s, 1)
        time.sleep(0.05)
    assert left == {}, f"still there after {within_s} s"
    return ended


def test_sigterm_under_load_ends_everything_in_seconds_and_leaves_no_process(platform, tmp_path):
    """The last test of this file: it ends the platform that the others shared."""
    studies = [small_study(tmp_path, number) for number in range(350, 358)]
    sender = sender_to(platform)
    stop = threading.Event()

    def send_on() -> None:
        while not stop.is_set():
            for study in studies:
                sender.send(study.paths)

    modality = threading.Thread(target=send_on, name="modality", daemon=True)
    modality.start()
    time.sleep(2)
    names = {row["pid"]: row["name"] for row in platform.processes()}
    began_s = time.monotonic()
    platform.process.send_signal(signal.SIGTERM)
    try:
        ended = _endings(names, began_s, within_s=ALL_END_WITHIN_S)
        assert platform.process.wait(timeout=ALL_END_WITHIN_S) == 0
    finally:
        stop.set()
        modality.join()
    log.info("ended after: %s", ended)
    assert time.monotonic() - began_s < ALL_END_WITHIN_S
    asked_first = {name: after_s for name, after_s in ended.items() if name not in ("postgres", "valkey")}
    assert max(asked_first.values()) < EACH_ENDS_WITHIN_S, ended
    assert processes_of(platform) == set()
