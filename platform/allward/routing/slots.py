"""Whether what a plug-in fills is asked for by an app of this platform."""

from allward.registry.models import PluginVersion
from allward_runner.apps import load_app
from allward_sdk.errors import BadInputError


def refuse_unknown_slots(version: PluginVersion) -> None:
    """Refuse a plug-in that fills what no app of this platform asks for.

    Raises
    ------
    UnknownAppError, BadInputError
        If there is no such app, or it has no such slot.
    """
    for fills in version.manifest["fills"]:
        app = load_app(fills.partition(".")[0])
        slots = (*app.slots, *app.optional_slots)
        if fills not in slots:
            raise BadInputError(f"The app {app.id} has no slot {fills!r}; it has: {', '.join(slots)}.")
