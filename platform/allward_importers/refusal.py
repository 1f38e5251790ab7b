"""The error of every importer: it names what cannot be taken over, and why."""

from allward_sdk.errors import UsageError


class RefusedError(UsageError):
    """What was to be imported cannot be taken over as it is. Told to whoever typed the command."""
