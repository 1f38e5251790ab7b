"""A publisher that is killed at any step: every reader sees the old state or the new one, and it goes on."""

import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from operator import methodcaller
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.sdk.small_catalogue import PLUGIN, make_catalogue, publisher

from allward_sdk.catalogue.client import Catalogue
from allward_sdk.catalogue.copying import copy_catalogue
from allward_sdk.catalogue.repository import Repository
from allward_sdk.errors import AllwardError

KILLED = 9
CHANGES: dict[str, Callable[[Repository], object]] = {
    "add": lambda repository: repository.add_package(publisher().package("1.1.0")),
    "yank": lambda repository: repository.yank(PLUGIN, "1.0.0", "why"),
    "publishers": lambda repository: repository.set_publishers([replace(publisher().key, reason="x")]),
    "refresh": lambda repository: repository.refresh(),
    **{
        f"rotate {role}": methodcaller("rotate", role)
        for role in ("root", "targets", "snapshot", "timestamp")
    },
}


def dies_after(steps: int, change: Callable[[], object]) -> bool:
    """Make a change in a child that is killed before its n-th step on the disk; False if it ended well."""
    child = os.fork()
    if child == 0:
        _kill_before_step(steps)
        change()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, KILLED)
    return code == KILLED


def _kill_before_step(steps: int) -> None:
    left = steps

    def counting(real: Callable[..., object]) -> Callable[..., object]:
        def step(*args: object, **kwargs: object) -> object:
            nonlocal left
            left -= 1
            if left < 0:
                os._exit(KILLED)
            return real(*args, **kwargs)

        return step

    for name in ("replace", "rename", "fsync", "fchmod", "open"):
        setattr(os, name, counting(getattr(os, name)))


def seen(repository: Repository, cache: Path) -> tuple[object, ...]:
    """Return what a reader sees: never an error."""
    catalogue = Catalogue.open(repository.folder, repository.first_root, cache)
    assert not catalogue.is_stale
    return catalogue.entries(), catalogue.publishers()


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_that_is_killed_at_any_step_happened_or_did_not(tmp_path, name):
    publisher().package("1.1.0")
    before = make_catalogue(tmp_path / "before")
    old = seen(before, tmp_path / "reader")
    for steps in range(1000):
        folder = tmp_path / str(steps)
        shutil.copytree(tmp_path / "before", folder)
        shutil.copytree(tmp_path / "reader", folder / "reader")
        repository = Repository(folder / "catalogue", folder / "keys")
        died = dies_after(steps, partial(CHANGES[name], repository))
        between = seen(repository, folder / "reader")
        assert seen(repository, folder / "newcomer") == between
        CHANGES[name](repository)
        new = seen(repository, folder / "reader")
        assert between in (old, new)
        if not died:
            break
    assert steps > 8


def test_a_copy_that_is_killed_at_any_step_is_the_old_state_or_the_new_one(tmp_path):
    repository = make_catalogue(tmp_path)
    copy_catalogue(repository.folder, tmp_path / "stick")
    root = repository.first_root
    old = Catalogue.open(tmp_path / "stick", root, tmp_path / "reader").entries()
    repository.add_package(publisher().package("1.1.0"))
    for steps in range(1000):
        stick, cache = tmp_path / f"stick{steps}", tmp_path / f"reader{steps}"
        shutil.copytree(tmp_path / "stick", stick)
        shutil.copytree(tmp_path / "reader", cache)
        died = dies_after(steps, partial(copy_catalogue, repository.folder, stick))
        entries = Catalogue.open(stick, root, cache).entries()
        assert entries in (old, repository.entries())
        if not died:
            break
    assert entries == repository.entries()


@contextmanager
def busy(repository: Repository, seed: int) -> Iterator[None]:
    """Let a child change the catalogue without a pause, and kill it in the end."""
    child = os.fork()
    if child == 0:
        chosen = random.Random(seed)
        while True:
            CHANGES[chosen.choice(("refresh", "publishers", "rotate targets", "rotate snapshot", "add"))](
                repository
            )
    try:
        yield
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_a_reader_beside_a_publisher_that_is_killed_again_and_again_sees_whole_states_only(tmp_path):
    publisher().package("1.1.0")
    repository = make_catalogue(tmp_path)
    looks = 0
    for seed in range(12):
        with busy(repository, seed):
            until = time.monotonic() + random.Random(seed).uniform(0.05, 0.4)
            while time.monotonic() < until or looks <= seed:
                entries, _ = seen(repository, tmp_path / "reader")
                assert len(entries) in (1, 2)
                looks += 1
    repository.yank(PLUGIN, "1.0.0", "why")
    assert seen(repository, tmp_path / "reader")[0][0].yanked == "why"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    repository = make_catalogue(folder)
    repository.rotate("timestamp")
    return repository, seen(repository, folder / "reader")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_flipped_bit_is_refused_or_changes_nothing(whole, tmp_path_factory, data):
    repository, good = whole
    files = sorted(
        path for path in repository.folder.rglob("*") if path.is_file() and path != repository.first_root
    )
    path = data.draw(st.sampled_from(files))
    content = path.read_bytes()
    bit = data.draw(st.integers(0, 8 * len(content) - 1))
    flipped = bytearray(content)
    flipped[bit // 8] ^= 1 << bit % 8
    path.write_bytes(flipped)
    try:
        refusal = refusal_or_good(repository, tmp_path_factory.mktemp("flipped"), good)
    finally:
        path.write_bytes(content)
    assert refusal is None or path.name in refusal


def refusal_or_good(repository, folder, good):
    """Return why a newcomer is refused; None if what it reads and fetches is what was published."""
    try:
        catalogue = Catalogue.open(repository.folder, repository.first_root, folder)
        fetched = catalogue.fetch(catalogue.entries()[0], folder)
    except AllwardError as error:
        return str(error)
    assert (catalogue.entries(), catalogue.publishers()) == good
    assert fetched.read_bytes() == publisher().package("1.0.0").read_bytes()
    return None
