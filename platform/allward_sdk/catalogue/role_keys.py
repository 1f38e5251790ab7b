"""The private keys of a catalogue's four roles, in a folder of their own that is never served or copied.

A file is named after its role and its keyid, so that whatever was written before a crash, the keys that
root.json lists are found. The root's key is needed only to change keys or to prolong the root: it belongs
into a safe, not beside the others.
"""

from dataclasses import dataclass
from pathlib import Path

from securesystemslib.signer import CryptoSigner, SSlibKey
from tuf.api.metadata import Root

from allward_sdk.errors import UsageError
from allward_sdk.trust.keys import load_signer, new_key

ROLES = ("root", "targets", "snapshot", "timestamp")
"""The top-level roles of TUF."""


@dataclass(frozen=True, slots=True)
class RoleKeys:
    """A folder of private keys, mode 0700, each file 0600."""

    folder: Path

    def make(self, role: str) -> SSlibKey:
        """Make a new key for a role and return its public half; it counts once a root lists it."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = self.folder / f"{role}.new.pem"
        fresh.unlink(missing_ok=True)  # of a run that was killed here: no root lists it
        public = new_key(fresh)
        fresh.rename(self._path(role, public.keyid))
        return public

    def signer(self, role: str, root: Root) -> CryptoSigner:
        """Return what signs for a role under `root`.

        Raises
        ------
        UsageError
            If none of the keys that root.json lists for the role is here.
        """
        for keyid in root.roles[role].keyids:
            path = self._path(role, keyid)
            if path.is_file():
                return load_signer(path)
        wanted = " or ".join(self._path(role, keyid).name for keyid in root.roles[role].keyids)
        raise UsageError(
            f"{self.folder}: {wanted} is missing: bring the key that signs the catalogue's {role}."
        )

    def named(self, role: str, keyid: str) -> CryptoSigner:
        """Return the signer of one key."""
        return load_signer(self._path(role, keyid))

    def has(self, role: str, root: Root) -> bool:
        """Tell whether a key that may sign for this role is here."""
        return any(self._path(role, keyid).is_file() for keyid in root.roles[role].keyids)

    def _path(self, role: str, keyid: str) -> Path:
        return self.folder / f"{role}.{keyid[:16]}.pem"
