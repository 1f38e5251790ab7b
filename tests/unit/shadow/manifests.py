"""Manifests of versions that outline a liver and lesions in it."""

import tomllib
from copy import deepcopy
from typing import Any

from tests.small_package import DEFAULT, write_manifest

from allward_sdk.manifest import Manifest

LIVER, LESION = 1, 2
_PLAIN = tomllib.loads(write_manifest(DEFAULT, sha256="0" * 64))


def manifest(*, plugin_id: str = "org.test.bright", **changed: Any) -> Manifest:
    """Return a manifest with these labels, by name; by default the liver and what lies in it.

    Parameters
    ----------
    changed
        name -> fields of the label that differ.
    """
    told = deepcopy(_PLAIN)
    told["plugin"]["id"] = plugin_id
    liver = told["labels"][0]
    lesion = {
        **liver,
        "name": "lesion",
        "value": LESION,
        "inside": "liver",
        "kind": "lesion",
        "title": {"en": "Lesion", "zh": "病灶"},
        "type": {"scheme": "SCT", "value": "52988006", "meaning": "Lesion"},
    }
    labels = {"liver": liver, "lesion": lesion}
    told["labels"] = [
        {**labels[name], **changed.get(name, {})} for name in labels if changed.get(name, {}) is not None
    ]
    told["stages"][0]["output"]["labels"] = [label["name"] for label in told["labels"]]
    told["measurements"] = []
    return Manifest.model_validate(told)
