"""A plug-in of every operation that reads volumes, small enough for a test; its nets' answers are known."""

from pathlib import Path

from tests.unit.engine import nets
from tests.unit.engine.graphs import bright

MANIFEST = """
contract = 1
fills = ["{slot}"]
[plugin]
id = "org.test.chain"
version = "1.0.0"
vendor = "Test"
title = {{ en = "Chain", zh = "链" }}
[intended_use]
statement = {{ en = "Finds, judges and maps what is bright.", zh = "找出、判断并标示亮的部分。" }}
[licences]
code = "Apache-2.0"
weights = "Apache-2.0"
[wants]
modality = ["CT"]
min_slices = 10
{models}
[[stages]]
name = "bone"
model = "bone"
[stages.input]
name = "x"
orientation = "RAS"
window = [64, 64, 14]
prepare = []
[stages.output]
name = "y"
threshold = 0.5
labels = ["bone"]
[[stages]]
name = "spots"
operation = "detection_3d"
model = "spots"
[stages.input]
name = "x"
orientation = "RAS"
window = [64, 64, 16]
prepare = [{{ do = "clip", low = 0.0, high = {full} }}, {{ do = "scale", factor = {factor} }}]
mask = {{ stage = "bone" }}
[stages.output]
labels = ["spot"]
threshold = 0.4
suppress = {{ by = "overlap", above = 0.1 }}
attributes = [{{ name = "brightness", output = "score", factor = 100.0 }}]
[stages.output.decode]
kind = "grid"
scores = "score"
size = "size"
size_unit = "voxel"
stride = [2, 2, 2]
origin = [0.5, 0.5, 0.5]
[[stages]]
name = "judge"
operation = "classification"
model = "judge"
[stages.input]
name = "x"
orientation = "RAS"
window = [2, 2, 2]
prepare = [{{ do = "clip", low = 0.0, high = {full} }}, {{ do = "scale", factor = {factor} }}]
around = {{ stage = "spots" }}
batch = 8
[stages.output]
name = "y"
activation = "softmax"
labels = ["dense", "faint"]
[[stages]]
name = "whole"
operation = "classification"
model = "judge"
over = "best_window"
best_of = "dense"
overlap = 0.0
[stages.input]
name = "x"
orientation = "RAS"
window = [2, 2, 2]
prepare = [{{ do = "clip", low = 0.0, high = {full} }}, {{ do = "scale", factor = {factor} }}]
mask = {{ stage = "bone" }}
batch = 64
[stages.output]
name = "y"
activation = "softmax"
labels = ["dense", "faint"]
[[stages]]
name = "vector"
operation = "embedding"
model = "judge"
[stages.input]
name = "x"
orientation = "RAS"
window = [2, 2, 2]
prepare = []
around = {{ stage = "spots" }}
[stages.output]
name = "y"
length = 2
[[stages]]
name = "heat"
operation = "heatmap"
model = "spots"
[stages.input]
name = "x"
orientation = "RAS"
window = [64, 64, 16]
prepare = [{{ do = "clip", low = 0.0, high = {full} }}, {{ do = "scale", factor = {factor} }}]
[stages.output]
name = "score"
labels = ["spot"]
stride = [2, 2, 2]
origin = [0.5, 0.5, 0.5]
meaning = {{ en = "Share of bone", zh = "骨占比" }}
{labels}
[[measurements]]
name = "spot_diameter"
of = "spot"
method = "box_diameter"
title = {{ en = "Diameter", zh = "直径" }}
concept = {{ scheme = "SCT", value = "81827009", meaning = "Diameter" }}
unit = {{ scheme = "UCUM", value = "mm", meaning = "millimeter" }}
[[measurements]]
name = "spot_brightness"
of = "spot"
method = "predicted"
attribute = "brightness"
title = {{ en = "Brightness", zh = "亮度" }}
concept = {{ scheme = "DCM", value = "112031", meaning = "Attenuation Coefficient" }}
unit = {{ scheme = "UCUM", value = "%", meaning = "percent" }}
[[measurements]]
name = "bone_volume"
of = "bone"
method = "volume"
title = {{ en = "Bone volume", zh = "骨体积" }}
concept = {{ scheme = "SCT", value = "118565006", meaning = "Volume" }}
unit = {{ scheme = "UCUM", value = "mL", meaning = "milliliter" }}
[resources]
device_memory_mib = 0
memory_mib = 500
timeout_s = 60
"""

LABEL = """[[labels]]
name = "{name}"
value = {value}
title = {{ en = "{name}", zh = "标签{value}" }}
category = {{ scheme = "SCT", value = "123037004", meaning = "Anatomical Structure" }}
type = {{ scheme = "SCT", value = "{code}", meaning = "{meaning}" }}
colour = "#D6D6D6"
kind = "{kind}"
"""
LABELS = [
    ("bone", "272673000", "Bone", "organ"),
    ("spot", "27925004", "Nodule", "lesion"),
    ("dense", "75540009", "High", "class"),
    ("faint", "62482003", "Low", "class"),
]

FULL_HU = 500.0
ABOVE_HU = 250.0


def write_chain_plugin(folder: Path, *, slot: str = "lung_nodule.detector", above: float = ABOVE_HU) -> Path:
    """Write the plug-in's folder and return it."""
    models = folder / "models"
    models.mkdir(parents=True)
    digests = {
        "bone": bright(models, (64, 64, 14), above=above),
        "spots": nets.cells(models, (64, 64, 16), 2),
        "judge": nets.judge(models, (2, 2, 2), at=0.7),
    }
    tables = ""
    for name, digest in digests.items():
        (models / f"{digest}.onnx").rename(models / f"{name}.onnx")
        tables += f'[models.{name}]\nfile = "models/{name}.onnx"\nsha256 = "{digest}"\n'
    labels = "".join(
        LABEL.format(name=name, value=number, code=code, meaning=meaning, kind=kind)
        for number, (name, code, meaning, kind) in enumerate(LABELS, 1)
    )
    text = MANIFEST.format(slot=slot, models=tables, labels=labels, full=FULL_HU, factor=1 / FULL_HU)
    (folder / "plugin.toml").write_text(text, encoding="utf-8")
    for name in ("MODEL_CARD.md", "LICENSE"):
        (folder / name).write_text("For tests only.\n", encoding="utf-8")
    (folder / "sbom.json").write_text("{}\n", encoding="utf-8")
    return folder
