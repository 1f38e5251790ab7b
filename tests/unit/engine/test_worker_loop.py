"""A worker obeys: units one at a time, loads beside them, and every answer says whose it is."""

import os
import socket
import threading

import numpy as np
import pytest
from tests.unit.engine.processes import request, volume

from allward_engine.residency import read_model
from allward_engine.sessions import Output, Runtime
from allward_engine.wire import (
    ConnectionClosedError,
    receive_message,
    send_message,
    share_array,
    shared_array,
)
from allward_engine.worker.loaded import LoadedModels
from allward_engine.worker.loop import Worker
from allward_engine.worker.meter import ProcessMeter


class Session:
    device = "test CPU"

    def run(self, tensor):
        return Output((np.where(tensor > 50, np.float32(1), np.float32(0)),))

    def release(self):
        """Nothing is held."""


class Front:
    """The front's side of a worker that runs in this process."""

    def __init__(self, folder):
        self.folder = folder
        self.may_load = threading.Event()
        self.channel, theirs = socket.socketpair()

        def load(graph, spec):
            assert self.may_load.wait(10)
            return Session()

        models = LoadedModels(folder, Runtime("test CPU", load), ProcessMeter())
        self.thread = threading.Thread(target=self._serve, args=(theirs, models), daemon=True)
        self.thread.start()

    def _serve(self, channel, models):
        with pytest.raises(ConnectionClosedError):
            Worker(channel, models).run()
        channel.close()

    def say(self, do, **more):
        send_message(self.channel, {"do": do, **more})

    def hear(self):
        return receive_message(self.channel)

    def open(self, job, size=24):
        asked, voxels = request(self, size=size), volume()
        descriptor = share_array(voxels, "v")
        message = {"do": "open", "job": job, "request": asked.to_json(), "shape": list(voxels.shape)}
        send_message(self.channel, {**message, "dtype": "int16"}, (descriptor,))
        os.close(descriptor)
        return asked

    def step(self, *jobs):
        self.say("step", jobs=list(jobs))
        return self.hear()

    def step_to_infer(self, job):
        while True:
            message, _ = self.step(job)
            (row,) = message["jobs"]
            if row["said"] == "infer":
                return row["wants"]

    def load(self, model):
        self.may_load.set()
        self.say("load", model=model)
        return self.hear()[0]


@pytest.fixture
def front(tmp_path):
    made = Front(tmp_path)
    assert made.hear()[0] == {"type": "ready", "device": "test CPU", "device_bytes": None}
    yield made
    made.may_load.set()
    made.channel.close()
    made.thread.join(10)
    assert not made.thread.is_alive()


def test_units_run_while_a_model_is_loaded_and_what_was_measured_beside_them_is_not_believed(front):
    for job in (1, 2):  # both before the load: they write the model's file
        front.open(job)
    wants = front.step_to_infer(1)
    front.say("load", model=wants["model"])
    assert front.step(2)[0]["type"] == "stepped"
    front.may_load.set()
    answer = front.hear()[0]
    assert (answer["type"], answer["model"]) == ("loaded", wants["model"])
    assert answer["bytes"] == wants["bytes"] == len(read_model(front.folder, wants["sha256"]))


def test_two_jobs_share_a_run_and_each_comes_to_its_own_end(front):
    for job in (1, 2):
        front.open(job)
        wants = front.step_to_infer(job)
    assert front.load(wants["model"])["type"] == "loaded"
    message, _ = front.step(1, 2)
    assert [row["job"] for row in message["jobs"]] == [1, 2]
    assert all("progress" in row for row in message["jobs"])
    left, found = {1, 2}, {}
    while left:
        for job in sorted(left):
            message, descriptors = front.step(job)
            if message["type"] == "finished":
                labels = message["answer"]["labels"]
                found[job] = shared_array(descriptors[0], tuple(labels["shape"]), labels["dtype"])
                message, _ = front.hear()
                left.discard(job)
            assert message["jobs"][0]["job"] == job
    assert all(np.array_equal(labels, volume() > 50) for labels in found.values())


def test_a_short_unit_goes_on_with_runs_of_models_that_are_ready_and_each_run_is_told(front):
    front.open(1)
    wants = front.step_to_infer(1)
    front.load(wants["model"])
    front.open(2)
    runs, units = [], 0
    while True:
        front.say("step", jobs=[2], ready=[wants["model"]])
        message, _ = front.hear()
        if message["type"] == "finished":
            message, _ = front.hear()
        units += 1
        runs += message["runs"]
        assert message["took_s"] >= sum(run["took_s"] for run in message["runs"])
        if message["jobs"][0]["said"] == "finished":
            break
    assert {(run["model"], run["items"]) for run in runs} == {(wants["model"], 1)}
    assert len(runs) == 8  # windows of 24 voxels over 40 x 48 x 48, half overlapping at most
    assert units < len(runs)


def test_a_job_that_was_closed_is_gone_and_memory_is_given_back_when_asked(front):
    front.open(1)
    wants = front.step_to_infer(1)
    front.load(wants["model"])
    front.say("rest", model=wants["model"])
    assert front.hear()[0] == {"type": "rested", "model": wants["model"]}
    front.say("drop", model=wants["model"])
    assert front.hear()[0] == {"type": "dropped", "model": wants["model"]}
    front.say("close", job=1)
    front.open(1)
    assert front.step(1)[0]["jobs"][0]["said"] in ("progress", "infer")


def test_a_model_that_cannot_be_loaded_is_told_and_the_worker_goes_on(front):
    asked = front.open(1)
    wants = front.step_to_infer(1)
    (front.folder / f"{asked.manifest.models['liver'].sha256}.onnx").write_bytes(b"other")
    answer = front.load(wants["model"])
    assert (answer["type"], answer["fault"]) == ("not_loaded", "PluginFaultError")
    assert "altered" in answer["message"]
    front.open(2)
    said = front.step(2)[0]
    assert said["type"] == "stepped", said


def test_images_that_cannot_be_mapped_are_a_passing_fault_and_end_nothing_else(front, monkeypatch):
    def full(*_):
        raise OSError("Cannot allocate memory")

    with monkeypatch.context() as patched:
        patched.setattr("allward_engine.worker.loop.shared_array", full)
        front.open(1)
        (row,) = front.step(1)[0]["jobs"]
    assert (row["said"], row["fault"]) == ("failed", "TemporaryError")
    front.open(2)
    assert front.step(2)[0]["jobs"][0]["said"] in ("progress", "infer")
