"""Findings without voxels: what was looked for and is not there."""

from allward_sdk.manifest import Label
from allward_sdk.parts import Localised
from allward_sdk.results import Finding
from any_imaging.logic.structures import Structures


def statement(structures: Structures, label: Label, sentence: Localised) -> Finding:
    """Return a sentence about a label as a finding."""
    return Finding(
        id=f"{label.name}-statement",
        kind="statement",
        label=label.type,
        title=sentence,
        tracking_uid=structures.tracking_uid(label, -1),
    )
