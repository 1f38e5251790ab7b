"""Signing on the spot what was built here, and telling who signed what comes in."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from securesystemslib.signer import CryptoSigner

from allward.registry.own_keys import hospital_signer, own_prefix, signer_of_builds
from allward_sdk.errors import UntrustedError
from allward_sdk.package import SIGNATURE_FILE, Package, opened, read_package
from allward_sdk.trust.envelope import sign_package, verify_package
from allward_sdk.trust.keys import TrustStore


def is_signed(path: Path) -> bool:
    """Tell whether a package carries an envelope, whatever it is worth."""
    with opened(path) as archive:
        return SIGNATURE_FILE in archive.namelist()


@contextmanager
def signed_as_built_here(path: Path) -> Iterator[Path]:
    """Give the signed form of a package that was built on this machine; it is gone after the block."""
    with _signed(path, signer_of_builds()) as signed:
        yield signed


@contextmanager
def checked_package(path: Path, *, trust: TrustStore, code: str) -> Iterator[tuple[Package, str]]:
    """Give a package that a hospital may take in, and the keyid of its signer (empty: unsigned).

    What is unsigned and bears the hospital's own prefix was built there: it is signed with the hospital's
    key first. Other unsigned packages are for development servers.

    Raises
    ------
    ManifestError
        If the package breaks the contract.
    UntrustedError
        If nobody whom the hospital trusts signed it, or it was changed since.
    """
    if is_signed(path):
        verified = verify_package(path, trust)
        yield verified.package, verified.keyid
        return
    package = read_package(path)
    plugin_id = package.manifest.plugin.id
    if plugin_id.startswith(own_prefix(code)):
        with _signed(path, hospital_signer(code)) as signed:
            verified = verify_package(signed, trust)
            yield verified.package, verified.keyid
        return
    if not settings.ALLWARD.unsigned_plugins:
        raise UntrustedError(
            f"{path.name}: {SIGNATURE_FILE}: missing: the package is not signed. Ask its publisher for a"
            f" signed one; what this hospital builds itself is named {own_prefix(code)}… and signed here."
        )
    yield package, ""


@contextmanager
def _signed(path: Path, signer: CryptoSigner) -> Iterator[Path]:
    folder = settings.ALLWARD.home / "incoming"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as place:
        yield sign_package(path, signer, Path(place))
