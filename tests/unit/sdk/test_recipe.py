import hashlib
import json
import zipfile
from pathlib import Path

import pytest
from tests.unit.sdk.small_plugin import edit, small_model

from allward_sdk.errors import ManifestError, TemporaryError
from allward_sdk.recipe import Wheel, build, fetch_wheel

SCRIPT = """
import sys
from pathlib import Path
sources, models = map(Path, sys.argv[1:])
(models / "small.onnx").write_bytes((sources / "weights.bin").read_bytes())
"""

RECIPE = """
script = "make.py"

[wheel]
name = "small-weights"
version = "0.1"
sha256 = "WHEEL"
python_version = "3.6"
licence = "MIT"

[[members]]
path = "small_weights/weights.bin"
sha256 = "MEMBER"
file = "weights.bin"
"""


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def output(plugin_folder: Path, tmp_path: Path) -> Path:
    """Give the plug-in a recipe, and the output folder the wheel as if it had been fetched before."""
    weights = small_model().SerializeToString(deterministic=True)
    wheel = tmp_path / "small.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("small_weights/weights.bin", weights)
    digest = sha256(wheel.read_bytes())
    (tmp_path / "out" / "sources").mkdir(parents=True)
    wheel.rename(tmp_path / "out" / "sources" / f"{digest}.whl")
    (plugin_folder / "make.py").write_text(SCRIPT)
    recipe = RECIPE.replace("WHEEL", digest).replace("MEMBER", sha256(weights))
    (plugin_folder / "recipe.toml").write_text(recipe)
    (plugin_folder / "models" / "small.onnx").unlink()
    (plugin_folder / "sbom.json").unlink()
    return tmp_path / "out"


def test_models_are_made_from_the_cached_wheel_and_packed(plugin_folder: Path, output: Path) -> None:
    package = build(plugin_folder, output)
    assert package.names == ("LICENSE", "MODEL_CARD.md", "models/small.onnx", "plugin.toml", "sbom.json")
    assert build(plugin_folder, output).digest == package.digest
    assert {path.name for path in output.iterdir()} == {"sources", "small-one-1.2.0.allward"}


def test_the_bill_of_materials_names_wheel_members_and_models(plugin_folder: Path, output: Path) -> None:
    package = build(plugin_folder, output)
    bill = json.loads((plugin_folder / "sbom.json").read_text())
    model, wheel = bill["components"]
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert model["hashes"][0]["content"] == package.manifest.models["small"].sha256
    assert (wheel["name"], wheel["version"]) == ("small-weights", "0.1")
    assert wheel["licenses"] == [{"license": {"id": "MIT"}}]
    assert wheel["components"][0]["name"] == "small_weights/weights.bin"
    assert bill["dependencies"] == [{"ref": "models/small.onnx", "dependsOn": [wheel["bom-ref"]]}]


def test_a_member_that_is_not_the_pinned_one_is_refused(plugin_folder: Path, output: Path) -> None:
    text = (plugin_folder / "recipe.toml").read_text()
    pinned = text.split('sha256 = "')[2][:64]
    edit(plugin_folder / "recipe.toml", pinned, "0" * 64)
    with pytest.raises(ManifestError, match=r"small_weights/weights\.bin: its sha256 is"):
        build(plugin_folder, output)
    edit(plugin_folder / "recipe.toml", "small_weights/weights.bin", "small_weights/absent.bin")
    with pytest.raises(ManifestError, match=r"absent\.bin: not in small-weights"):
        build(plugin_folder, output)


def test_a_model_that_is_not_the_pinned_one_is_not_packed(plugin_folder: Path, output: Path) -> None:
    edit(plugin_folder / "make.py", ".read_bytes()", '.read_bytes() + b"\\x12\\x00"')
    with pytest.raises(ManifestError, match="models/small.onnx: its sha256 is"):
        build(plugin_folder, output)
    assert list(output.glob("*.allward")) == []


def test_a_script_that_fails_is_told_with_its_words(plugin_folder: Path, output: Path) -> None:
    (plugin_folder / "make.py").write_text("raise SystemExit('no such layer')")
    with pytest.raises(ManifestError, match="no such layer"):
        build(plugin_folder, output)
    assert not any(path.name.startswith("tmp") for path in plugin_folder.iterdir())


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('script = "make.py"', 'script = "../make.py"', "script"),
        ('file = "weights.bin"', 'file = "../x"', r"members\.0\.file"),
        ('name = "small-weights"', 'name = "--index"', r"wheel\.name"),
        ('licence = "MIT"', "", r"wheel\.licence"),
    ],
)
def test_a_recipe_with_a_fault_is_refused_at_its_place(
    plugin_folder: Path, output: Path, old: str, new: str, place: str
) -> None:
    edit(plugin_folder / "recipe.toml", old, new)
    with pytest.raises(ManifestError, match=place):
        build(plugin_folder, output)


def test_a_folder_without_recipe_is_packed_as_it_is(plugin_folder: Path, tmp_path: Path) -> None:
    assert build(plugin_folder, tmp_path / "out").path.name == "small-one-1.2.0.allward"


def test_a_wheel_that_cannot_be_fetched_is_a_passing_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    wheel = Wheel(name="small-weights", version="0.1", sha256="0" * 64, python_version="3.6", licence="MIT")
    with pytest.raises(TemporaryError, match=r"small-weights 0\.1 cannot be fetched"):
        fetch_wheel(wheel, tmp_path / "sources")
    assert list((tmp_path / "sources").iterdir()) == []
