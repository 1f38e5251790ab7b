"""Answers of plug-ins on a small grid, without an engine: a label map, candidates, classes."""

import tomllib
from typing import Any

import numpy as np
from tests.small_package import SmallPlugin, write_manifest
from tests.unit.sdk import stage_tables

from allward.acceptance.comparing import Answer
from allward_sdk.geometry import Geometry
from allward_sdk.manifest import Manifest

GRID = Geometry((4, 10, 10), np.diag([10.0, 10.0, 10.0, 1.0])[[2, 1, 0, 3]], "1.2.840.1")
"""10 mm voxels, 1 mL each; (k, j, i) -> (x, y, z) = (10 i, 10 j, 10 k)."""

_TUMOUR = {
    "name": "tumour",
    "value": 2,
    "title": {"en": "Tumour", "zh": "肿瘤"},
    "category": {"scheme": "SCT", "value": "49755003", "meaning": "Morphologically Abnormal Structure"},
    "type": {"scheme": "SCT", "value": "108369006", "meaning": "Neoplasm"},
    "colour": "#FF0000",
    "inside": "liver",
    "kind": "lesion",
}


def outlining() -> Manifest:
    """Outlines the liver, and tumours inside it."""
    tables: dict[str, Any] = tomllib.loads(write_manifest(SmallPlugin(), sha256="0" * 64))
    tables["labels"].append(_TUMOUR)
    tables["stages"][0]["output"]["labels"] = ["liver", "tumour"]
    tables["stages"][0]["output"]["clean"] = []
    return Manifest.model_validate(tables)


def detecting() -> Manifest:
    """Detects nodules, and says of the whole whether it is bad."""
    judge = stage_tables.judge(input=stage_tables.volume())
    del judge["rescore"]
    stages = (stage_tables.lungs(), stage_tables.nodules(), judge)
    return Manifest.model_validate(stage_tables.manifest(*stages))


def answer(voxels: np.ndarray, **more: Any) -> Answer:
    """What a job left that outlined."""
    manifest = more.pop("manifest", None) or outlining()
    return Answer(manifest, GRID, voxels.astype(np.uint8), more.pop("found", ()), more.pop("took_s", 3.0))


def box(*corners: tuple[int, int]) -> np.ndarray:
    """Return a mask of the grid that is set in a box."""
    mask = np.zeros(GRID.shape_kji, np.bool_)
    mask[tuple(slice(*corner) for corner in corners)] = True
    return mask
