"""Writes the folder of a new plug-in."""

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from allward_sdk.errors import UsageError
from allward_sdk.manifest import Manifest, read_manifest
from allward_sdk.package import digest_of_file
from allward_sdk.questions import LICENCE
from allward_sdk.starting.manifest_text import Start, manifest_text
from allward_sdk.starting.operations import OPERATIONS, WITHOUT_MODEL
from allward_sdk.starting.tensors_of_graph import read_tensors

_NAME = re.compile(r"[a-z0-9]+(\.[a-z0-9-]+)*|[a-z0-9][a-z0-9-]*")
_CARD = Path(__file__).with_name("MODEL_CARD.md")
_NO_MODEL = "0" * 64


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be begun."""

    name: str
    """Plug-in id, as org.example.nodules, or its last part alone."""
    operation: str
    """One of `OPERATIONS`."""
    model: Path | None = None
    """The ONNX file; None if there is none yet."""
    vendor: str | None = None
    """Who answers for it."""
    weights: str | None = None
    """SPDX identifier of the licence of the weights."""


def start_plugin(order: Order, output: Path) -> Path:
    """Write the folder of a plug-in into the folder `output` and return it.

    Raises
    ------
    UsageError
        If the name is none, the folder is there already, or the model does not fit the operation.
    """
    if not _NAME.fullmatch(order.name):
        raise UsageError(
            f"{order.name!r} is no name of a plug-in: lower case, digits and '-', as in org.example.nodules."
        )
    plugin_id = order.name if "." in order.name else f"org.example.{order.name}"
    folder = output / plugin_id.rpartition(".")[2]
    if folder.exists():
        raise UsageError(f"{folder} is there already: take another name, or another --output.")
    graph = WITHOUT_MODEL[order.operation] if order.model is None else read_tensors(order.model)
    draft = OPERATIONS[order.operation](graph)
    (folder / "models").mkdir(parents=True)
    sha256 = _NO_MODEL
    if order.model is not None:
        shutil.copyfile(order.model, folder / "models" / "model.onnx")
        sha256 = digest_of_file(folder / "models" / "model.onnx")
    start = Start(plugin_id, order.vendor, order.weights, sha256)
    _write(folder / "plugin.toml", manifest_text(start, draft))
    _write(folder / "MODEL_CARD.md", _CARD.read_text(encoding="utf-8").replace("{id}", plugin_id))
    _write(folder / "LICENSE", LICENCE)
    _write(folder / "sbom.json", bill_of_models(read_manifest(folder / "plugin.toml")))
    return folder


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def bill_of_models(manifest: Manifest) -> str:
    """Return what the package is made of as CycloneDX JSON: its models, with their hashes.

    Versions are left out: plugin.toml says them, and a second place would be forgotten when they rise.

    Source
    ------
    CycloneDX 1.6, component type `machine-learning-model`; no serial number and no time, since equal
    content must give equal bytes.
    """
    plugin = manifest.plugin
    components = [
        {
            "type": "machine-learning-model",
            "bom-ref": model.file,
            "name": name,
            "hashes": [{"alg": "SHA-256", "content": model.sha256}],
        }
        for name, model in sorted(manifest.models.items())
    ]
    component = {"type": "application", "name": plugin.id, "bom-ref": plugin.id}
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": component},
        "components": components,
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
