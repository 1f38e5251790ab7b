"""The process that looks into a vendor's package: a file in, a line of JSON for each rule out.

It has no environment, so no credentials and no address of a database; it ends with its parent, and the
limits below hold before the first byte of the package is read. It runs no model.
"""

import ctypes
import json
import resource
import signal
import sys
from pathlib import Path

MOST_MEMORY_BYTES = 8 << 30
"""Address space; every graph of a package is in memory at once."""
MOST_SECONDS = 900
"""Processor time."""
MOST_OUTPUT_BYTES = 9 << 30
"""What may be written into one file: models are unpacked to be looked at."""
TOO_MUCH_MEMORY = 3
"""Exit status where memory ran out."""

_PR_SET_PDEATHSIG = 1
"""Source: linux/prctl.h."""


def limit() -> None:
    """Hold this process to what a check may use, and let it end with its parent."""
    limits = {
        resource.RLIMIT_AS: MOST_MEMORY_BYTES,
        resource.RLIMIT_CPU: MOST_SECONDS,
        resource.RLIMIT_FSIZE: MOST_OUTPUT_BYTES,
        resource.RLIMIT_CORE: 0,
    }
    for kind, most in limits.items():
        hard = resource.getrlimit(kind)[1]
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (least, least))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def main(path: str) -> int:
    """Tell every rule's verdict as soon as it is known."""
    limit()
    from allward_sdk.check import checking

    try:
        for result in checking(Path(path)):
            said = json.dumps(result.to_json(), ensure_ascii=False) + "\n"
            sys.stdout.buffer.write(said.encode("utf-8", "replace"))
            sys.stdout.buffer.flush()
    except MemoryError:
        return TOO_MUCH_MEMORY
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
