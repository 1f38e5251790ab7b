"""Every way plug-in versions, installations and trusted keys are written."""

from allward.registry.actions.catalogue import (
    catalogue_of_hospital,
    follow_catalogue,
    import_from_catalogue,
)
from allward.registry.actions.following import (
    NoCatalogueError,
    forget_catalogue,
    import_followed,
    name_catalogue,
    sync_catalogue,
)
from allward.registry.actions.importing import (
    adopt_version,
    import_build,
    import_package,
    package_key,
)
from allward.registry.actions.installations import (
    NothingEarlierError,
    accept,
    enable,
    install,
    lock_beside,
    roll_back,
    set_parameters,
    uninstall,
    withdraw_acceptance,
    yank,
    yank_version,
)
from allward.registry.actions.keys import trust_builds_of, trust_key, trust_own_key
from allward.registry.actions.policy import name_authority

__all__ = [
    "NoCatalogueError",
    "NothingEarlierError",
    "accept",
    "adopt_version",
    "catalogue_of_hospital",
    "enable",
    "follow_catalogue",
    "forget_catalogue",
    "import_build",
    "import_followed",
    "import_from_catalogue",
    "import_package",
    "install",
    "lock_beside",
    "name_authority",
    "name_catalogue",
    "package_key",
    "roll_back",
    "set_parameters",
    "sync_catalogue",
    "trust_builds_of",
    "trust_key",
    "trust_own_key",
    "uninstall",
    "withdraw_acceptance",
    "yank",
    "yank_version",
]
