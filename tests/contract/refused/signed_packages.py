"""Makes packages that are signed by the rules whatever is in them, as an author with bad intent would."""

import hashlib
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from securesystemslib.signer import CryptoSigner
from tests.small_package import make_package

from allward_sdk.trust.keys import PublisherKey, TrustStore, load_signer, new_key
from allward_sdk.trust.layout import Entry, layout_of
from allward_sdk.trust.statement import FileDigest, Payload, sign

SIGNATURE = "signature.json"
Content = tuple[str, bytes]


@dataclass(frozen=True)
class Workshop:
    """A good package, the key that signed it, and a stranger's key."""

    folder: Path
    signer: CryptoSigner
    stranger: CryptoSigner
    key: PublisherKey
    contents: dict[str, bytes] = field(repr=False)
    """Name -> content of every entry but the envelope."""

    @property
    def good(self) -> bytes:
        """The untouched package."""
        return lay_out(self.contents, self.envelope())

    def payload(self, contents: dict[str, bytes] | None = None, **other: object) -> Payload:
        """Return the statement over these contents."""
        files = {
            name: FileDigest(sha256=digest(content), bytes=len(content))
            for name, content in (contents or self.contents).items()
        }
        told = {"plugin": "org.test.bright", "version": "1.0.0", "contract": 1, "files": files}
        return Payload.model_validate(told | other)

    def envelope(self, contents: dict[str, bytes] | None = None, signer: CryptoSigner | None = None) -> bytes:
        """Return the envelope over these contents, by default the good one."""
        return sign(self.payload(contents), signer or self.signer)

    def with_manifest(self, manifest: bytes) -> bytes:
        """Return a package with another manifest, rightly signed: only the manifest is at fault."""
        contents = self.contents | {"plugin.toml": manifest}
        return lay_out(contents, self.envelope(contents))

    def trust(self, **other: object) -> TrustStore:
        """Return a store that knows the publisher's key, of which something may be different."""
        return TrustStore.of([replace(self.key, **other)])


def open_workshop(folder: Path) -> Workshop:
    """Make a good package and two keys below a folder."""
    key = PublisherKey.of(new_key(folder / "key.pem"), publisher="Test GmbH", prefixes=["org.test."])
    new_key(folder / "stranger.pem")
    with zipfile.ZipFile(make_package(folder)) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    signers = (load_signer(folder / "key.pem"), load_signer(folder / "stranger.pem"))
    return Workshop(folder, *signers, key, contents)


def lay_out(contents: dict[str, bytes] | Iterable[Content], envelope: bytes) -> bytes:
    """Return the bytes of a package in the form in which packages are signed."""
    told = contents.items() if isinstance(contents, dict) else contents
    listed = sorted([*told, (SIGNATURE, envelope)])
    layout = layout_of([Entry(name, len(content), zlib.crc32(content)) for name, content in listed])
    parts = (header + content for header, (_, content) in zip(layout.headers, listed, strict=True))
    return b"".join(parts) + layout.directory


def digest(content: bytes) -> str:
    """Return the sha256 of bytes in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def flipped(data: bytes, at: int) -> bytes:
    """Return the bytes with one bit of one byte changed."""
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
