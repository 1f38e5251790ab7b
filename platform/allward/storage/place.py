"""The storage of this deployment, from `ALLWARD_STORAGE_URL`."""

from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.conf import settings

from allward.storage.folder import FolderStorage


class StorageUrlError(ValueError):
    """The storage URL names no storage that the platform knows."""


def storage_at(url: str) -> FolderStorage:
    """Make the storage that a URL names: ``file:///folder``.

    Raises
    ------
    StorageUrlError
        If the scheme is another one.
    """
    parts = urlsplit(url)
    if parts.scheme != "file" or not parts.path.startswith("/"):
        raise StorageUrlError(f"ALLWARD_STORAGE_URL is {url!r}; it must be file:///an/absolute/folder")
    return FolderStorage(Path(unquote(parts.path)))


@cache
def storage() -> FolderStorage:
    """Return the storage of this deployment."""
    return storage_at(settings.ALLWARD.storage_url)


def instance_key(*, tenant_id: object, instance_id: object, sha256: str) -> str:
    """Return the key of a received object: ``tenant/instance-id/sha256``, never shared across tenants."""
    return f"{tenant_id}/{instance_id}/{sha256}"


def sidecar_key(storage_key: str) -> str:
    """Return the key of an object's per-frame functional groups, kept beside its bytes as DICOM JSON."""
    return f"{storage_key}.frames.json"
