"""What is asked of the engine and what it answers, and the JSON forms of both."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import isfinite
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import TypeAdapter, ValidationError

from allward_sdk.errors import BadInputError, ManifestError
from allward_sdk.found import Found
from allward_sdk.geometry import Geometry
from allward_sdk.manifest import Manifest

LabelMap = npt.NDArray[np.uint8]

_FOUND: TypeAdapter[tuple[Found, ...]] = TypeAdapter(tuple[Found, ...])

VOXEL_TYPES = ("int16", "uint16", "int32", "uint8", "float32")
"""Voxel types that the engine takes; numpy's names."""


class Priority(StrEnum):
    """How urgent a job is, in the words of UPS (PS3.4 CC, (0074,1200)) and IHE's STAT."""

    STAT = "STAT"
    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"


def seconds_or_none(value: object) -> float | None:
    """Read a finite number of seconds, or nothing; raises ValueError for all else."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise ValueError(f"{value!r} is no number of seconds")
    return float(value)


@dataclass(frozen=True, slots=True)
class SegmentRequest:
    """One plug-in on one volume; the volume itself travels beside it."""

    job_id: str
    tenant: str
    manifest: Manifest
    geometry: Geometry
    priority: Priority = Priority.MEDIUM
    app: str = ""
    """The clinical app that asked; device time is shared fairly between a tenant's apps too."""
    input_digest: str = ""
    """What identifies the images for the quarantine; empty lets the engine hash the voxels where it must."""
    due_in_s: float | None = None
    """Seconds from now until it should be done; None: nobody waits for a certain time."""

    def place_json(self) -> dict[str, Any]:
        """Return where the images lie: what tells two requests with the same voxels apart."""
        return self.geometry.to_json()

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form that travels on the socket."""
        return {
            "job_id": self.job_id,
            "tenant": self.tenant,
            "app": self.app,
            "input_digest": self.input_digest,
            "priority": self.priority.value,
            "due_in_s": self.due_in_s,
            "manifest": self.manifest.model_dump(mode="json"),
            "geometry": self.geometry.to_json(),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "SegmentRequest":
        """Read what `to_json` wrote.

        Raises
        ------
        ManifestError
            If the manifest breaks the contract.
        BadInputError
            If the geometry or another field is not what it should be.
        """
        try:
            return cls(
                job_id=str(data["job_id"]),
                tenant=str(data["tenant"]),
                app=str(data.get("app", "")),
                input_digest=str(data.get("input_digest", "")),
                priority=Priority(data["priority"]),
                due_in_s=seconds_or_none(data.get("due_in_s")),
                manifest=Manifest.model_validate(data["manifest"]),
                geometry=Geometry.from_json(data["geometry"]),
            )
        except ValidationError as error:
            raise ManifestError(f"The manifest breaks the contract: {error}") from error
        except (KeyError, TypeError, ValueError) as error:
            raise BadInputError(f"The request to the engine is not well formed: {error!r}") from error


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is."""

    stage: str
    """Name of the stage in the manifest, or "labels" for the way back to the series' grid."""
    unit: int
    """Windows done of this stage."""
    units: int | None
    """Windows of this stage; None until the image is prepared."""
    fraction: float
    """Of the whole job, 0 to 1; an estimate that never goes back."""

    @property
    def ends_stage(self) -> bool:
        """Whether the last window of a stage is done."""
        return self.units is not None and self.unit == self.units

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form that travels on the socket."""
        return {"stage": self.stage, "unit": self.unit, "units": self.units, "fraction": self.fraction}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Progress":
        """Read what `to_json` wrote."""
        units = data["units"]
        return cls(
            stage=str(data["stage"]),
            unit=int(data["unit"]),
            units=None if units is None else int(units),
            fraction=float(data["fraction"]),
        )


@dataclass(frozen=True, slots=True)
class SegmentResult:
    """What a job found, and what it was found with."""

    labels_kji: LabelMap | None
    """Shape (k, j, i) of the series, background 0, else the manifest's label values; None: no outlines."""
    stages_run: tuple[str, ...]
    """Stages that ran; one that looks inside an earlier stage's mask does not run if that is empty."""
    timings_s: dict[str, float] = field(default_factory=dict)
    """Time spent per stage, waiting for other jobs left out; "labels" is the way back to the grid."""
    device: str = ""
    """Engine and device that really ran it, for example "OpenVINO CPU"."""
    models: dict[str, str] = field(default_factory=dict)
    """Model name in the manifest -> sha256 of the ONNX file that ran."""
    peak_memory_mib: float | None = None
    """Largest resident memory of the engine process so far; None where the system does not tell."""
    found: tuple[Found, ...] = ()
    """What stages found that draw no outlines, in their order."""
    arrays: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)
    """Arrays by the names that the records in `found` give."""

    def describe(self) -> dict[str, Any]:
        """Return everything but label map and arrays as JSON; those travel in shared memory."""
        return {
            "found": [record.model_dump(mode="json") for record in self.found],
            "stages_run": list(self.stages_run),
            "timings_s": self.timings_s,
            "device": self.device,
            "models": self.models,
            "peak_memory_mib": self.peak_memory_mib,
        }

    @classmethod
    def from_description(
        cls,
        data: dict[str, Any],
        labels_kji: LabelMap | None,
        arrays: Mapping[str, npt.NDArray[Any]] | None = None,
    ) -> "SegmentResult":
        """Put a description, its label map and its arrays together again."""
        peak = data["peak_memory_mib"]
        return cls(
            found=_FOUND.validate_python(data.get("found", [])),
            arrays=arrays or {},
            labels_kji=labels_kji,
            stages_run=tuple(str(name) for name in data["stages_run"]),
            timings_s={str(name): float(s) for name, s in data["timings_s"].items()},
            device=str(data["device"]),
            models={str(name): str(sha256) for name, sha256 in data["models"].items()},
            peak_memory_mib=None if peak is None else float(peak),
        )


def too_long(limit_s: int) -> str:
    """Return the words for a job that outlasts its time limit."""
    return f"The plug-in took longer than the {limit_s} s that it declares."
