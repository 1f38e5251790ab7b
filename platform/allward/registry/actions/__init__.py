"""Every way plug-in versions, installations and trusted keys are written."""

from allward.registry.actions.catalogue import (
    catalogue_of_hospital,
    follow_catalogue,
    import_from_catalogue,
)
from allward.registry.actions.importing import (
    adopt_version,
    import_build,
    import_package,
    package_key,
)
from allward.registry.actions.installations import (
    NothingEarlierError,
    enable,
    install,
    roll_back,
    uninstall,
    yank,
    yank_version,
)
from allward.registry.actions.keys import trust_builds_of, trust_key, trust_own_key

__all__ = [
    "NothingEarlierError",
    "adopt_version",
    "catalogue_of_hospital",
    "enable",
    "follow_catalogue",
    "import_build",
    "import_from_catalogue",
    "import_package",
    "install",
    "package_key",
    "roll_back",
    "trust_builds_of",
    "trust_key",
    "trust_own_key",
    "uninstall",
    "yank",
    "yank_version",
]
