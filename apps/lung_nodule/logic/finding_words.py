"""Words of a finding's properties, as guidelines name them; None for what is not determined."""

from typing import Literal

from allward_measure.nodules.place import Lobe
from allward_sdk.parts import Localised
from allward_sdk.results import Finding

Kind = Literal["solid", "part_solid", "ground_glass", "calcified", "fat_containing"]
Change = Literal["new", "growing", "stable", "decreased", "resolved", "contradictory", "not_comparable"]

_KINDS: dict[str, Kind] = {
    "solid": "solid",
    "part_solid": "part_solid",
    "ground_glass": "ground_glass",
    "calcified": "calcified",
    "fat": "fat_containing",
    "fat_containing": "fat_containing",
}
_CHANGES: tuple[Change, ...] = (
    "not_comparable", "contradictory", "resolved", "growing", "decreased", "stable", "new",
)  # fmt: skip
_LOBES: tuple[tuple[tuple[str, str], Lobe], ...] = (
    (("right", "upper"), "RUL"),
    (("right", "middle"), "RML"),
    (("right", "lower"), "RLL"),
    (("left", "upper"), "LUL"),
    (("left", "lower"), "LLL"),
)


def is_nodule(finding: Finding) -> bool:
    """Tell whether a finding is a nodule of this examination, or one of the prior that has resolved."""
    return finding.kind == "lesion" or (finding.prior is not None and change_of(finding) == "resolved")


def kind_of(finding: Finding) -> Kind | None:
    """Return what a nodule is made of."""
    return _KINDS.get(said_of(finding, "kind"))


def change_of(finding: Finding) -> Change | None:
    """Return what became of a nodule; None without a prior."""
    said = said_of(finding, "change")
    return next((word for word in _CHANGES if said == word or said.startswith(f"{word}_")), None)


def why_of_change(finding: Finding) -> Localised | None:
    """Return what stands in brackets behind the word for the change: why, or how far it holds."""
    found = next((each.said for each in finding.properties if each.name == "change"), None)
    if found is None or "(" not in found.en or "（" not in found.zh:
        return None
    return Localised(en=found.en.split("(", 1)[1].rstrip(")"), zh=found.zh.split("（", 1)[1].rstrip("）"))


def pleura_of(finding: Finding) -> str | None:
    """Return how a nodule lies to the pleura."""
    said = said_of(finding, "pleura")
    return "juxtapleural" if said.startswith("juxtapleural") else said or None


def lobe_of(finding: Finding) -> Lobe | None:
    """Return the lobe, where one was told apart."""
    said = said_of(finding, "lobe").replace("_", " ")
    short = next((lobe for _, lobe in _LOBES if said == lobe.lower()), None)
    if short is not None or "lobe" not in said:
        return short
    return next((lobe for words, lobe in _LOBES if all(word in said.split() for word in words)), None)


def said_of(finding: Finding, name: str) -> str:
    """Return a property as one English word, lower case and joined by underscores; empty if there is none."""
    found = next((each for each in finding.properties if each.name == name), None)
    return "" if found is None else found.said.en.lower().strip(" .").replace("-", "_").replace(" ", "_")
