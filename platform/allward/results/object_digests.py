"""What goes into the digest of an object: the same words hash alike in every version. Pure."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from allward_dicom.provenance import Tracked
from allward_sdk.results import CaseResult, Finding


def hashed(said: list[Any]) -> str:
    """Return the hash over what is said."""
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def said_of_tracked(tracked: Mapping[int, Tracked]) -> list[Any]:
    """Return what a Segmentation says of the findings that its segments are."""
    return [[value, each.identifier, each.uid, each.drawn] for value, each in sorted(tracked.items())]


def said_of_plugins(case: CaseResult) -> list[Any]:
    """Return what the objects say of the plug-ins; those of before parameters were named stay true."""
    digests: list[Any] = [use.digest for use in case.plugins]
    values = {use.slot: use.parameters for use in case.plugins if use.parameters}
    return [*digests, values] if values else digests


_YOUNGER = ("box_lps_mm", "chosen", "record", "properties", "prior")
"""Fields that findings did not always have; left out where they are empty, for older reports to stay true."""


def said_of(finding: Finding) -> dict[str, Any]:
    """Return what a report says of a finding."""
    said = finding.model_dump(mode="json")
    return {name: value for name, value in said.items() if value not in (None, []) or name not in _YOUNGER}
