"""The folder of models beside an engine: filled at an installation, and on other machines when needed."""

from pathlib import Path

from allward.registry.models import PluginVersion
from allward.storage.folder import MissingBytesError
from allward.storage.place import storage
from allward_sdk.errors import ManifestError, PluginFaultError, TemporaryError
from allward_sdk.manifest import Manifest
from allward_sdk.package import extract_models, read_package


def lay_out_models(version: PluginVersion, folder: Path) -> None:
    """Make sure that the models of a version lie in `folder`, where the engine of this machine looks.

    The engine checks their bytes at every load; here it only counts that they are there.

    Raises
    ------
    TemporaryError
        If the package cannot be read from the storage just now.
    PluginFaultError
        If the package in the storage is not the one that was installed.
    """
    wanted = Manifest.model_validate(version.manifest).models.values()
    if all((folder / f"{model.sha256}.onnx").is_file() for model in wanted):
        return
    try:
        extract_models(read_package(storage().path(version.storage_key)), folder)
    except ManifestError as error:
        raise PluginFaultError(f"the package in the storage cannot be used: {error}") from error
    except (MissingBytesError, OSError) as error:
        raise TemporaryError(f"the package cannot be read from the storage: {error}") from error
