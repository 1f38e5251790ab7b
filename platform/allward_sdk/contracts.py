"""Which versions of the plug-in contract are read: the current one, and the one before it, brought up to it.

A manifest of the previous version becomes one of the current version before anything else looks at it, so
that only this module knows that there was another. The package and its digest stay as they are.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

CONTRACT = 1
"""Raised by one when an old plug-in would no longer run; see docs/contract/changes.md."""

Upgrade: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]
"""Turns the tables of a manifest into those of the next version; it may change what it is given."""

CONTRACTS: Mapping[int, Upgrade | None] = {CONTRACT: None}
"""Every version that is read -> how it becomes the next one; None at the current version."""


def to_current(
    tables: Mapping[str, Any], contracts: Mapping[int, Upgrade | None] = CONTRACTS
) -> Mapping[str, Any]:
    """Return the tables of a manifest as the current version of the contract has them.

    Tables without a whole number at `contract` are returned as they are: the schema refuses them.

    Raises
    ------
    ValueError
        If the version is not read, with what to do about it.
    """
    version, current = tables.get("contract"), max(contracts)
    if isinstance(version, bool) or not isinstance(version, int) or version == current:
        return tables
    if version not in contracts:
        raise ValueError(_unread(version, contracts))
    upgraded = dict(tables)
    while (upgrade := contracts[version]) is not None:
        version += 1
        upgraded = {**upgrade(upgraded), "contract": version}
    return upgraded


def _unread(version: int, contracts: Mapping[int, Upgrade | None]) -> str:
    read = " and ".join(map(str, sorted(contracts)))
    if version > max(contracts):
        return (
            f"contract {version} is newer than what this Allward reads ({read}): update Allward, "
            f"or ask the vendor for a package of contract {max(contracts)}"
        )
    return (
        f"contract {version} is no longer read, only {read}: ask the vendor for a newer package, "
        "or make it anew with the present kit (docs/contract/changes.md tells what changed)"
    )
