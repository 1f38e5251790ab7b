"""What the catalogue says of one package: a target of the TUF repository with its custom part.

A package is the target `<plug-in id>/<version>/<file>`; `publishers.json` is the list of keys. Other targets
are for readers of later versions and are passed over.

Source
------
ADR-0018; TUF specification 4.5 (targets).
"""

import re
from dataclasses import dataclass
from typing import Any

from tuf.api.metadata import TargetFile, Targets

from allward_sdk.errors import CatalogueError

PUBLISHERS = "publishers.json"
"""The target that lists the publishers' keys."""

_PACKAGE = re.compile(
    r"(?P<plugin>[a-z0-9]+(?:\.[a-z0-9-]+)+)/(?P<version>\d+\.\d+\.\d+)/(?P<file>[a-z0-9-][A-Za-z0-9.-]*\.allward)"
)
"""Plug-in id and version as the manifest has them; the file as `package_name` makes it."""
_KEYID = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One version of a plug-in in the catalogue."""

    plugin: str
    version: str
    file: str
    digest: str
    """sha256 of the file, in hexadecimal: the package's identity."""
    size_bytes: int
    keyid: str
    """Of the publisher's key that signed the package."""
    yanked: str | None = None
    """Why it was withdrawn; None if it was not."""

    @property
    def path(self) -> str:
        """The name of the target."""
        return f"{self.plugin}/{self.version}/{self.file}"

    @property
    def order(self) -> tuple[str, tuple[int, ...]]:
        """Sorts by plug-in, then by semantic version."""
        return self.plugin, tuple(int(part) for part in self.version.split("."))

    def to_target(self) -> TargetFile:
        """Return the target that says the same."""
        custom = {
            "plugin": self.plugin,
            "version": self.version,
            "keyid": self.keyid,
            "yanked": self.yanked,
        }
        return TargetFile(self.size_bytes, {"sha256": self.digest}, self.path, {"custom": custom})


def entries_of(targets: Targets) -> tuple[CatalogueEntry, ...]:
    """Return the packages of a catalogue by plug-in and version.

    Raises
    ------
    CatalogueError
        If a package's target does not say what it has to, with the target's name.
    """
    packages = (target for path, target in targets.targets.items() if path.endswith(".allward"))
    return tuple(sorted((_entry_of(target) for target in packages), key=lambda entry: entry.order))


def _entry_of(target: TargetFile) -> CatalogueEntry:
    named = _PACKAGE.fullmatch(target.path)
    custom = target.custom
    if named is None or not isinstance(custom, dict):
        raise _malformed(target, "is not <plug-in id>/<version>/<file> with a custom part")
    for name in ("plugin", "version"):
        if custom.get(name) != named[name]:
            raise _malformed(target, f"says {name} {custom.get(name)!r}")
    return CatalogueEntry(
        plugin=named["plugin"],
        version=named["version"],
        file=named["file"],
        digest=_text(target, target.hashes, "sha256"),
        size_bytes=target.length,
        keyid=_text(target, custom, "keyid"),
        yanked=_reason(target, custom),
    )


def _text(target: TargetFile, fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not _KEYID.fullmatch(value):
        raise _malformed(target, f"has no {name} of 64 hexadecimal digits")
    return value


def _reason(target: TargetFile, custom: dict[str, Any]) -> str | None:
    yanked = custom.get("yanked")
    if yanked is not None and not (isinstance(yanked, str) and yanked.strip()):
        raise _malformed(target, "has a `yanked` that is no reason")
    return yanked


def _malformed(target: TargetFile, fault: str) -> CatalogueError:
    return CatalogueError(f"The catalogue's target {target.path!r} {fault}: its publisher has to mend it.")
