"""What an app or a plug-in found, typed.

The same record feeds the screen, the SR, `findings.json` and the database.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

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


class Finding(_Record):
    """One statement about the patient: a structure, a lesion, a class of the whole, or a plain sentence."""

    id: str
    """Unique in its result; stable for the same input and versions."""
    kind: Literal["organ", "lesion", "class", "statement"]
    label: Code
    title: Localised
    segment_value: int | None = None
    """Voxel value in the label map; None if the finding has no voxels."""
    tracking_uid: str
    """DICOM UID (DCM 112040) under which this lesion is followed over time."""
    centre_lps_mm: tuple[float, float, float] | None = None
    box_kji: tuple[tuple[int, int, int], tuple[int, int, int]] | None = None
    """First voxel and the one past the last, on the grid of the label map."""
    cut_off: bool = False
    """Touches the edge of the scan."""
    score: float | None = None
    category: str | None = None
    measurements: tuple[MeasuredValue, ...] = ()


class PluginUse(_Record):
    """Which plug-in version filled a slot."""

    slot: str
    id: str
    version: str
    digest: str
    """sha256 of the package."""


class SummaryValue(_Record):
    """One number of the summary."""

    value: float | None
    unit: str


class CaseResult(_Record):
    """Everything an app says about a case; serialises to `findings.json`."""

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
    summary: dict[str, SummaryValue] = Field(default_factory=dict)
    timings_s: dict[str, float] = Field(default_factory=dict)
