"""What an app's logic is given, and what it gives back; it knows nothing else of the platform."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from allward_sdk.found import Found
from allward_sdk.geometry import Geometry
from allward_sdk.intended_use import IntendedUse
from allward_sdk.manifest import Manifest
from allward_sdk.parts import Localised
from allward_sdk.results import CaseResult, Finding

HuVolume = npt.NDArray[np.int16] | npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Case:
    """One series that an app is asked about.

    Attributes
    ----------
    volume_hu
        Shape (k, j, i) of `geometry`; HU in CT, else the modality's own unit.
    clinical_context
        What the order or the header tells, by DICOM keyword, for example ``PatientAge``; may be empty.
    prior
        An earlier examination of the same patient to compare with; None: there is none, or nobody said
        that it is the same patient's.
    """

    volume_hu: HuVolume
    geometry: Geometry
    study_instance_uid: str
    series_instance_uid: str
    modality: str = "CT"
    clinical_context: Mapping[str, str] = field(default_factory=dict)
    prior: "Prior | None" = None


@dataclass(frozen=True, slots=True)
class Prior:
    """An earlier series of the same patient, and what is known of it.

    Attributes
    ----------
    case
        The series; its own `prior` is None.
    outputs
        By slot, what the same plug-ins found in it.
    findings
        What an earlier result of the app says of it, without what a person rejected; None: no such result.
    """

    case: Case
    outputs: "Mapping[str, SlotOutput]"
    findings: tuple[Finding, ...] | None = None


@dataclass(frozen=True, slots=True)
class SlotOutput:
    """What the plug-in in one slot found.

    Attributes
    ----------
    digest
        sha256 of the plug-in package.
    labels_kji
        Shape (k, j, i) of the case, background 0, else the manifest's label values; None: no outlines.
    stages_run
        Stages that ran. One that looks inside an earlier stage's mask does not run if that is empty.
    timings_s
        Time per stage.
    found
        What stages found that draw no outlines.
    arrays
        Arrays by the names that the records in `found` give.
    """

    manifest: Manifest
    digest: str
    labels_kji: npt.NDArray[np.uint8] | None
    stages_run: tuple[str, ...]
    timings_s: Mapping[str, float] = field(default_factory=dict)
    found: tuple[Found, ...] = ()
    arrays: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)


class AppDefinition(Protocol):
    """A clinical app: which plug-ins it needs, and what it says about a case."""

    @property
    def id(self) -> str:
        """Name of the app, for example "any_imaging"."""

    @property
    def version(self) -> str:
        """Semantic version of the clinical logic."""

    @property
    def title(self) -> Localised:
        """Name for people."""

    @property
    def slots(self) -> tuple[str, ...]:
        """Slots to fill, as app.slot; every one gets one plug-in."""

    @property
    def optional_slots(self) -> tuple[str, ...]:
        """Slots that may stay empty; the app does without."""

    @property
    def uses_prior(self) -> bool:
        """Whether it compares with an earlier examination of the same patient, where there is one."""

    @property
    def operations(self) -> tuple[str, ...]:
        """Operations of plug-ins whose results it interprets; another plug-in's are told as they are."""

    @property
    def intended_use(self) -> IntendedUse | None:
        """What it is for and by which registrations, as in a plug-in's manifest.

        None: it claims nothing of its own, and what the plug-ins in its slots are cleared for counts.
        """

    def assess(self, case: Case, outputs: Mapping[str, SlotOutput]) -> CaseResult:
        """Say what the models' outputs mean.

        Pure: same case and outputs, same result; no file, no clock, no database.
        """
