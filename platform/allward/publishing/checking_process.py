"""The process that looks into a vendor's package: a file in, a line of JSON for each rule out.

It has no environment, so no credentials and no address of a database. Before the first byte of the package is
read it gives up the network, other programs and other files, as far as the kernel lets it, and says so in its
first line; it ends with its parent. It runs no model.
"""

import json
import resource
import sys
from pathlib import Path
from typing import Any

from allward_sdk.confinement import confine, keeps_from_network, libraries

MOST_MEMORY_BYTES = 8 << 30
"""Address space; every graph of a package is in memory at once."""
MOST_SECONDS = 900
"""Processor time."""
MOST_OUTPUT_BYTES = 9 << 30
"""What may be written into one file: models are unpacked to be looked at."""
TOO_MUCH_MEMORY = 3
"""Exit status where memory ran out."""
NOT_CONFINED = 4
"""Exit status where the kernel has no means to keep this process from the network; nothing was read."""
ANYWAY = "anyway"
"""Asks for a check where it has none."""
CONFINED_BY = "confined_by"
"""Key of the first line: by which means this process was confined."""

_LIMITS = {
    resource.RLIMIT_AS: MOST_MEMORY_BYTES,
    resource.RLIMIT_CPU: MOST_SECONDS,
    resource.RLIMIT_FSIZE: MOST_OUTPUT_BYTES,
    resource.RLIMIT_CORE: 0,
}


def confined(package: Path, folder: Path) -> tuple[str, ...]:
    """Give up all that a check needs not; return by which means.

    Parameters
    ----------
    package
        Is read.
    folder
        Is written into.
    """
    return confine(limits=_LIMITS, readable=(*libraries(), package), writable=(folder, Path("/dev/null")))


def main(package: str, folder: str, *words: str) -> int:
    """Tell by which means this process is confined, then every rule's verdict as soon as it is known."""
    means = confined(Path(package), Path(folder))
    if not keeps_from_network(means) and ANYWAY not in words:
        return NOT_CONFINED
    _say({CONFINED_BY: means})
    from allward_sdk.check import checking

    try:
        for result in checking(Path(package)):
            _say(result.to_json())
    except MemoryError:
        return TOO_MUCH_MEMORY
    return 0


def _say(line: dict[str, Any]) -> None:
    said = json.dumps(line, ensure_ascii=False) + "\n"
    sys.stdout.buffer.write(said.encode("utf-8", "replace"))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
