"""Errors by whose fault they are; retry, wording and audience follow from the class alone."""


class AllwardError(Exception):
    """Base of every error that is raised on purpose."""


class BadInputError(AllwardError):
    """The images do not meet the stated needs. Never retried; told to the user."""


class PluginFaultError(AllwardError):
    """The plug-in broke its contract or crashed. Never retried; told to the vendor and the administrator."""


class ManifestError(PluginFaultError):
    """`plugin.toml` or the package around it is not what the contract asks for."""


class UntrustedError(AllwardError):
    """Nobody whom this hospital trusts answers for these bytes. Refused; told to the administrator."""


class QuarantinedError(PluginFaultError):
    """The plug-in has brought the engine down on these images twice. Refused until somebody releases it."""


class TemporaryError(AllwardError):
    """It could not be done just now. Retried with back-off; told to nobody."""


class BusyError(TemporaryError):
    """Somebody else does it at this moment. Told to whoever asked for it meanwhile."""


class CanceledError(AllwardError):
    """Somebody asked for the work to stop, and it stopped."""


class UsageError(AllwardError):
    """The command cannot be run as it was asked for. Told to whoever typed it."""


class CatalogueError(AllwardError):
    """A catalogue, or what was taken from it, cannot be believed. Not retried; told to the administrator."""


class StaleCatalogueError(CatalogueError):
    """Older than its greatest age: it installs nothing until somebody brings a newer copy."""
