"""The folder that every importer writes: manifest, models, model card, bill of materials; and what it asks.

What a model's files do not tell (its licence, what it is for, codes of labels, Chinese texts) is asked there
as `allward plugin new` asks it: a text that begins with a question mark, which `allward plugin check` names.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from allward_importers.known_classes import name_of
from allward_importers.refusal import RefusedError
from allward_importers.toml_text import manifest_text
from allward_sdk import questions
from allward_sdk.errors import ManifestError
from allward_sdk.manifest import parse_manifest
from allward_sdk.package import digest_of_file


@dataclass(frozen=True, slots=True)
class Source:
    """One file that a model was made from, for the bill of materials."""

    name: str
    sha256: str

    @classmethod
    def of(cls, path: Path, *, name: str) -> "Source":
        """Return a file's name and digest."""
        return cls(name, digest_of_file(path))


@dataclass(frozen=True, slots=True)
class Imported:
    """What an importer found out, ready to be written.

    Attributes
    ----------
    tables
        `wants`, `stages`, `labels`, `measurements` and `resources` of the manifest.
    models
        Name -> bytes of the ONNX file.
    tool
        Where it comes from, such as "nnU-Net v2".
    notes
        Sentences for the model card: what was taken over, and what differs.
    licence_text
        Of the file that lies beside the weights, if one does.
    """

    title: str
    tool: str
    licence: str
    tables: Mapping[str, Any]
    models: Mapping[str, bytes]
    sources: Sequence[Source]
    notes: Sequence[str]
    licence_text: str = ""


def empty_folder(output: Path) -> Path:
    """Make the folder to write into; raises RefusedError if something is there already."""
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise RefusedError(f"{output}: something is there already; name a folder that is new or empty.")
    (output / "models").mkdir(parents=True, exist_ok=True)
    return output


def write_folder(output: Path, imported: Imported, identity: Mapping[str, str]) -> None:
    """Write the folder of a plug-in.

    Parameters
    ----------
    output
        As `empty_folder` has made it.
    identity
        `id`, `version` and `vendor`.

    Raises
    ------
    RefusedError
        If the manifest breaks the contract.
    """
    models = {}
    for name, data in imported.models.items():
        file = f"models/{name}.onnx"
        (output / file).write_bytes(data)
        models[name] = {"file": file, "sha256": hashlib.sha256(data).hexdigest()}
    manifest = {
        "contract": 1,
        "fills": ["any_imaging.segmentation"],
        "plugin": {**identity, "title": {"en": imported.title, "zh": questions.TITLE.zh}},
        "intended_use": {"status": "research", "statement": questions.STATEMENT.model_dump()},
        "licences": {
            "code": "Apache-2.0",
            "weights": imported.licence or questions.WEIGHTS,
            "attribution": f"Imported from {imported.tool}: {imported.title}.",
        },
        "wants": imported.tables["wants"],
        "models": models,
        **imported.tables,
    }
    text = manifest_text(manifest)
    try:
        parse_manifest(text, source=str(output / "plugin.toml"))
    except ManifestError as error:
        raise RefusedError(f"What was imported breaks the contract of plug-ins: {error}") from error
    (output / "plugin.toml").write_text(text, encoding="utf-8")
    (output / "MODEL_CARD.md").write_text(_card(imported, identity), encoding="utf-8")
    licence = imported.licence_text if imported.licence_text.strip() else questions.LICENCE
    (output / "LICENSE").write_text(licence, encoding="utf-8")
    (output / "sbom.json").write_text(_bill(imported, identity, models), encoding="utf-8")


def identity_of(title: str, *, plugin_id: str | None, vendor: str | None) -> dict[str, str]:
    """Return who made a plug-in and which one it is, as far as it is told."""
    plain = name_of(title).replace("_", "-")
    return {
        "id": plugin_id or f"local.imported.{plain}",
        "version": "1.0.0",
        "vendor": vendor or questions.VENDOR,
    }


def licence_beside(folder: Path) -> str:
    """Return the text of a folder's LICENSE; empty if there is none."""
    path = folder / "LICENSE"
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def volumes_of(labels: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return one volume for each label."""
    return [
        {
            "name": f"{one['name'][:33]}_volume",
            "of": one["name"],
            "method": "volume",
            "title": {"en": f"{one['title']['en']}: volume", "zh": f"{one['title']['zh']}体积"},
            "concept": {"scheme": "SCT", "value": "118565006", "meaning": "Volume"},
            "unit": {"scheme": "UCUM", "value": "mL", "meaning": "milliliter"},
        }
        for one in labels
    ]


def resources_for(window: Sequence[int], channels: int, features: int) -> dict[str, int]:
    """Return what a run may use, with room to spare; measured numbers are better.

    Source
    ------
    The finest level of a U-Net holds some ten tensors of its features at once; labels are made of one
    window's depth of every class over a cross-section of 512 x 512.
    """
    voxels = window[0] * window[1] * window[2]
    activations_mib = 10 * 4 * features * voxels / 2**20
    outputs_mib = 4 * (channels + 1) * window[0] * 512 * 512 / 2**20
    return {
        "device_memory_mib": int(1024 + activations_mib),
        "memory_mib": int(4096 + activations_mib + outputs_mib),
        "timeout_s": 3600,
    }


def _card(imported: Imported, identity: Mapping[str, str]) -> str:
    sources = "\n".join(f"- `{source.name}`, sha256 `{source.sha256}`" for source in imported.sources)
    notes = "\n".join(f"- {note}" for note in imported.notes)
    return (
        f"# {imported.title}\n\n"
        f"`{identity['id']}` {identity['version']} · research use only · weights "
        f"{imported.licence or 'under a licence that is not stated'}\n\n"
        f"## Where it comes from\n\nImported from {imported.tool}, weights unchanged.\n\n{sources}\n\n"
        f"## What was taken over\n\n{notes}\n\n"
        "## What the imported files do not tell\n\n"
        "? On which patients was it trained, and on which was it measured\n"
        "? What is it for, and where does it fail\n"
    )


def _bill(imported: Imported, identity: Mapping[str, str], models: Mapping[str, Mapping[str, str]]) -> str:
    """Return CycloneDX 1.6: the models and the files that they were made from."""

    def component(kind: str, name: str, sha256: str) -> dict[str, Any]:
        return {
            "type": kind,
            "bom-ref": name,
            "name": name,
            "hashes": [{"alg": "SHA-256", "content": sha256}],
        }

    made = [component("machine-learning-model", model["file"], model["sha256"]) for model in models.values()]
    sources = [component("data", f"source/{source.name}", source.sha256) for source in imported.sources]
    names = [source["bom-ref"] for source in sources]
    whole = {
        "type": "application",
        "name": identity["id"],
        "version": identity["version"],
        "bom-ref": identity["id"],
    }
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": whole},
        "components": [*made, *sources],
        "dependencies": [{"ref": model["bom-ref"], "dependsOn": names} for model in made],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
