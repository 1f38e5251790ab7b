"""Private keys of this installation: each hospital's own, and the one for what is built on this machine.

They are files of mode 0600 below the state folder, made when they are first needed.
"""

import os
import tempfile
from pathlib import Path

from django.conf import settings
from securesystemslib.signer import CryptoSigner, SSlibKey

from allward.registry.words_on_keys import OWN_PREFIXES
from allward_sdk.trust.keys import load_signer, new_key


def own_prefix(code: str) -> str:
    """Return how the ids of the plug-ins begin that a hospital signs with its own key (ADR 0018)."""
    return f"{OWN_PREFIXES}{code.lower().replace('_', '-')}."


def hospital_signer(code: str) -> CryptoSigner:
    """Return the key of a hospital by its code."""
    return _signer(settings.ALLWARD.home / "keys" / f"{code}.pem")


def signer_of_builds() -> CryptoSigner:
    """Return the key for packages that were built on this machine."""
    return _signer(settings.ALLWARD.home / "built-here.pem")


def public_half(signer: CryptoSigner) -> SSlibKey:
    """Return the public half of a key that this installation made."""
    public = signer.public_key
    assert isinstance(public, SSlibKey)
    return public


def _signer(path: Path) -> CryptoSigner:
    if not path.is_file():
        _make(path)
    return load_signer(path)


def _make(path: Path) -> None:
    """Write a new key, whole, under a name that nobody has taken meanwhile."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".") as folder:
        made = Path(folder) / path.name
        new_key(made)
        try:
            os.link(made, path)
        except FileExistsError:
            return  # another process was quicker; its key counts
