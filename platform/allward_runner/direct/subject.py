"""The case and the plug-in's output that findings are made of, with what every finding needs."""

import uuid
from dataclasses import dataclass

from allward_runner.case import Case, SlotOutput
from allward_sdk.manifest import Label, Manifest, Measurement
from allward_sdk.parts import Localised
from allward_sdk.results import Finding

_TRACKING = uuid.UUID("6d4b4f57-1d2c-5b8b-8b0a-51d6f3f0a9c4")
"""Name space of tracking UIDs; any fixed UUID does."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One plug-in's output on one case."""

    case: Case
    output: SlotOutput

    @property
    def manifest(self) -> Manifest:
        """What the plug-in declares."""
        return self.output.manifest

    def measurements(self, label: Label, *methods: str) -> list[Measurement]:
        """Return what the manifest declares to measure of a label by one of some methods."""
        return [
            each for each in self.manifest.measurements if each.of == label.name and each.method in methods
        ]

    def tracking_uid(self, finding_id: str) -> str:
        """Return the UID under which a finding is followed; the same for the same input and plug-in.

        Source
        ------
        PS3.5 B.2: a UUID-derived UID has the root 2.25.
        """
        name = f"{self.case.series_instance_uid}/{self.output.digest}/{finding_id}"
        return f"2.25.{uuid.uuid5(_TRACKING, name).int}"

    def statement(self, label: Label, sentence: Localised) -> Finding:
        """Return a sentence about a label as a finding."""
        name = f"{label.name}-statement"
        return Finding(
            id=name, kind="statement", label=label.type, title=sentence, tracking_uid=self.tracking_uid(name)
        )
