"""Signs packages, and tells of a signed one who made it and that nothing in it was changed (ADR 0018).

A signed package has one form for its content (`layout.py`), so each of its bytes is either signed, or
follows from what is signed, or is the signature.
"""

import hashlib
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from securesystemslib.signer import Signer

from allward_sdk.errors import ManifestError, UntrustedError
from allward_sdk.manifest import Manifest
from allward_sdk.manifest_text import read_manifest_text
from allward_sdk.package import (
    SIGNATURE_FILE,
    Package,
    opened,
    package_name,
    read_package,
    refuse_dangerous,
    refuse_wrong_names,
    replacing,
)
from allward_sdk.trust.keys import PublisherKey, TrustStore
from allward_sdk.trust.layout import Entry, Layout, layout_of
from allward_sdk.trust.reading import FixedBytes, SignedBytes, Stretch, read_once
from allward_sdk.trust.statement import FileDigest, Payload, sign, verify

_MANIFEST = "plugin.toml"
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class SignedPackage:
    """A package whose signature holds."""

    package: Package
    keyid: str
    """Of the key that signed it."""
    publisher: str
    """Who holds that key."""
    payload: Payload
    """What was signed."""

    @property
    def digest(self) -> str:
        """The sha256 of the whole file, in hexadecimal: the package's identity."""
        return self.package.digest


def sign_package(path: Path, signer: Signer, output_folder: Path) -> Path:
    """Write the signed form of a package into a folder, in one step; returns its path.

    The same content and key give the same bytes. A signature that is there is replaced.

    Raises
    ------
    ManifestError
        If the package is not whole.
    """
    package = read_package(path)
    output_folder.mkdir(parents=True, exist_ok=True)
    target = output_folder / package_name(package.manifest)
    names = [name for name in package.names if name != SIGNATURE_FILE]
    with opened(path) as archive, replacing(target) as file:
        entries = [_entry_of(archive.getinfo(name)) for name in names]
        digests = {}
        for entry, header in zip(entries, layout_of(entries).headers, strict=True):
            file.write(header)
            digests[entry.name] = FileDigest(sha256=_copy(archive, entry, file), bytes=entry.size)
        manifest = package.manifest
        _refuse_other_models(manifest, digests, path.name)
        envelope = sign(_statement(manifest, digests), signer)
        layout = layout_of([*entries, _entry_of_envelope(envelope)])
        file.write(layout.headers[-1] + envelope + layout.directory)
    return target


def _statement(manifest: Manifest, digests: dict[str, FileDigest]) -> Payload:
    identity = manifest.plugin
    return Payload(plugin=identity.id, version=identity.version, contract=manifest.contract, files=digests)


def _entry_of(found: zipfile.ZipInfo) -> Entry:
    return Entry(found.filename, found.file_size, found.CRC)


def _entry_of_envelope(envelope: bytes) -> Entry:
    return Entry(SIGNATURE_FILE, len(envelope), zlib.crc32(envelope))


def _copy(archive: zipfile.ZipFile, entry: Entry, target: IO[bytes]) -> str:
    """Copy the content of an entry, whose checksum zipfile compares; returns its sha256."""
    digest = hashlib.sha256()
    with archive.open(entry.name) as source:
        while chunk := source.read(_CHUNK_BYTES):
            digest.update(chunk)
            target.write(chunk)
    return digest.hexdigest()


def verify_package(path: Path, trust: TrustStore) -> SignedPackage:
    """Check all of a signed package: the zip's shape, the signature, the key, each byte, the manifest.

    In this order: nothing is believed before what vouches for it. The file is read once.

    Raises
    ------
    ManifestError
        If the file is no package in the form in which packages are signed, with the place of the fault.
    UntrustedError
        If it is not signed, nobody who is trusted signed it, or it is not what was signed.
    """
    found = _entries_in(path)
    envelope = _envelope_in(path, found)
    entries = [*found[:-1], _entry_of_envelope(envelope)]
    key, payload = verify(envelope, trust, place=f"{path.name}: {SIGNATURE_FILE}")
    _refuse_key(key, payload, path.name)
    _refuse_other_entries(entries[:-1], payload, path.name)
    text = bytearray()
    stretches = tuple(_stretches(path.name, entries, envelope, payload, text))
    digest = read_once(path, stretches)
    if key.state == "rotated" and digest not in trust.listed:
        raise UntrustedError(
            f"{path.name}: {SIGNATURE_FILE}: the key {key.keyid} of {key.publisher} was rotated,"
            " and no catalogue here lists this package"
        )
    manifest = _manifest_of(bytes(text), payload, path.name)
    names = tuple(entry.name for entry in entries)
    refuse_wrong_names(names, manifest, place=path.name)
    _refuse_other_models(manifest, payload.files, path.name)
    return SignedPackage(Package(path, manifest, digest, names), key.keyid, key.publisher, payload)


