"""Ends every process group after the supervisor died without doing so itself.

It reads from a pipe whose other end only the supervisor holds: `add GROUP SIGNAL RANK` and `drop GROUP`,
one a line; the first ones may be its arguments. `end` means that all is well; the end of the file means that
the supervisor was killed. Then the groups get their signal, highest rank first, and what is left after a
while is killed: grandchildren too, which a signal on the parent's death would not reach. Run by its path with
`python -I -S`; imports nothing of the project.
"""

import contextlib
import itertools
import os
import signal
import sys
import time
from collections.abc import Iterable

PATIENCE_S = 5.0
"""From asking to killing; the supervisor itself waits no longer."""

Groups = dict[int, tuple[int, int]]
"""Signal and rank by process group."""


def watch(lines: Iterable[str]) -> Groups:
    """Follow the supervisor until it dies; return what it ran then, or nothing if it said goodbye."""
    groups: Groups = {}
    for line in lines:
        match line.split():
            case ["add", group, number, rank]:
                groups[int(group)] = (int(number), int(rank))
            case ["drop", group]:
                groups.pop(int(group), None)
            case ["end"]:
                return {}
    return groups


def end(groups: Groups, *, patience_s: float = PATIENCE_S) -> None:
    """End the groups, rank by rank."""
    for rank in sorted({rank for _, rank in groups.values()}, reverse=True):
        members = [group for group, (_, own_rank) in groups.items() if own_rank == rank]
        for group in members:
            with contextlib.suppress(ProcessLookupError):
                os.kill(group, groups[group][0])
        _wait(members, patience_s)
        for group in members:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)


def _wait(groups: Iterable[int], patience_s: float) -> None:
    end_s = time.monotonic() + patience_s
    while time.monotonic() < end_s and any(_is_alive(group) for group in groups):
        time.sleep(0.1)


def _is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    end(watch(itertools.chain(sys.argv[1:], sys.stdin)))
