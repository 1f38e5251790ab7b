"""The life of a plug-in version in a hospital, and of a publisher's key."""

from enum import StrEnum


class InstallationState(StrEnum):
    """How far a hospital trusts a version."""

    IMPORTED = "imported"
    VERIFIED = "verified"
    ACCEPTED = "accepted"
    ENABLED = "enabled"
    SUPERSEDED = "superseded"
    ROLLED_BACK = "rolled back"
    YANKED = "yanked"
    UNINSTALLED = "uninstalled"


_S = InstallationState
MAY_BECOME: dict[InstallationState, frozenset[InstallationState]] = {
    _S.IMPORTED: frozenset({_S.VERIFIED, _S.YANKED, _S.UNINSTALLED}),
    _S.VERIFIED: frozenset({_S.ACCEPTED, _S.ENABLED, _S.YANKED, _S.UNINSTALLED}),
    _S.ACCEPTED: frozenset({_S.VERIFIED, _S.ENABLED, _S.YANKED, _S.UNINSTALLED}),  # with other values
    _S.ENABLED: frozenset({_S.SUPERSEDED, _S.ROLLED_BACK, _S.YANKED, _S.UNINSTALLED}),
    _S.SUPERSEDED: frozenset({_S.ENABLED, _S.YANKED, _S.UNINSTALLED}),
    _S.ROLLED_BACK: frozenset({_S.ENABLED, _S.YANKED, _S.UNINSTALLED}),
    _S.YANKED: frozenset({_S.UNINSTALLED}),
    _S.UNINSTALLED: frozenset({_S.VERIFIED}),
}


class KeyState(StrEnum):
    """What a publisher's key still proves."""

    ACTIVE = "active"
    ROTATED = "rotated"
    REVOKED = "revoked"
