"""Tables of stages of every operation, as a manifest has them, for tests to change."""

import copy
from typing import Any

from pydantic import TypeAdapter

from allward_sdk.stages import Stage

STAGE: TypeAdapter[Stage] = TypeAdapter(Stage)
TITLE = {"en": "Thing", "zh": "东西"}
SCT = {"scheme": "SCT", "value": "10200004", "meaning": "Liver"}
MM = {"scheme": "UCUM", "value": "mm", "meaning": "millimeter"}


def volume(**more: Any) -> dict[str, Any]:
    return {"name": "x", "orientation": "RAS", "prepare": [], "window": [32, 32, 16], **more}


def tiles(**more: Any) -> dict[str, Any]:
    return {"name": "x", "layout": "channels_first", "tile": [32, 32], "mpp": 0.5, **more}


def lungs() -> dict[str, Any]:
    return {
        "name": "lungs",
        "model": "m",
        "input": volume(),
        "output": {"name": "y", "labels": ["lung"], "threshold": 0.5},
    }


def nodules(**more: Any) -> dict[str, Any]:
    return {
        "name": "nodules",
        "operation": "detection_3d",
        "model": "m",
        "input": volume(mask={"stage": "lungs"}),
        "output": {
            "labels": ["nodule"],
            "decode": {"kind": "dense", "scores": "p", "size": "d"},
            "threshold": 0.5,
            "suppress": {"by": "overlap", "above": 0.1},
            "attributes": [{"name": "calm", "output": "c"}],
            **more,
        },
    }


def judge(**more: Any) -> dict[str, Any]:
    return {
        "name": "judge",
        "operation": "classification",
        "model": "m",
        "input": volume(around={"stage": "nodules"}),
        "output": {"name": "y", "activation": "sigmoid", "labels": ["bad"]},
        "rescore": {"label": "bad", "how": "mean"},
        **more,
    }


def vectors() -> dict[str, Any]:
    return {
        "name": "vectors",
        "operation": "embedding",
        "model": "m",
        "input": volume(),
        "output": {"name": "y", "length": 8},
    }


def heat() -> dict[str, Any]:
    return {
        "name": "heat",
        "operation": "heatmap",
        "model": "m",
        "input": volume(),
        "output": {"name": "y", "labels": ["nodule"], "stride": [4, 4, 4], "meaning": TITLE},
    }


def tissue(**more: Any) -> dict[str, Any]:
    return {
        "name": "tissue",
        "operation": "tile_classification",
        "model": "m",
        "tiles": tiles(tissue={}),
        "output": {"name": "y", "activation": "softmax", "labels": ["nodule", "bad"]},
        "heat_map": {"labels": ["bad"], "stride_px": [32, 32], "meaning": TITLE},
        **more,
    }


def manifest(*stages: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "contract": 1,
        "fills": ["lung_nodule.detector"],
        "plugin": {"id": "org.test.thing", "version": "1.0.0", "vendor": "Test", "title": TITLE},
        "intended_use": {"statement": TITLE},
        "licences": {"code": "Apache-2.0", "weights": "Apache-2.0"},
        "wants": {"modality": ["CT"]},
        "models": {"m": {"file": "models/m.onnx", "sha256": "0" * 64}},
        "stages": list(stages or (lungs(), nodules(), judge(), vectors(), heat())),
        "labels": [
            {"name": name, "value": value, "title": TITLE, "category": SCT, "type": SCT, "colour": "#D68E6C"}
            for value, name in enumerate(("lung", "nodule", "bad"), 1)
        ],
        "measurements": [],
        "resources": {"device_memory_mib": 0, "memory_mib": 500, "timeout_s": 60},
        **more,
    }


def measured(**more: Any) -> dict[str, Any]:
    return {
        "name": "size",
        "of": "nodule",
        "method": "box_diameter",
        "concept": SCT,
        "unit": MM,
        "title": TITLE,
        **more,
    }


def put(data: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Set one key, by a path such as ``stages.1.output.threshold``; None takes it away."""
    changed = copy.deepcopy(data)
    at: Any = changed
    *way, last = path.split(".")
    for part in way:
        at = at[int(part)] if part.isdigit() else at[part]
    if value is None:
        del at[last]
    else:
        at[int(last) if last.isdigit() else last] = value
    return changed
