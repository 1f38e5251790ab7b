"""Texts inside the package of a version, as the storage keeps it."""

import zipfile
from collections.abc import Sequence

from allward.registry.models import PluginVersion
from allward.storage.place import storage


def texts_of_package(version: PluginVersion, names: Sequence[str]) -> dict[str, str]:
    """Return the text of some entries of a version's package; name -> text.

    The package was checked when it was taken in: that the entries are there, and that none is longer than
    `MAX_TEXT_BYTES`.
    """
    with storage().open(version.storage_key) as file, zipfile.ZipFile(file) as archive:
        return {name: archive.read(name).decode("utf-8") for name in names}
