"""Call one function of `allward.config.provision` in a process of its own: the supervisor stays small.

`python -m allward.config.supervisor.hook provision | load_samples`
"""

import importlib
import sys

from allward.config.embedded.state_folder import write_private
from allward.config.environment import Environment
from allward_sdk.errors import AllwardError

WELCOME = "welcome"
"""The file in `run` that tells the supervisor what to print when all is ready. It may hold passwords."""


def main(name: str) -> int:
    """Call the function; return the exit code."""
    environment = Environment.read()
    hooks = importlib.import_module("allward.config.provision")
    try:
        getattr(hooks, name)(environment)
        if (
            name == "provision"
        ):  # here everything is loaded already, which another process would pay for again
            write_private(environment.run_folder / WELCOME, hooks.welcome(environment))
    except AllwardError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
