"""The book of what brought workers down."""

import json
import os

import pytest
from tests.unit.engine.graphs import geometry, manifest, stage

from allward_engine.front.quarantine import Quarantine, key_of, voxels_digest
from allward_engine.requests import SegmentRequest
from allward_sdk.errors import PluginFaultError, QuarantinedError


def asked(*, digest="0" * 64, job_id="job", input_digest="", shape=(4, 4, 4)):
    spec = manifest([stage("liver", window=(3, 3, 3), labels=["liver"])], {"liver": digest})
    return SegmentRequest(
        job_id=job_id, tenant="t", manifest=spec, geometry=geometry(shape), input_digest=input_digest
    )


def test_twice_is_enough_and_once_is_only_suspect(tmp_path):
    book, request = Quarantine(tmp_path / "q.json"), asked()
    key = key_of(request, "voxels")
    assert not book.suspects(request)
    assert not book.blame(key, request, "the worker was ended by SIGSEGV")
    assert book.suspects(request)
    assert book.refusal(key) is None
    assert book.describe() == []
    assert book.blame(key, request, "the worker was ended by SIGSEGV")
    refusal = book.refusal(key)
    assert isinstance(refusal, QuarantinedError)
    assert isinstance(refusal, PluginFaultError)
    assert "org.test.thing 1.0.0" in str(refusal)
    assert "SIGSEGV" in str(refusal)


def test_it_outlives_the_process_until_it_is_released(tmp_path):
    path, request = tmp_path / "q.json", asked()
    key = key_of(request, "voxels")
    for _ in range(2):
        Quarantine(path).blame(key, request, "why")
    later = Quarantine(path)
    assert [entry["key"] for entry in later.describe()] == [key]
    assert set(later.describe()[0]) == {"key", "plugin", "job_id", "reason", "since"}
    assert later.release(key)
    assert not later.release(key)
    assert json.loads(path.read_text()) == []
    assert Quarantine(path).refusal(key) is None


def test_a_good_end_clears_a_suspicion(tmp_path):
    book, request = Quarantine(tmp_path / "q.json"), asked()
    key = key_of(request, "voxels")
    book.blame(key, request, "why")
    book.forgive(key)
    assert not book.blame(key, request, "why")


@pytest.mark.parametrize("text", ["", "{", "[1]", '[{"key": 1}]', '{"a": []}'])
def test_a_damaged_book_starts_empty(tmp_path, text):
    (tmp_path / "q.json").write_text(text)
    assert Quarantine(tmp_path / "q.json").describe() == []


def test_a_key_is_of_the_images_the_place_and_the_models():
    key = key_of(asked(), "voxels")
    assert key == key_of(asked(job_id="another"), "voxels")
    assert key != key_of(asked(), "others")
    assert key != key_of(asked(shape=(4, 4, 5)), "voxels")
    assert key != key_of(asked(digest="1" * 64), "voxels")
    assert key_of(asked(input_digest="d"), "x") == key_of(asked(input_digest="d"), "y")


def test_voxels_are_hashed_where_they_lie(tmp_path):
    descriptor = os.memfd_create("v")
    os.write(descriptor, bytes(3 * 2**20 + 7))
    same = os.dup(descriptor)
    assert voxels_digest(descriptor) == voxels_digest(same)
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(same)