def _entries_in(path: Path) -> list[Entry]:
    """Return the entries of a package in the form in which packages are signed; the envelope is last."""
    with opened(path) as archive:
        found = archive.infolist()
        refuse_dangerous(found, path)
    names = [entry.filename for entry in found]
    if SIGNATURE_FILE not in names:
        raise UntrustedError(f"{path.name}: {SIGNATURE_FILE}: missing: the package is not signed")
    for name, following in zip(names, names[1:], strict=False):
        if following == name:
            raise ManifestError(f"{path.name}: {name!r}: stands there twice")
        if following < name:
            raise ManifestError(f"{path.name}: {following!r}: stands behind {name!r}: not in order")
    for entry in found:
        if entry.compress_type != zipfile.ZIP_STORED or entry.compress_size != entry.file_size:
            raise ManifestError(f"{path.name}: {entry.filename!r}: compressed; it is signed as it is")
    entries = [_entry_of(entry) for entry in found]
    _refuse_other_size(path, layout_of(entries))
    return entries


def _refuse_other_size(path: Path, layout: Layout) -> None:
    size = path.stat().st_size
    if size != layout.size:
        raise ManifestError(
            f"{path.name}: {size} bytes; its entries take {layout.size}, and nothing may stand"
            " before, between or behind them"
        )


def _envelope_in(path: Path, entries: Sequence[Entry]) -> bytes:
    layout = layout_of(entries)
    with path.open("rb") as file:
        file.seek(layout.offsets[-1] + len(layout.headers[-1]))
        return file.read(entries[-1].size)


def _refuse_key(key: PublisherKey, payload: Payload, place: str) -> None:
    if key.state == "revoked":
        reason = f": {key.reason}" if key.reason else ""
        raise UntrustedError(
            f"{place}: {SIGNATURE_FILE}: the key {key.keyid} of {key.publisher} was revoked{reason}"
        )
    if not key.may_sign(payload.plugin):
        raise UntrustedError(
            f"{place}: {SIGNATURE_FILE}: payload.plugin: {key.publisher} may sign"
            f" {', '.join(key.prefixes)} but not {payload.plugin}"
        )


def _refuse_other_entries(entries: Sequence[Entry], payload: Payload, place: str) -> None:
    for entry in entries:
        signed = payload.files.get(entry.name)
        if signed is None:
            raise UntrustedError(f"{place}: {entry.name!r}: not among the files that were signed")
        if signed.bytes != entry.size:
            raise UntrustedError(f"{place}: {entry.name}: {entry.size} bytes, but {signed.bytes} were signed")
    for name in sorted(set(payload.files) - {entry.name for entry in entries}):
        raise UntrustedError(f"{place}: {name!r}: missing, but was signed")


def _stretches(
    place: str, entries: Sequence[Entry], envelope: bytes, payload: Payload, manifest: bytearray
) -> Iterator[Stretch]:
    """Yield all that the file must consist of; the bytes of `plugin.toml` come to lie in `manifest`."""
    layout = layout_of(entries)
    for entry, header in zip(entries, layout.headers, strict=True):
        where = f"{place}: {entry.name}"
        yield FixedBytes(header, f"{where}: its header")
        if entry.name == SIGNATURE_FILE:
            yield FixedBytes(envelope, where)
        else:
            kept = manifest if entry.name == _MANIFEST else None
            yield SignedBytes(entry.size, payload.files[entry.name].sha256, entry.crc, where, kept)
    yield FixedBytes(layout.directory, f"{place}: the zip's directory")


def _manifest_of(content: bytes, payload: Payload, place: str) -> Manifest:
    manifest = read_manifest_text(content, source=f"{place}: {_MANIFEST}")
    identity = manifest.plugin
    for where, told, signed in (
        ("plugin.id", identity.id, payload.plugin),
        ("plugin.version", identity.version, payload.version),
        ("contract", manifest.contract, payload.contract),
    ):
        if told != signed:
            raise UntrustedError(f"{place}: {_MANIFEST}: {where} is {told}, but {signed} was signed")
    return manifest


def _refuse_other_models(manifest: Manifest, digests: dict[str, FileDigest], place: str) -> None:
    for name, model in manifest.models.items():
        found = digests[model.file].sha256
        if found != model.sha256:
            raise ManifestError(
                f"{place}: {model.file}: its sha256 is {found}, but models.{name} in plugin.toml says"
                f" {model.sha256}"
            )
