"""Ways to tamper with a good package: each takes the workshop and gives the bytes of a bad one."""

import json
import stat
import zipfile
from base64 import b64decode, b64encode
from collections.abc import Callable
from io import BytesIO
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper
from tests.contract.refused.signed_packages import SIGNATURE, Workshop, digest, flipped, lay_out

from allward_sdk.trust.statement import sign

Change = Callable[[Workshop], bytes]

LINK = stat.S_IFLNK | 0o777


def nothing(shop: Workshop) -> bytes:
    """Leave the package as it is: what is wrong is the key."""
    return shop.good


def flip_in(name: str) -> Change:
    """Flip a bit in the middle of an entry's content."""

    def change(shop: Workshop) -> bytes:
        content = shop.envelope() if name == SIGNATURE else shop.contents[name]
        return flipped(shop.good, shop.good.index(content) + len(content) // 2)

    return change


def flip_in_signature(shop: Workshop) -> bytes:
    """Flip a bit of the signature itself, and write the envelope in its form."""
    told = json.loads(shop.envelope())
    (signature,) = told["signatures"]
    signature["sig"] = b64encode(flipped(b64decode(signature["sig"]), 5)).decode()
    return lay_out(shop.contents, _written(told))


def model_swapped(shop: Workshop) -> bytes:
    """Put another model of the same size in its place."""
    model = flipped(shop.contents["models/bright.onnx"], 99)
    return lay_out(shop.contents | {"models/bright.onnx": model}, shop.envelope())


def model_and_manifest_swapped(shop: Workshop) -> bytes:
    """Swap the model, and let the manifest name the new one."""
    return lay_out(_with_model(shop, flipped(shop.contents["models/bright.onnx"], 99)), shop.envelope())


def _with_model(shop: Workshop, model: bytes) -> dict[str, bytes]:
    """Return contents with another model, which the manifest names rightly."""
    old = digest(shop.contents["models/bright.onnx"])
    manifest = shop.contents["plugin.toml"].replace(old.encode(), digest(model).encode())
    return shop.contents | {"models/bright.onnx": model, "plugin.toml": manifest}


def envelope_of_another(shop: Workshop) -> bytes:
    """Lay in the envelope of another plug-in of the same publisher, which shares all files but one."""
    manifest = shop.contents["plugin.toml"].replace(b"org.test.bright", b"org.test.dark")
    payload = shop.payload(shop.contents | {"plugin.toml": manifest}, plugin="org.test.dark")
    return lay_out(shop.contents, sign(payload, shop.signer))


def old_signature(shop: Workshop) -> bytes:
    """Lay the envelope of 1.0.0 into 1.0.1."""
    newer = shop.contents["plugin.toml"].replace(b'version = "1.0.0"', b'version = "1.0.1"')
    return lay_out(shop.contents | {"plugin.toml": newer}, shop.envelope())


def by_stranger(shop: Workshop) -> bytes:
    """Sign with a key that nobody trusts."""
    return lay_out(shop.contents, shop.envelope(signer=shop.stranger))


def by_stranger_as_publisher(shop: Workshop) -> bytes:
    """Sign with a key that nobody trusts, under the keyid of one that is."""
    told = json.loads(shop.envelope(signer=shop.stranger))
    told["signatures"][0]["keyid"] = shop.key.keyid
    return lay_out(shop.contents, _written(told))


def with_two_signatures(shop: Workshop) -> bytes:
    """Let a stranger sign too."""
    told = json.loads(shop.envelope())
    told["signatures"] += json.loads(shop.envelope(signer=shop.stranger))["signatures"]
    return lay_out(shop.contents, _written(told))


def of_another_type(shop: Workshop) -> bytes:
    """Say that the payload is something else."""
    told = json.loads(shop.envelope()) | {"payloadType": "application/vnd.in-toto+json"}
    return lay_out(shop.contents, _written(told))


def _written(envelope: dict[str, Any]) -> bytes:
    return json.dumps(envelope, sort_keys=True, separators=(",", ":")).encode()


def adding(name: str, content: bytes = b"x") -> Change:
    """Add an entry that the envelope does not know."""
    return lambda shop: lay_out([*shop.contents.items(), (name, content)], shop.envelope())


def leaving_out(name: str) -> Change:
    """Leave out an entry that the envelope knows."""
    return lambda shop: lay_out(
        [entry for entry in shop.contents.items() if entry[0] != name], shop.envelope()
    )


def zipped_with(name: str, content: bytes, *, mode: int = 0o100644, packed: bool = False) -> Change:
    """Add an entry as any zip program would."""

    def change(shop: Workshop) -> bytes:
        file = BytesIO(shop.good)
        with zipfile.ZipFile(file, "a") as archive:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED)
        return file.getvalue()

    return change


def encrypted(shop: Workshop) -> bytes:
    """Set the bit that says so in the directory, for the first entry."""
    flags = shop.good.index(b"PK\1\2") + 8
    return flipped(shop.good, flags)


def with_a_lying_header(shop: Workshop) -> bytes:
    """Name a file differently in front of it than in the directory."""
    return shop.good.replace(b"models/bright.onnx", b"models/wright.onnx", 1)


def asking_for_a_huge_tensor(shop: Workshop) -> bytes:
    """Sign a graph of a few bytes that makes 4 TiB of zeros."""
    shape = onnx.numpy_helper.from_array(np.asarray([1, 1, 1 << 10, 1 << 15, 1 << 15], np.int64), "shape")
    nodes = [
        helper.make_node("ConstantOfShape", ["shape"], ["huge"]),
        helper.make_node("Add", ["x", "huge"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, 32, 32, 16])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [shape],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    contents = _with_model(shop, model.SerializeToString())
    return lay_out(contents, shop.envelope(contents))


def unsigned(shop: Workshop) -> bytes:
    """Zip the contents without an envelope."""
    return _zipped(list(shop.contents.items()), zipfile.ZIP_STORED)


def compressed(shop: Workshop) -> bytes:
    """Zip all, the envelope too, as any zip program would."""
    return _zipped([*shop.contents.items(), (SIGNATURE, shop.envelope())], zipfile.ZIP_DEFLATED)


def _zipped(entries: list[tuple[str, bytes]], method: int) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in entries:
            archive.writestr(name, content, method)
    return file.getvalue()
