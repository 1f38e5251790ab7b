"""Finds the installed apps; the platform and the runner load them by entry point and never import one."""

from importlib.metadata import entry_points

from allward_runner.case import AppDefinition
from allward_sdk.errors import AllwardError

GROUP = "allward.apps"
"""Entry-point group; each entry is an `AppDefinition`."""


class UnknownAppError(AllwardError):
    """No installed app has this name, or fills this slot."""


def app_names() -> list[str]:
    """Return the ids of the installed apps."""
    return sorted(entry.name for entry in entry_points(group=GROUP))


def load_app(app_id: str) -> AppDefinition:
    """Return an installed app.

    Raises
    ------
    UnknownAppError
        If there is none of that name.
    """
    for entry in entry_points(group=GROUP, name=app_id):
        app: AppDefinition = entry.load()
        return app
    raise UnknownAppError(f"There is no app {app_id!r}. Installed: {', '.join(app_names()) or 'none'}.")
