"""`allward node`: lend this machine's devices to a platform that runs elsewhere, until Ctrl-C."""

import argparse

from allward.config.environment import Environment
from allward.config.variables import ConfigurationError


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to `allward`."""
    parser = commands.add_parser("node", help="run jobs on this machine for a platform that runs elsewhere")
    parser.set_defaults(run=run)


def run(_arguments: argparse.Namespace) -> int:
    """Run until somebody asks to stop; return the exit code."""
    from allward.config.commands.start import say
    from allward.config.processes import plan_of_node
    from allward.config.supervisor.up import up

    environment = Environment.read()
    _check(environment)
    up(environment, plan_of_node(environment), say)
    return 0


def _check(environment: Environment) -> None:
    """Refuse what belongs to this machine alone: jobs, messages and images are the platform's."""
    own = [
        name
        for name, is_own in (
            ("ALLWARD_DATABASE_URL", environment.embedded_database),
            ("ALLWARD_BROKER_URL", environment.embedded_broker),
            ("ALLWARD_STORAGE_URL", environment.storage_url == (environment.home / "storage").as_uri()),
        )
        if is_own
    ]
    if own:
        raise ConfigurationError(
            f"A node works for a platform elsewhere: set {', '.join(own)} to the platform's own "
            f'(docs/configuration.md, section "More machines").'
        )
