"""`plugin.toml` of a new plug-in: what the graph tells is filled in, the rest is asked."""

from dataclasses import dataclass

from allward_sdk import questions
from allward_sdk.contracts import CONTRACT
from allward_sdk.parts import Localised
from allward_sdk.starting import asked
from allward_sdk.starting.draft import Draft, text

_COLOURS = ("#D68E6C", "#FFD640", "#6CA8D6", "#8FD66C", "#C26CD6", "#6CD6C2", "#D66C8E", "#B0B0B0")

_HEAD = """contract = {contract}
{asked_slots}
fills = ["{slot}"]

[plugin]
{asked_id}id = "{id}"
version = "0.1.0"
vendor = {vendor}
title = {title}

[intended_use]
status = "research"
statement = {statement}
contraindications = [
    {{ en = "? Where must it not be used", zh = "？ 不得用于何种情形" }},
]

[licences]
code = "Apache-2.0"
weights = {weights}

[wants]
{asked_wants}
modality = ["{modality}"]
min_slices = {min_slices}

[models.model]
file = "models/model.onnx"
sha256 = "{sha256}"
"""

_LABEL = """
[[labels]]
name = "{name}"
value = {value}
title = {{ en = "? What is {name}", zh = "？ {name} 是什么" }}
category = {{ scheme = "SCT", value = "?", meaning = "? Which category, PS3.16 CID 7150" }}
type = {{ scheme = "SCT", value = "?", meaning = "{concept}" }}
colour = "{colour}"
{asked_kind}kind = "{kind}"
"""

_VOLUME = """
[[measurements]]
name = "{name}_volume"
of = "{name}"
method = "volume"
title = {{ en = "Volume", zh = "体积" }}
concept = {{ scheme = "SCT", value = "118565006", meaning = "Volume" }}
unit = {{ scheme = "UCUM", value = "mL", meaning = "milliliter" }}
"""

_RESOURCES = f"""
[resources]
{asked.RESOURCES}
device_memory_mib = 0
memory_mib = 4000
timeout_s = 900
"""


@dataclass(frozen=True, slots=True)
class Start:
    """What a new plug-in is begun with."""

    plugin_id: str
    vendor: str | None
    """None: it is asked."""
    weights: str | None
    """Licence of the weights; None: it is asked."""
    sha256: str
    """Of the model; zeros if there is none yet."""


def manifest_text(start: Start, draft: Draft) -> str:
    """Return the text of `plugin.toml`."""
    head = _HEAD.format(
        contract=CONTRACT,
        asked_slots=asked.SLOTS,
        asked_wants=asked.WANTS,
        slot=draft.slot,
        asked_id=f"{asked.PLUGIN_ID}\n" if start.plugin_id.startswith("org.example.") else "",
        id=start.plugin_id,
        vendor=text(start.vendor or questions.VENDOR),
        title=_localised(questions.TITLE),
        statement=_localised(questions.STATEMENT),
        weights=text(start.weights or questions.WEIGHTS),
        modality=draft.modality,
        min_slices=10 if draft.measured else 1,
        sha256=start.sha256,
    )
    parts = [head, "\n", "\n".join(draft.stage), "\n"]
    for value, name in enumerate(draft.labels, 1):
        parts.append(
            _LABEL.format(
                name=name,
                value=value,
                colour=_COLOURS[(value - 1) % len(_COLOURS)],
                kind=draft.kind,
                concept=questions.CONCEPT,
                asked_kind=f"{asked.KIND}\n" if draft.kind != "class" else "",
            )
        )
    parts += [_VOLUME.format(name=name) for name in draft.labels if draft.measured]
    return "".join([*parts, _RESOURCES])


def _localised(said: Localised) -> str:
    return f"{{ en = {text(said.en)}, zh = {text(said.zh)} }}"
