"""A case and its label map, seen as structures: which voxels count for which label."""

import uuid
from functools import cached_property

import numpy as np

from allward_measure.components import Mask
from allward_runner.case import Case, SlotOutput
from allward_sdk.errors import PluginFaultError
from allward_sdk.manifest import Label, Measurement
from any_imaging.logic.field_of_view import outside_scan

_TRACKING = uuid.UUID("0e0d26a4-6f3b-5c55-9d6e-6a3f4c1a2b77")
"""Name space of tracking UIDs; any fixed UUID does."""


class Structures:
    """The label map of one plug-in on one case."""

    def __init__(self, case: Case, output: SlotOutput) -> None:
        self.case = case
        self._output = output
        if output.labels_kji is None:
            raise PluginFaultError("The plug-in draws no outlines, and those are what this app reads.")
        self._labels_kji = output.labels_kji

    @property
    def labels(self) -> tuple[Label, ...]:
        """The manifest's labels, in its order."""
        return self._output.manifest.labels

    def measurements(self, label: Label) -> list[Measurement]:
        """Return what the manifest declares to measure of a label."""
        return [measured for measured in self._output.manifest.measurements if measured.of == label.name]

    def mask(self, label: Label) -> Mask:
        """Return the voxels of a label and of the labels inside it, shape (k, j, i)."""
        values = [each.value for each in self.labels if self._is_within(each, label)]
        if len(values) == 1:
            return np.asarray(self._labels_kji == values[0], np.bool_)
        table = np.zeros(256, np.bool_)
        table[values] = True
        return np.asarray(table[self._labels_kji], np.bool_)

    def found(self, label: Label) -> bool:
        """Tell whether any voxel counts for a label."""
        return any(each.value in self._values for each in self.labels if self._is_within(each, label))

    def looked_for(self, label: Label) -> bool:
        """Tell whether a stage that outlines a label has run."""
        return any(
            stage.name in self._output.stages_run and label.name in stage.finds
            for stage in self._output.manifest.stages
        )

    def tracking_uid(self, label: Label, ordinal: int) -> str:
        """Return the UID under which a structure is followed; the same for the same input and plug-in.

        Source
        ------
        PS3.5 B.2: a UUID-derived UID has the root 2.25.
        """
        name = f"{self.case.series_instance_uid}/{self._output.digest}/{label.name}/{ordinal}"
        return f"2.25.{uuid.uuid5(_TRACKING, name).int}"

    @cached_property
    def outside_scan(self) -> Mask | None:
        """Return the pixels (j, i) outside the scanner's circle; None if it shows no circle."""
        return outside_scan(self.case.volume_hu)

    @cached_property
    def _values(self) -> frozenset[int]:
        counts = np.bincount(self._labels_kji.ravel(), minlength=256)
        return frozenset(int(value) for value in np.flatnonzero(counts))

    def _is_within(self, label: Label, outer: Label) -> bool:
        """Tell whether a label is another one, or lies inside it, however deep."""
        by_name = {each.name: each for each in self.labels}
        seen: set[str] = set()
        at: Label | None = label
        while at is not None and at.name not in seen:
            if at.name == outer.name:
                return True
            seen.add(at.name)
            at = by_name.get(at.inside) if at.inside else None
        return False
