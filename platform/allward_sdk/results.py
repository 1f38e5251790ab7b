"""What an app or a plug-in found, typed.

The same record feeds the screen, the SR, `findings.json` and the database.
"""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    SkipValidation,
    model_serializer,
    model_validator,
)

from allward_sdk.found import Found, record_id
from allward_sdk.manifest import Label
from allward_sdk.parts import Code, Localised


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MeasuredValue(_Record):
    """One number with its coded concept and UCUM unit; not measurable is None, never 0."""

    name: str
    title: Localised
    concept: Code
    unit: Code
    value: float | None
    method: str
    """How it was measured, in the words of the manifest or the app."""
    bound: Literal["exact", "at_least"] = "exact"
    """`at_least`: the structure is cut off by the scan, so the true value is no smaller."""


PointLps = tuple[float, float, float]


class Box(_Record):
    """A box in the patient, exact: one corner, and the three edges that leave it."""

    corner_lps_mm: PointLps
    """The corner with the lowest (k, j, i)."""
    edges_lps_mm: tuple[PointLps, PointLps, PointLps]
    """Edges along k, j and i, as vectors in mm, LPS."""

    def corners_lps_mm(self) -> npt.NDArray[np.float64]:
        """Return the corners, shape (8, 3): the lower face in the order of its outline, then the upper."""
        corner = np.asarray(self.corner_lps_mm)
        k, j, i = (np.asarray(edge) for edge in self.edges_lps_mm)
        face = np.stack([corner, corner + i, corner + i + j, corner + j])
        return np.concatenate([face, face + k])


class Property(_Record):
    """What a finding is like, coded: its kind, its lobe, what became of it since the prior."""

    name: str
    title: Localised
    concept: Code
    value: Code | None
    """None: could not be determined, or the schemes have no code for it."""
    said: Localised
    """The value as a physician reads it; of one that is not determined, that and why."""


class PriorSight(_Record):
    """The same finding on an earlier examination."""

    study_instance_uid: str
    series_instance_uid: str
    study_date: str | None = None
    """YYYY-MM-DD."""
    centre_lps_mm: PointLps | None
    """In the frame of reference of the earlier series."""
    measurements: tuple[MeasuredValue, ...] = ()


class Finding(_Record):
    """One statement about the patient: a structure, a lesion, a class of the whole, or a plain sentence.

    One of another kind stands for a record in `CaseResult.found`, so that a person can judge it.
    """

    id: str
    """Unique in its result; stable for the same input and versions."""
    kind: Literal["organ", "lesion", "class", "statement", "map", "surface", "annotations", "table", "text"]
    label: Code
    title: Localised
    segment_value: int | None = None
    """Voxel value in the label map; None if the finding has no voxels."""
    tracking_uid: str
    """DICOM UID (DCM 112040) under which this lesion is followed over time."""
    centre_lps_mm: tuple[float, float, float] | None = None
    box_kji: tuple[tuple[int, int, int], tuple[int, int, int]] | None = None
    """First voxel and the one past the last, on the grid of the label map."""
    box_lps_mm: Box | None = None
    """The box that a detection gave, exact and not cut at the edge of the scan."""
    cut_off: bool = False
    """Touches the edge of the scan."""
    score: float | None = None
    category: str | None = None
    chosen: bool | None = None
    """Of a class: whether the plug-in decides for it; None for all else. Not chosen is not absent."""
    record: str | None = None
    """What of `CaseResult.found` this finding stands for, as `record_id` or `channel_id` names it."""
    measurements: tuple[MeasuredValue, ...] = ()
    properties: tuple[Property, ...] = ()
    prior: PriorSight | None = None


class PluginUse(_Record):
    """Which plug-in version filled a slot."""

    slot: str
    id: str
    version: str
    digest: str
    """sha256 of the package."""
    parameters: dict[str, float | str | bool] = Field(default_factory=dict)
    """Value of each parameter that a user may set, by its name; not written where there is none."""

    @model_serializer(mode="wrap")
    def _without_nothing(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written: dict[str, Any] = write(self)
        return written if self.parameters else {k: v for k, v in written.items() if k != "parameters"}


class SummaryValue(_Record):
    """One number of the summary."""

    value: float | None
    unit: str


class CaseResult(_Record):
    """Everything an app says about a case; serialises to `findings.json`."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    study_instance_uid: str
    series_instance_uid: str
    app: str
    version: str
    plugins: tuple[PluginUse, ...]
    evaluable: bool
    reasons: tuple[str, ...] = ()
    """Why it is not evaluable, or what limits it; clear words for a physician, in English."""
    reasons_zh: tuple[str, ...] = ()
    """The same sentences in Chinese, in the same order."""
    findings: tuple[Finding, ...] = ()
    found: tuple[Found, ...] = ()
    """Maps, surfaces, marks, tables and texts that are to be kept and written as DICOM objects."""
    arrays: SkipValidation[Mapping[str, npt.NDArray[Any]]] = Field(default_factory=dict, exclude=True)
    """Arrays by the names that `found` gives; kept beside the record and never part of its JSON."""
    labels: tuple[Label, ...] = ()
    """Of the label map that the app drew itself; empty: what is shown is what the first plug-in outlined."""
    labels_kji: SkipValidation[npt.NDArray[np.uint8] | None] = Field(default=None, exclude=True)
    """That label map, shape (k, j, i) of the case; kept beside the record and never part of its JSON."""
    summary: dict[str, SummaryValue] = Field(default_factory=dict)
    timings_s: dict[str, float] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _records_are_told_apart(self) -> "CaseResult":
        names = [record_id(record) for record in self.found]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"found: {twice} stands there twice; give each record a stage of its own")
        return self

    @model_validator(mode="after")
    def _a_map_has_labels(self) -> "CaseResult":
        if self.labels_kji is not None and not self.labels and self.labels_kji.any():
            raise ValueError("labels: name what the voxels of labels_kji are")
        return self
