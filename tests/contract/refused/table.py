"""All that a package can be refused for: one table of mutated manifests and tampered packages.

Each row says what is done to a good package, and the words that must name the place. A mutated manifest is
signed rightly, so that nothing but the manifest is at fault.
"""

from dataclasses import dataclass, field
from typing import Any

from tests.contract.refused import tampering
from tests.contract.refused.signed_packages import SIGNATURE


@dataclass(frozen=True)
class Mutation:
    """A manifest in which one piece of text is another."""

    name: str
    old: str
    new: str
    words: str


@dataclass(frozen=True)
class Tampering:
    """A package of which somebody changed something, or a key of which something is told."""

    name: str
    change: tampering.Change
    words: str
    key: dict[str, Any] = field(default_factory=dict)
    """What the hospital's store says differently of the publisher's key."""


MUTATIONS = (
    Mutation("the contract of another age", "contract = 1\n", "contract = 99\n", "contract"),
    Mutation("no contract", "contract = 1\n", "", "contract"),
    Mutation("fills no slot", 'fills = ["any_imaging.segmentation"]', "fills = []", "fills"),
    Mutation("a slot without an app", '"any_imaging.segmentation"', '"segmentation"', "fills.0"),
    Mutation("an id in capitals", '"org.test.bright"', '"org.test.BRIGHT"', "plugin.id"),
    Mutation("an id without a domain", '"org.test.bright"', '"bright"', "plugin.id"),
    Mutation("another plug-in than was signed", '"org.test.bright"', '"org.test.dark"', "plugin.id"),
    Mutation("half a version", 'version = "1.0.0"', 'version = "1.0"', "plugin.version"),
    Mutation("another version than was signed", 'version = "1.0.0"', 'version = "1.0.1"', "plugin.version"),
    Mutation("nobody answers for it", 'vendor = "Test"', 'vendor = ""', "plugin.vendor"),
    Mutation("no Chinese title", ', zh = "亮物"', "", "plugin.title.zh"),
    Mutation("a key that nobody knows", "[licences]", "[licences]\nscript = 1", "licences.script"),
    Mutation("code in a table", "[resources]", '[run]\ncommand = "sh"\n[resources]', "run: no key"),
    Mutation("an invented status", 'status = "research"', 'status = "maybe"', "intended_use.status"),
    Mutation("weights without a licence", 'weights = "Apache-2.0"', "", "licences.weights"),
    Mutation("an unknown modality", '["CT"]', '["XX"]', "wants.modality.0"),
    Mutation("fewer slices than one", "min_slices = 5", "min_slices = 0", "wants.min_slices"),
    Mutation("a model outside the package", '"models/bright.onnx"', '"../b.onnx"', "models.bright.file"),
    Mutation("a model that is a program", '"models/bright.onnx"', '"models/b.py"', "models.bright.file"),
    Mutation("a model that is not there", '"models/bright.onnx"', '"models/dim.onnx"', "models/bright.onnx"),
    Mutation("half a digest", 'sha256 = "', 'sha256 = "00', "models.bright.sha256"),
    Mutation("a stage without its model", 'model = "bright"', 'model = "dark"', "stages.bright"),
    Mutation("an invented orientation", '"RAS"', '"RAX"', "stages.0.input.orientation"),
    Mutation("an empty window", "[32, 32, 16]", "[32, 32, 0]", "stages.0.input.window.2"),
    Mutation("an operation that runs code", "prepare = []", 'prepare = [{ do = "exec" }]', "input.prepare"),
    Mutation("a label that nobody tells", 'labels = ["liver"]', 'labels = ["spleen"]', "spleen"),
    Mutation("a label on the background", "value = 1\n", "value = 0\n", "labels.0.value"),
    Mutation("a colour in words", '"#D68E6C"', '"red"', "labels.0.colour"),
    Mutation("a number of no known method", 'method = "volume"', 'method = "guess"', "measurements.0.method"),
    Mutation("a run of a day", "timeout_s = 60", "timeout_s = 86400", "resources.timeout_s"),
    Mutation("not TOML", "[resources]", "[resources", "not valid TOML"),
)  # fmt: skip


