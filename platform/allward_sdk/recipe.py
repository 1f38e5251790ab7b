"""Build a plug-in whose weights come from a published wheel: fetch, check by hash, run the recipe, pack.

A folder with a `recipe.toml` is built, any other folder is only packed. The recipe's script is the
publisher's own code and runs on the publisher's machine, given two folders: the unpacked members of
the wheel, and where the models belong. It is never part of the package.
"""

import json
import os
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from allward_sdk.errors import ManifestError, TemporaryError
from allward_sdk.manifest import Manifest, read_manifest
from allward_sdk.package import Package, digest_of_file, pack
from allward_sdk.parts import Sha256

_FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Wheel(_Strict):
    """The published wheel that holds the weights; its code is not used."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    version: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.!+-]*$")]
    sha256: Sha256
    python_version: Annotated[str, Field(pattern=r"^\d+\.\d+$")]
    """The Python that the wheel asks for; nothing of it is run."""
    licence: str
    """SPDX identifier of the weights."""


class Member(_Strict):
    """One file of the wheel, and the name under which the script finds it."""

    path: str
    sha256: Sha256
    file: _FileName


class Recipe(_Strict):
    """The whole of `recipe.toml`."""

    script: _FileName
    wheel: Wheel
    members: tuple[Member, ...] = Field(min_length=1)


def read_recipe(folder: Path) -> Recipe:
    """Read and check `recipe.toml` of a plug-in folder; raises ManifestError with every fault."""
    path = folder / "recipe.toml"
    try:
        return Recipe.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ManifestError(f"{path}: cannot be read: {error}") from error
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise ManifestError(f"{path}:\n" + "\n".join(faults)) from error


def build(folder: Path, output: Path) -> Package:
    """Make the models that `recipe.toml` describes and write the package into the folder `output`.

    The wheel is kept in `output/sources`, so a second build needs no network. Without a recipe the
    folder is packed as it is.

    Raises
    ------
    ManifestError
        If a hash is not the pinned one, or the recipe fails.
    TemporaryError
        If the wheel cannot be fetched.
    """
    if (folder / "recipe.toml").exists():
        recipe = read_recipe(folder)
        manifest = read_manifest(folder / "plugin.toml")
        wheel = fetch_wheel(recipe.wheel, output / "sources")
        _make_models(folder, recipe, wheel)
        (folder / "sbom.json").write_text(bill_of_materials(manifest, recipe), encoding="utf-8")
    return pack(folder, output)


def fetch_wheel(wheel: Wheel, cache: Path) -> Path:
    """Return the wheel as `<sha256>.whl` in the folder `cache`, downloaded once with pip."""
    target = cache / f"{wheel.sha256}.whl"
    if target.is_file() and digest_of_file(target) == wheel.sha256:
        return target
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as temporary:
        requirements = Path(temporary) / "requirements.txt"
        requirements.write_text(
            f"{wheel.name}=={wheel.version} --hash=sha256:{wheel.sha256}\n", encoding="utf-8"
        )
        fetched = subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
            + ["--only-binary", ":all:", "--python-version", wheel.python_version]
            + ["--require-hashes", "--requirement", str(requirements), "--dest", temporary],
            capture_output=True,
            text=True,
            check=False,
        )
        found = sorted(Path(temporary).glob("*.whl"))
        if fetched.returncode != 0 or len(found) != 1:
            reason = fetched.stderr.strip() or "pip gave no wheel"
            raise TemporaryError(f"{wheel.name} {wheel.version} cannot be fetched: {reason}")
        os.replace(found[0], target)
    return target


def _make_models(folder: Path, recipe: Recipe, wheel: Path) -> None:
    """Run the script on the members of the wheel and put what it makes into `folder/models`."""
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        sources, made = Path(temporary) / "sources", Path(temporary) / "models"
        sources.mkdir()
        made.mkdir()
        _unpack_members(recipe, wheel, sources)
        ran = subprocess.run(
            [sys.executable, str(folder / recipe.script), str(sources), str(made)],
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode != 0:
            raise ManifestError(f"{folder / recipe.script} failed:\n{ran.stderr.strip()}")
        models = folder / "models"
        models.mkdir(exist_ok=True)
        for path in sorted(made.iterdir()):
            os.replace(path, models / path.name)


def _unpack_members(recipe: Recipe, wheel: Path, into: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for member in recipe.members:
            try:
                (into / member.file).write_bytes(archive.read(member.path))
            except KeyError as error:
                raise ManifestError(f"recipe.toml: {member.path}: not in {recipe.wheel.name}") from error
            found = digest_of_file(into / member.file)
            if found != member.sha256:
                raise ManifestError(f"recipe.toml: {member.path}: its sha256 is {found}, not {member.sha256}")


def bill_of_materials(manifest: Manifest, recipe: Recipe) -> str:
    """Return what the package is made of as CycloneDX JSON: its models, and the wheel of their weights.

    Source
    ------
    CycloneDX 1.6, component type `machine-learning-model`; no serial number and no time, since equal
    content must give equal bytes.
    """
    purl = f"pkg:pypi/{recipe.wheel.name}@{recipe.wheel.version}"
    wheel = {
        "type": "file",
        "bom-ref": purl,
        "name": recipe.wheel.name,
        "version": recipe.wheel.version,
        "purl": purl,
        "hashes": [{"alg": "SHA-256", "content": recipe.wheel.sha256}],
        "licenses": [{"license": {"id": recipe.wheel.licence}}],
        "components": [
            {"type": "data", "name": member.path, "hashes": [{"alg": "SHA-256", "content": member.sha256}]}
            for member in recipe.members
        ],
    }
    models = [
        {
            "type": "machine-learning-model",
            "bom-ref": model.file,
            "name": name,
            "version": manifest.plugin.version,
            "hashes": [{"alg": "SHA-256", "content": model.sha256}],
            "licenses": [{"license": {"id": manifest.licences.weights}}],
        }
        for name, model in sorted(manifest.models.items())
    ]
    identity = {"type": "application", "name": manifest.plugin.id, "version": manifest.plugin.version}
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {**identity, "bom-ref": manifest.plugin.id}},
        "components": [*models, wheel],
        "dependencies": [{"ref": model["bom-ref"], "dependsOn": [purl]} for model in models],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
