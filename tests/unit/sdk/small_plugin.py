"""A whole plug-in that fits on a page: one model that squashes an image of 8 x 8 x 8 voxels."""

from pathlib import Path

import onnx
from onnx import TensorProto, helper

from allward_sdk.manifest import read_manifest
from allward_sdk.package import digest_of_file
from allward_sdk.starting.folder import bill_of_models

WINDOW = (8, 8, 8)

MANIFEST = """
contract = 1
fills = ["any_imaging.segmentation"]

[plugin]
id = "org.example.small-one"
version = "1.2.0"
vendor = "Example"
title = { en = "Small", zh = "小" }

[intended_use]
statement = { en = "For tests.", zh = "用于测试。" }

[licences]
code = "Apache-2.0"
weights = "Apache-2.0"

[wants]
modality = ["CT"]

[models.small]
file = "models/small.onnx"
sha256 = "SHA256"

[[stages]]
name = "only"
model = "small"

[stages.input]
name = "image"
orientation = "RAS"
window = [8, 8, 8]
prepare = [{ do = "clip", low = -200.0, high = 200.0 }]

[stages.output]
name = "probability"
margin_low = [1, 1, 1]
margin_high = [1, 1, 1]
threshold = 0.5
labels = ["liver"]

[[labels]]
name = "liver"
value = 1
title = { en = "Liver", zh = "肝脏" }
category = { scheme = "SCT", value = "123037004", meaning = "Anatomical Structure" }
type = { scheme = "SCT", value = "10200004", meaning = "Liver" }
colour = "#D68E6C"

[[measurements]]
name = "liver_volume"
of = "liver"
method = "volume"
title = { en = "Liver volume", zh = "肝脏体积" }
concept = { scheme = "SCT", value = "118565006", meaning = "Volume" }
unit = { scheme = "UCUM", value = "mL", meaning = "milliliter" }

[resources]
device_memory_mib = 0
memory_mib = 100
timeout_s = 10
"""


def small_model() -> onnx.ModelProto:
    """Return a graph that takes off one voxel all around and ends in a sigmoid."""
    starts, ends, axes = (
        helper.make_tensor(name, TensorProto.INT64, [3], values)
        for name, values in (("starts", [1, 1, 1]), ("ends", [7, 7, 7]), ("axes", [2, 3, 4]))
    )
    nodes = [
        helper.make_node("Slice", ["image", "starts", "ends", "axes"], ["inner"]),
        helper.make_node("Sigmoid", ["inner"], ["probability"]),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, (1, 1, *WINDOW))],
        [helper.make_tensor_value_info("probability", TensorProto.FLOAT, (1, 1, 6, 6, 6))],
        [starts, ends, axes],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)


def write_small_plugin(folder: Path, model: onnx.ModelProto | None = None) -> Path:
    """Write the plug-in's folder, with the right digest of its model, and return it."""
    (folder / "models").mkdir(parents=True)
    file = folder / "models" / "small.onnx"
    file.write_bytes((model or small_model()).SerializeToString(deterministic=True))
    manifest = MANIFEST.replace("SHA256", digest_of_file(file))
    (folder / "plugin.toml").write_text(manifest, encoding="utf-8")
    for name in ("MODEL_CARD.md", "LICENSE"):
        (folder / name).write_text(f"{name} of the small plug-in\n", encoding="utf-8")
    (folder / "sbom.json").write_text(bill_of_models(read_manifest(folder / "plugin.toml")), encoding="utf-8")
    return folder


def edit(file: Path, old: str, new: str) -> None:
    """Replace the only occurrence of `old` in a text file."""
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1
    file.write_text(text.replace(old, new), encoding="utf-8")
