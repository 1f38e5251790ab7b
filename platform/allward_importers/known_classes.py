"""Structures that the field's models outline, with their SNOMED CT codes and Chinese names (`classes.csv`).

Only codes that PS3.16 itself uses stand there, as far as pydicom's dictionary knows them; what has none is a
question to whoever imports.
"""

import csv
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from allward_sdk.questions import CONCEPT

_ANATOMY = {"scheme": "SCT", "value": "123037004", "meaning": "Anatomical Structure"}
_ALTERED = {"scheme": "SCT", "value": "49755003", "meaning": "Morphologically Altered Structure"}
_LESION = re.compile(r"(^|_)(tumou?rs?|lesions?|cysts?|nodules?|metastas[ie]s|cancer|aneurysm|bleed)(_|$)")
_COLOURS = ("#D68E6C", "#6CA2D6", "#9D6CA2", "#8B9662", "#D47E97", "#62968B", "#C8A24B", "#7A7ACB")


@dataclass(frozen=True, slots=True)
class KnownClass:
    """One structure."""

    key: str
    en: str
    zh: str
    category: tuple[str, str]
    code: tuple[str, str] | None
    """SNOMED CT code and meaning; None if none is known for certain."""
    colour: str
    total: int | None
    """Its value in the task `total` of TotalSegmentator."""


@lru_cache(maxsize=1)
def known_classes() -> dict[str, KnownClass]:
    """Return the table, by key."""
    with Path(__file__).with_name("classes.csv").open(encoding="utf-8", newline="") as file:
        rows = [_known(row) for row in csv.DictReader(file)]
    return {known.key.lower(): known for known in rows}


def _known(row: dict[str, str]) -> KnownClass:
    return KnownClass(
        key=row["key"],
        en=row["en"],
        zh=row["zh"],
        category=(row["category"], row["category_meaning"]),
        code=(row["code"], row["meaning"]) if row["code"] else None,
        colour=row["colour"],
        total=int(row["total"]) if row["total"] else None,
    )


def name_of(text: str) -> str:
    """Return a name as a manifest takes it, of whatever a data set calls it."""
    plain = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    return (plain if re.match(r"[a-z]", plain) else f"label_{plain}")[:40].rstrip("_")


def label(name: str, value: int, called: str) -> dict[str, Any]:
    """Return a label of a manifest; what is not known of it is asked.

    Parameters
    ----------
    name, value
        In the plug-in.
    called
        In the data set.
    """
    known = known_classes().get(re.sub(r"[\s-]+", "_", called.strip()).lower())
    kind = "lesion" if _LESION.search(name) else "organ"
    if known is None:
        category = _ALTERED if kind == "lesion" else _ANATOMY
        title = {"en": called, "zh": f"？ {called} 是什么"}
        colour = _COLOURS[(value - 1) % len(_COLOURS)]
    else:
        category = {"scheme": "SCT", "value": known.category[0], "meaning": known.category[1]}
        title, colour = {"en": known.en[:1].upper() + known.en[1:], "zh": known.zh}, known.colour
    code = ("?", CONCEPT) if known is None or known.code is None else known.code
    return {
        "name": name,
        "value": value,
        "title": title,
        "category": category,
        "type": {"scheme": "SCT", "value": code[0], "meaning": code[1]},
        "colour": colour,
        "kind": kind,
    }


def labels(called: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return labels with values from 1, named after what a data set calls them; equal names are numbered."""
    found: list[dict[str, Any]] = []
    for value, each in enumerate(called, 1):
        name = name_of(each)
        if any(other["name"] == name for other in found):
            name = f"{name[:35]}_{value}"
        found.append(label(name, value, each))
    return found
