"""`allward up`: everything on this machine, until Ctrl-C."""

import argparse
import sys

from allward.config.environment import Environment, unknown_variables


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to `allward`."""
    parser = commands.add_parser("up", help="start everything on this machine and keep it running")
    parser.set_defaults(run=run)


def run(_arguments: argparse.Namespace) -> int:
    """Run until somebody asks to stop; return the exit code."""
    from allward.config.processes import plan
    from allward.config.supervisor.up import up

    for name in unknown_variables():
        _say(f"{name} is set but means nothing to Allward (docs/configuration.md).")
    environment = Environment.read()
    up(environment, plan(environment), _say)
    return 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
