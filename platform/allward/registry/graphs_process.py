"""The process that looks into the graphs of a package: paths in, what is wrong with each as JSON out.

It is started by `graphs` with limits of its own, so that a graph that asks for too much ends this process and
no other; it has no environment, and gives up network and files as the check of a vendor's package does.
"""

import json
import resource
import sys
from collections.abc import Iterator
from pathlib import Path

from allward_sdk import graph_limits, graphs
from allward_sdk.confinement import confine, libraries


def main(most_bytes: str, paths: list[str]) -> int:
    """Print {path: [fault, ...]} of the models that have any, within so many bytes of address space."""
    limits = {resource.RLIMIT_AS: int(most_bytes), resource.RLIMIT_CORE: 0}
    confine(limits=limits, readable=(*libraries(), *map(Path, paths)), writable=(Path("/dev/null"),))
    found = {path: list(faults_of(Path(path))) for path in paths}
    sys.stdout.write(json.dumps({path: faults for path, faults in found.items() if faults}))
    return 0


def faults_of(path: Path) -> Iterator[str]:
    """Yield what keeps a graph from being run, as far as the graph alone tells."""
    try:
        model = graphs.load_graph(path)
    except ValueError as error:
        yield str(error)
        return
    yield from graphs.faults_of_external_data(model)
    yield from graphs.faults_of_operators(model)
    yield from graphs.faults_of_opset(model)
    yield from graph_limits.faults_of_demands(model)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
