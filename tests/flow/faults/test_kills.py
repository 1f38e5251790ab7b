"""kill -9 of any one process, 20 times at random, while 20 studies flow in: nothing is lost or doubled."""

import logging
import os
import random
import signal
import threading
import time

import pytest
from tests.flow.faults.killing import Killer, processes_of
from tests.flow.faults.sending import SmallStudy, sender_to, small_study
from tests.flow.faults.truth import Truth
from tests.running_platform import Running, running_platform
from tests.small_package import make_package

log = logging.getLogger(__name__)

pytestmark = pytest.mark.timeout(400)

STUDIES = 20
KILLS = 20
LONGEST_PAUSE_S = 4.0
SETTLED_WITHIN_S = 120.0


QUICK = {"ALLWARD_STUDY_QUIET_S": "0.5"}


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    with running_platform(home, extra=QUICK, real_plugin=False) as running:
        package = make_package(tmp_path_factory.mktemp("package"))
        running.allward("plugin", "install", str(package), "--built-here", "--department", "imaging-research")
        yield running


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    folder = tmp_path_factory.mktemp("studies")
    return [small_study(folder, number) for number in range(1, STUDIES + 1)]


def wait_until_settled(truth: Truth, studies: list[SmallStudy]) -> list[str]:
    """Wait until nothing is wrong any more; return what still is."""
    deadline = time.monotonic() + SETTLED_WITHIN_S
    while (found := truth.faults_of(studies)) and time.monotonic() < deadline:
        time.sleep(1)
    return found


def test_after_twenty_kills_every_study_is_whole_and_has_one_result(platform: Running, studies):
    seed = int(os.environ.get("KILL_SEED", random.SystemRandom().randrange(10**6)))
    log.warning("KILL_SEED=%d", seed)
    chance = random.Random(seed)
    sender, killer = sender_to(platform), Killer(platform, chance)

    def send_all() -> None:
        for study in studies:
            sender.send_until_acknowledged(study.paths)
            time.sleep(1)

    began = time.monotonic()
    modality = threading.Thread(target=send_all, name="modality")
    modality.start()
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.5, LONGEST_PAUSE_S))
        killer.kill_one()
    modality.join(timeout=150)
    sent_s = time.monotonic() - began
    assert not modality.is_alive()
    told = f"KILL_SEED={seed}, killed: {', '.join(killer.killed)}"
    assert wait_until_settled(Truth(platform), studies) == [], f"{told}\n{platform.output()}"
    log.info("%s; %d associations broken off", told, sender.broken_off)
    log.info("sent after %.0f s, settled after %.0f s", sent_s, time.monotonic() - began)
    platform.wait_ready()
    with platform.client() as client:
        items = client.get("/api/v1/worklist/", params={"limit": 100}).raise_for_status().json()["items"]
    assert {item["study_instance_uid"] for item in items} == {s.study_instance_uid for s in studies}
    assert {item["ai"]["state"] for item in items} == {"completed"}


def test_a_supervisor_that_is_killed_takes_all_with_it_and_the_next_one_goes_on(platform: Running, tmp_path):
    """The last test of this file: it ends the platform that the others shared."""
    studies = [small_study(tmp_path, number) for number in range(101, 105)]
    sender = sender_to(platform)
    for study in studies:
        sender.send_until_acknowledged(study.paths)
    platform.process.send_signal(signal.SIGKILL)
    platform.process.wait()
    deadline = time.monotonic() + 15
    while left := processes_of(platform):
        assert time.monotonic() < deadline, left
        time.sleep(0.1)
    with running_platform(platform.home, extra=QUICK, real_plugin=False) as again:
        assert wait_until_settled(Truth(again), studies) == [], again.output()
