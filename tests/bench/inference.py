"""The real plug-in on a real CT: seconds for each stage, and the engine's memory."""

import json
import time

from allward.config.environment import Environment
from allward_engine.client import EngineClient
from tests.bench import small_load
from tests.bench.table import Row, row
from tests.running_platform import Running
from tests.samples import samples_folder

SAMPLE = "liver-ct/CRLM-CT-1004_CT.tar.xz"


def measure(running: Running) -> list[Row]:
    """Send the CT, wait for its result, and read the stages' times."""
    folder = samples_folder()
    if folder is None:
        raise SystemExit("the inference section needs the real studies; set ALLWARD_SAMPLES")
    running.allward("import", str(folder / SAMPLE))
    clock = small_load.Clock(running)
    clock.wait("ResultReady", after=None, seconds=900)
    timings = _timings_s(running)
    status = EngineClient(Environment.read(running.variables).engine_socket).status()
    return [
        row("liver stage, 41 slices of 512x512", [timings["liver"]], unit="s", goal="<= 60 s"),
        row("lesion stage", [timings["lesions"]], unit="s", goal="<= 180 s"),
        row("labels back to the series' grid", [timings["labels"]], unit="s", goal="-"),
        row(
            "engine, peak resident memory",
            [status["peak_resident_mib"] / 1024],
            unit="GiB",
            goal="<= 2.33 GiB",
        ),
    ]


def _timings_s(running: Running) -> dict[str, float]:
    deadline = time.monotonic() + 30
    with running.client() as client:
        while time.monotonic() < deadline:
            items = client.get("/api/v1/worklist/").raise_for_status().json()["items"]
            found = _results(running, items[0]["study_instance_uid"])
            if found:
                return found
            time.sleep(0.5)
    raise TimeoutError("the result did not come")


def _results(running: Running, study_instance_uid: str) -> dict[str, float]:

    printed = json.loads(running.allward("results", study_instance_uid, "--json").stdout)
    return dict(printed[0]["timings_s"]) if printed else {}
