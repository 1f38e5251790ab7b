"""Which app speaks for a plug-in's results: one that was made for them, else the plug-in by itself."""

from collections.abc import Mapping

from allward_runner.apps import app_names, load_app
from allward_runner.case import AppDefinition
from allward_runner.direct.app import DirectApp
from allward_sdk.manifest import Manifest
from allward_sdk.stages import operation_of


def speaker(app: AppDefinition, manifests: Mapping[str, Manifest]) -> AppDefinition:
    """Return who interprets the results of the plug-ins in an app's slots.

    The app itself, if it was made for every operation of theirs. Else the plug-in that it was not made
    for is told as it is.

    Parameters
    ----------
    manifests
        By slot.
    """
    for slot, manifest in manifests.items():
        if not understands(app, manifest):
            return DirectApp(manifest, slot=slot)
    return app


def app_of(manifest: Manifest) -> AppDefinition:
    """Return the app that speaks for a plug-in run by itself: the one whose slot it fills, if installed.

    A plug-in that fills an optional slot alone does not make an app run: it is told as it is.
    """
    name = manifest.fills[0].partition(".")[0]
    app = load_app(name) if name in app_names() else None
    if app is None or manifest.fills[0] not in app.slots:
        return DirectApp(manifest)
    return speaker(app, {manifest.fills[0]: manifest})


def understands(app: AppDefinition, manifest: Manifest) -> bool:
    """Tell whether an app was made for everything that a plug-in finds."""
    return all(operation_of(stage) in app.operations for stage in manifest.stages)
