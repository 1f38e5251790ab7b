"""A package with a net of a few bytes; importing this needs no Django, so that a bench can install it too."""

from dataclasses import dataclass
from pathlib import Path

from allward_sdk.package import pack
from tests.unit.engine import graphs

TEMPLATE = """contract = 1
fills = ["{fills}"]
[plugin]
id = "{plugin_id}"
version = "{version}"
vendor = "Test"
title = {{ en = "Bright things", zh = "亮物" }}
[intended_use]
status = "{status}"
statement = {{ en = "Finds what is bright.", zh = "查找亮区。" }}
{registration}[licences]
code = "Apache-2.0"
weights = "Apache-2.0"
entitlement = {entitlement}
[wants]
modality = ["CT"]
min_slices = {min_slices}
[models.bright]
file = "models/bright.onnx"
sha256 = "{sha256}"
[[stages]]
name = "bright"
model = "bright"
[stages.input]
name = "x"
orientation = "RAS"
window = [32, 32, 16]
prepare = []
[stages.output]
name = "y"
threshold = 0.5
labels = ["liver"]
clean = [{{ do = "largest_component" }}]
[[labels]]
name = "liver"
value = 1
title = {{ en = "Liver", zh = "肝脏" }}
category = {{ scheme = "SCT", value = "123037004", meaning = "Anatomical Structure" }}
type = {{ scheme = "SCT", value = "10200004", meaning = "Liver" }}
colour = "#D68E6C"
[[measurements]]
name = "liver_volume"
of = "liver"
method = "volume"
title = {{ en = "Liver volume", zh = "肝脏体积" }}
concept = {{ scheme = "SCT", value = "118565006", meaning = "Volume" }}
unit = {{ scheme = "UCUM", value = "mL", meaning = "milliliter" }}
{parameters}[resources]
device_memory_mib = 0
memory_mib = {memory_mib}
timeout_s = {timeout_s}
"""


PARAMETERS = """[[parameters]]
name = "sure"
kind = "number"
title = {{ en = "Least probability", zh = "最低概率" }}
default = 0.5
least = {least}
largest = 0.9
[[parameters.sets]]
stage = "bright"
key = "threshold"
"""


REGISTRATION = """[[intended_use.registrations]]
authority = "NMPA"
registrant = "某某医疗科技有限公司"
number = "国械注准20263210001"
version = "{registered}"
valid_until = "{valid_until}"
"""


@dataclass(frozen=True, slots=True)
class SmallPlugin:
    """What may differ between versions of it."""

    version: str = "1.0.0"
    status: str = "research"
    min_slices: int = 5
    above_hu: float = 60.0
    timeout_s: int = 60
    plugin_id: str = "org.test.bright"
    registered: str = ""
    """Version that the registration of a cleared one names; empty: its own."""
    valid_until: str = "2099-12-31"
    entitlement: bool = False
    """Whether a hospital needs a token to run it."""
    least: float | None = None
    """Smallest value of its parameter `sure`; None: it has no parameter."""
    fills: str = "any_imaging.segmentation"
    memory_mib: int = 500
    """Of the host, for one run."""


DEFAULT = SmallPlugin()


def write_manifest(plugin: SmallPlugin, *, sha256: str) -> str:
    """Return the text of its `plugin.toml`."""
    registration = REGISTRATION.format(
        registered=plugin.registered or plugin.version, valid_until=plugin.valid_until
    )
    return TEMPLATE.format(
        fills=plugin.fills,
        plugin_id=plugin.plugin_id,
        version=plugin.version,
        status=plugin.status,
        registration=registration if plugin.status == "cleared" else "",
        min_slices=plugin.min_slices,
        timeout_s=plugin.timeout_s,
        memory_mib=plugin.memory_mib,
        parameters="" if plugin.least is None else PARAMETERS.format(least=plugin.least),
        entitlement=str(plugin.entitlement).lower(),
        sha256=sha256,
    )


def make_package(folder: Path, plugin: SmallPlugin = DEFAULT) -> Path:
    """Write the package below `folder`."""
    source = folder / f"{plugin.plugin_id.rpartition('.')[2]}-{plugin.version}"
    models = source / "models"
    models.mkdir(parents=True, exist_ok=True)
    digest = graphs.bright(models, (32, 32, 16), above=plugin.above_hu, steep=0.5)
    (models / f"{digest}.onnx").rename(models / "bright.onnx")
    text = write_manifest(plugin, sha256=digest)
    (source / "plugin.toml").write_text(text, encoding="utf-8")
    (source / "MODEL_CARD.md").write_text("# Bright things\n\nFinds what is bright.\n", encoding="utf-8")
    (source / "sbom.json").write_text("{}\n", encoding="utf-8")
    (source / "LICENSE").write_text("Apache License 2.0\n", encoding="utf-8")
    return pack(source, folder).path
