"""Which licences the product's dependencies bear, and which of them a hospital's platform may stand on."""

import json
import re
from collections.abc import Iterable
from importlib.metadata import Distribution, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.tree import ROOT

FREE = frozenset(
    {
        "0BSD",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "BSL-1.0",
        "CC-BY-4.0",
        "CC0-1.0",
        "ISC",
        "MIT",
        "MIT-0",
        "MIT-CMU",
        "PSF-2.0",
        "Python-2.0",
        "Unlicense",
        "Zlib",
    }
)
"""SPDX names of licences that ask for no more than their notice."""

SPELLINGS = {
    "3-clause bsd license": "BSD-3-Clause",
    "apache": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd": "BSD-3-Clause",
    "bsd 3-clause": "BSD-3-Clause",
    "bsd license": "BSD-3-Clause",
    "mit license": "MIT",
    "new bsd": "BSD-3-Clause",
}
"""What packages without an SPDX expression write, in lower case -> what they mean."""

ALLOWED_FOR_A_REASON = {
    "certifi": "MPL-2.0: a list of certificates, unchanged, which pyHanko brings and nothing of ours asks",
    "psycopg": "LGPL-3.0: used as a library, unchanged and replaceable; no code of ours is derived from it",
    "psycopg-binary": "LGPL-3.0: as psycopg",
    "psycopg-pool": "LGPL-3.0: as psycopg",
    "rechoir": "its package names no SPDX licence; its LICENSE file is the MIT text",
}
"""Packages whose licence is not in `FREE`: name -> its licence and why it is right all the same."""


def is_free(expression: str) -> bool:
    """Tell whether an SPDX expression lets us choose licences of `FREE` alone.

    AND binds closer than OR, as in SPDX; a group in brackets is judged first.
    """
    inner = re.search(r"\(([^()]*)\)", expression)
    if inner:
        verdict = "MIT" if is_free(inner[1]) else "unknown"
        return is_free(expression[: inner.start()] + verdict + expression[inner.end() :])
    choices = re.split(r"\s+OR\s+", expression.strip())
    return any(
        all(
            SPELLINGS.get(part.strip().lower(), part.strip()) in FREE
            for part in re.split(r"\s+AND\s+", choice)
        )
        for choice in choices
    )


def stated_licences(package: Distribution) -> list[str]:
    """Return what a package says of its licence: its SPDX expression, or else its name and classifiers."""
    told = package.metadata
    if expression := told.get_all("License-Expression", []):
        return list(expression)
    names = [text.strip().split("\n")[0] for text in told.get_all("License", [])]
    classifiers = [line.split(" :: ")[-1] for line in told.get_all("Classifier", []) if "License ::" in line]
    return [text for text in (*names, " OR ".join(classifiers)) if text]


def licence_breach(name: str, stated: Iterable[str]) -> str | None:
    """Return what is wrong with a package's licence, or None.

    An SPDX expression or a short name decides; a text is passed over for the classifiers.
    """
    stated = list(stated)
    if name in ALLOWED_FOR_A_REASON or any(is_free(text) for text in stated):
        return None
    return f"{name} is under {stated[0] if stated else 'no licence that it names'}"


def python_dependencies(requirements: Iterable[str]) -> dict[str, Distribution]:
    """Return the installed packages that these requirements lead to, extras and markers followed."""
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [Requirement(line) for line in requirements]
    while waiting:
        wanted = waiting.pop()
        key = (canonicalize_name(wanted.name), frozenset(wanted.extras))
        if key in seen:
            continue
        seen.add(key)
        package = found[key[0]] = distribution(wanted.name)
        waiting += [inner for line in package.requires or [] if _applies(inner := Requirement(line), key[1])]
    return found


def _applies(requirement: Requirement, extras: frozenset[str]) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras))


def browser_dependencies() -> dict[str, str]:
    """Return package -> licence of what is built into the pages."""
    entries = json.loads((ROOT / "frontend" / "package-lock.json").read_text())["packages"]
    return {
        name.split("node_modules/")[-1]: entry.get("license", "")
        for name, entry in entries.items()
        if name and not entry.get("dev")
    }