TAMPERINGS = (
    Tampering(
        "a bit flipped in the model",
        tampering.flip_in("models/bright.onnx"),
        "models/bright.onnx: its sha256 is",
    ),
    Tampering(
        "a bit flipped in the manifest", tampering.flip_in("plugin.toml"), "plugin.toml: its sha256 is"
    ),
    Tampering("a bit flipped in the envelope", tampering.flip_in(SIGNATURE), "signature.json: "),
    Tampering(
        "a bit flipped in the signature", tampering.flip_in_signature, "signature.json: signatures.0.sig"
    ),
    Tampering("another model", tampering.model_swapped, "models/bright.onnx: its sha256 is"),
    Tampering(
        "another model, and the manifest names it",
        tampering.model_and_manifest_swapped,
        "models/bright.onnx: its sha256 is",
    ),
    Tampering("the envelope of another package", tampering.envelope_of_another, "plugin.toml: "),
    Tampering("an old signature on a newer manifest", tampering.old_signature, "plugin.toml: its sha256 is"),
    Tampering("a stranger's key", tampering.by_stranger, "signature.json: signatures.0.keyid"),
    Tampering(
        "a stranger's key in the publisher's name",
        tampering.by_stranger_as_publisher,
        "signature.json: signatures.0.sig",
    ),
    Tampering("two signatures", tampering.with_two_signatures, "signature.json: signatures"),
    Tampering("an envelope for something else", tampering.of_another_type, "signature.json: payloadType"),
    Tampering("no envelope", tampering.unsigned, "signature.json: missing"),
    Tampering("two envelopes", tampering.adding(SIGNATURE, b"{}"), "'signature.json': stands there twice"),
    Tampering("a key for other plug-ins", tampering.nothing, "payload.plugin", {"prefixes": ("org.other.",)}),
    Tampering(
        "a revoked key", tampering.nothing, "was revoked: stolen", {"state": "revoked", "reason": "stolen"}
    ),
    Tampering("a rotated key, nothing listed", tampering.nothing, "was rotated", {"state": "rotated"}),
    Tampering("a path that climbs out", tampering.adding("../evil"), "'../evil'"),
    Tampering("an absolute path", tampering.adding("/etc/cron.d/evil"), "'/etc/cron.d/evil'"),
    Tampering(
        "a symbolic link",
        tampering.zipped_with("acceptance/link", b"/etc/shadow", mode=tampering.LINK),
        "'acceptance/link': a link",
    ),
    Tampering(
        "a zip bomb",
        tampering.zipped_with("acceptance/bomb", bytes(1 << 20), packed=True),
        "'acceptance/bomb': unpacks to far more",
    ),
    Tampering("compressed entries", tampering.compressed, "'LICENSE': compressed"),
    Tampering("an entry twice", tampering.adding("LICENSE"), "'LICENSE': stands there twice"),
    Tampering(
        "an entry that nobody signed",
        tampering.adding("acceptance/extra.json"),
        "'acceptance/extra.json': not among the files",
    ),
    Tampering(
        "an entry that is missing", tampering.leaving_out("LICENSE"), "'LICENSE': missing, but was signed"
    ),
    Tampering("an encrypted entry", tampering.encrypted, "'LICENSE': encrypted"),
    Tampering("a header that lies", tampering.with_a_lying_header, "models/bright.onnx: its header"),
    Tampering("bytes before it", lambda shop: b"#!/bin/sh\n" + shop.good, "nothing may stand before"),
    Tampering(
        "bytes behind it", lambda shop: shop.good + b"more", "nothing may stand before, between or behind"
    ),
    Tampering("a truncated file", lambda shop: shop.good[:-30], "not a package"),
    Tampering(
        "a huge tensor in the model",
        tampering.asking_for_a_huge_tensor,
        "models/bright.onnx: 'huge' would take",
    ),
)
