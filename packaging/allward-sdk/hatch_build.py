"""Takes the kit's commands and the versions of its dependencies from the project: they are said once."""

import re
import tomllib
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

PROJECT = Path(__file__).parents[2] / "pyproject.toml"

PACKAGES = (
    *("allward_sdk", "allward_dicom", "allward_measure", "allward_engine", "allward_runner"),
    "allward_importers",
)
"""What the wheel holds; a command of any other package stays out."""

ALWAYS = ("pydantic", "numpy", "onnx", "securesystemslib", "tuf")
"""Dependencies that making, checking and signing needs."""

TO_RUN = (
    *("scipy", "pydicom", "highdicom", "SimpleITK", "pillow", "openvino", "pypinyin"),
    *("pylibjpeg", "pylibjpeg-openjpeg", "pylibjpeg-rle", "pyjpegls", "python-gdcm"),
)
"""Dependencies of the extra `run`."""

RUNTIME = "onnxruntime-gpu"
"""The project's build of ONNX Runtime; the kit takes the one for processors, of the same version."""


class KitMetadata(MetadataHookInterface):
    """Fills in what `pyproject.toml` of the kit calls dynamic."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add dependencies, the extra, the commands and the script."""
        project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
        wanted = {_name_of(line): line for line in project["dependencies"]}
        metadata["dependencies"] = [wanted[name.lower()] for name in ALWAYS]
        metadata["optional-dependencies"] = {
            "run": [
                *(wanted[name.lower()] for name in TO_RUN),
                wanted[RUNTIME].replace(RUNTIME, "onnxruntime"),
            ]
        }
        metadata["entry-points"] = {
            group: kept
            for group, entries in project["entry-points"].items()
            if (kept := {name: value for name, value in entries.items() if _is_of_the_kit(value)})
        }
        metadata["scripts"] = {"allward": project["scripts"]["allward"]}


def _name_of(requirement: str) -> str:
    return re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0].lower()


def _is_of_the_kit(entry: str) -> bool:
    return entry.partition(".")[0] in PACKAGES
