"""Every way plug-in versions, installations and trusted keys are written."""

from allward.registry.actions.importing import adopt_version, import_package, package_key
from allward.registry.actions.installations import (
    NothingEarlierError,
    enable,
    install,
    roll_back,
    uninstall,
    yank,
)

__all__ = [
    "NothingEarlierError",
    "adopt_version",
    "enable",
    "import_package",
    "install",
    "package_key",
    "roll_back",
    "uninstall",
    "yank",
]
