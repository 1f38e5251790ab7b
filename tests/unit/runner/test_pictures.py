"""`allward plugin run` with a plug-in of tiles, on pictures whose colours are known."""

import json

import numpy as np
import pytest
from PIL import Image
from tests.unit.engine import nets

from allward_sdk.cli import main

MANIFEST = """
contract = 1
fills = ["any_slide.tiles"]
[plugin]
id = "org.test.tiles"
version = "1.0.0"
vendor = "Test"
title = {{ en = "Tiles", zh = "图块" }}
[intended_use]
statement = {{ en = "Tells colours.", zh = "辨别颜色。" }}
[licences]
code = "Apache-2.0"
weights = "Apache-2.0"
[wants]
modality = ["SM"]
[models.net]
file = "models/net.onnx"
sha256 = "{sha256}"
[[stages]]
name = "colour"
operation = "tile_classification"
model = "net"
[stages.tiles]
name = "x"
layout = "channels_first"
tile = [16, 16]
mpp = 0.5
batch = 8
tissue = {{}}
[stages.output]
name = "y"
labels = ["red", "green", "blue"]
[stages.heat_map]
labels = ["red"]
stride_px = [16, 16]
meaning = {{ en = "Redness", zh = "红色程度" }}
{labels}
[resources]
device_memory_mib = 0
memory_mib = 500
timeout_s = 60
"""

LABEL = """[[labels]]
name = "{name}"
value = {value}
title = {{ en = "{name}", zh = "颜色" }}
category = {{ scheme = "SCT", value = "49755003", meaning = "Morphologically Altered Structure" }}
type = {{ scheme = "SCT", value = "{code}", meaning = "{name}" }}
colour = "#D6D6D6"
kind = "class"
"""
CODES = {"red": "371240000", "green": "371246006", "blue": "405738005"}


@pytest.fixture(scope="module")
def plugin(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plugin") / "tiles"
    (folder / "models").mkdir(parents=True)
    digest = nets.colours(folder / "models", (16, 16))
    (folder / "models" / f"{digest}.onnx").rename(folder / "models" / "net.onnx")
    labels = "".join(
        LABEL.format(name=name, value=number, code=code)
        for number, (name, code) in enumerate(CODES.items(), 1)
    )
    text = MANIFEST.format(sha256=digest, labels=labels)
    (folder / "plugin.toml").write_text(text, encoding="utf-8")
    for name in ("MODEL_CARD.md", "LICENSE", "sbom.json"):
        (folder / name).write_text("{}\n", encoding="utf-8")
    return folder


def picture(path, *, rows=2, columns=3):
    """A row of red tiles over one of glass, with a rest at the edges that makes no tile."""
    pixels = np.full((rows * 16 + 5, columns * 16 + 7, 3), 255, np.uint8)
    pixels[:16, : columns * 16] = (200, 40, 20)
    Image.fromarray(pixels).save(path)


def run(plugin, source, output, *more):
    code = main(["plugin", "run", str(plugin), "--input", str(source), "--output", str(output), *more])
    said = output / "findings.json"
    return code, json.loads(said.read_text(encoding="utf-8")) if said.exists() else None


def test_pictures_are_cut_judged_and_mapped(plugin, tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    picture(source / "one.png")
    picture(source / "two.tif", columns=2)
    code, said = run(plugin, source, tmp_path / "out", "--mpp", "0.5")
    assert code == 0
    assert (said["evaluable"], said["reasons"]) == (True, [])
    assert said["summary"]["tiles_read"] == {"value": 5, "unit": "1"}
    findings = {each["id"]: each for each in said["findings"]}
    assert findings["one.png/colour/red"]["score"] == pytest.approx(200 / 255, abs=1e-5)
    assert findings["one.png/colour/red"]["category"] == "chosen"
    assert findings["two.tif/colour/blue"]["category"] == "not chosen"
    (drawn,) = (tmp_path / "out").glob("one-*.colour.map.npy")
    assert np.isnan(np.load(drawn)[0, 1]).all()
    assert np.load(drawn)[0, 0] == pytest.approx(200 / 255, abs=1e-5)


def test_what_cannot_be_judged_is_said(plugin, tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    Image.fromarray(np.full((20, 20, 3), 255, np.uint8)).save(source / "glass.png")
    Image.fromarray(np.zeros((4, 20, 3), np.uint8)).save(source / "small.png")
    (source / "broken.jpg").write_bytes(b"no picture")
    _, said = run(plugin, source, tmp_path / "out")
    assert said["evaluable"] is False
    text = " ".join(said["reasons"])
    assert "small.png has 4 x 20 pixels" in text
    assert "broken.jpg cannot be read" in text
    assert "resolution is not known" in text
    assert "No tile shows anything" in text


def test_a_folder_without_pictures_and_another_resolution_are_told(plugin, tmp_path, capsys):
    assert run(plugin, tmp_path, tmp_path / "out")[0] != 0
    assert "There are no pictures" in capsys.readouterr().err
    picture(tmp_path / "one.png")
    _, said = run(plugin, tmp_path, tmp_path / "out", "--mpp", "0.25")
    assert said["evaluable"] is False
    assert "0.5 micrometres per pixel" in said["reasons"][0]
