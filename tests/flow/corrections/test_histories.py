"""Whatever readers do in any order: label map and findings stay true to one another, and all is undone."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.flow.corrections.desk import Desk, centre_of, finding_of, new_desk

from allward.results.edit_refusals import CorrectionRefusedError
from allward.results.edit_requests import AddAt, AddDrawn, Draw, EditRequest, Measure, Merge, Split
from allward.results.models import FindingEdit
from allward.tenancy.scope import within
from allward_runner.abilities import Calipers, Outline

WHICH = st.integers(0, 9)


class Readers(RuleBasedStateMachine):
    """Two readers correct, review and undo; `before` holds what was true before each correction in force."""

    def __init__(self) -> None:
        super().__init__()
        self.desk: Desk
        self.before: list[Any] = []
        self.edits = 0

    @initialize(found=st.integers(0, 2))
    def open(self, found: int) -> None:
        self.desk = new_desk(Path(tempfile.mkdtemp()), found=found)

    def _correct(self, asked: EditRequest, *, accept: bool = False) -> None:
        before = self._voxels_and_findings()
        try:
            self.desk.correct(asked, accept=accept)
        except CorrectionRefusedError:
            assert self._voxels_and_findings() == before
            return
        self.before.append(before)
        self.edits += 1

    def _voxels_and_findings(self) -> tuple[Any, ...]:
        """What a correction changes, but for the words on it."""
        *drawn, findings = self.desk.said()
        return (*drawn, [(pk, finding, outline) for pk, finding, _, outline in findings])

    def _one(self, which: int) -> Any:
        records = self.desk.records()
        return records[which % len(records)] if records else None

    @rule(place=st.integers(0, 3), accept=st.booleans())
    def click(self, place: int, accept: bool) -> None:
        self._correct(AddAt(self.desk.points[place]), accept=accept)

    @rule(seed=st.integers(0, 10**6))
    def draw_a_new_one(self, seed: int) -> None:
        self._correct(AddDrawn(self._blob(seed)))

    @precondition(lambda self: self.desk.records())
    @rule(which=WHICH, seed=st.integers(0, 10**6))
    def draw(self, which: int, seed: int) -> None:
        self._correct(Draw(self._one(which).pk, self._blob(seed)))

    @precondition(lambda self: self.desk.records())
    @rule(which=WHICH, length_mm=st.floats(1, 40), accept=st.booleans())
    def measure(self, which: int, length_mm: float, accept: bool) -> None:
        record = self._one(which)
        x, y, z = centre_of(record)
        line = ((x, y, z), (x + length_mm, y, z))
        self._correct(Measure(record.pk, Calipers(line)), accept=accept)

    @precondition(lambda self: len(self.desk.records()) > 1)
    @rule(which=WHICH, other=WHICH)
    def merge(self, which: int, other: int) -> None:
        self._correct(Merge((self._one(which).pk, self._one(other).pk)))

    @precondition(lambda self: self.desk.records())
    @rule(which=WHICH)
    def split(self, which: int) -> None:
        record = self._one(which)
        voxels = np.argwhere(self.desk.labels() == finding_of(record).segment_value)
        ends = self.desk.case.geometry.to_lps_mm(voxels[[0, -1]])
        (a, b, c), (x, y, z) = ([float(mm) for mm in end] for end in ends)
        self._correct(Split(record.pk, ((a, b, c), (x, y, z))))

    @precondition(lambda self: self.desk.records())
    @rule(which=WHICH, decision=st.sampled_from(["accept", "reject"]))
    def review(self, which: int, decision: str) -> None:
        records = self.desk.records()
        chosen = records[which % len(records)]
        if chosen.review_state == "unreviewed":
            words = [decision if each.pk == chosen.pk else "-" for each in records]
            self.desk.scene.review(self.desk.result(), *words)

    @precondition(lambda self: self.before)
    @rule()
    def undo(self) -> None:
        self.desk.undo(by=self.desk.colleague)
        assert self._voxels_and_findings() == self.before.pop()
        self.edits += 1

    def _blob(self, seed: int) -> Outline:
        generator = np.random.default_rng(seed)
        shape = self.desk.case.geometry.shape_kji
        k, j, i = (int(generator.integers(0, size - 3)) for size in shape)
        return Outline(generator.random((2, 3, 3)) > 0.5, (k, j, i))

    @invariant()
    def every_finding_has_its_voxels_and_no_voxel_is_nobodys(self) -> None:
        if not hasattr(self, "desk"):
            return
        labels, result = self.desk.labels(), self.desk.result()
        found = [finding_of(each) for each in self.desk.records()]
        values = [each.segment_value or 0 for each in found]
        assert sorted(values) == sorted(np.unique(labels[labels > 0]).tolist())
        assert sorted(label["value"] for label in result.labels) == sorted(values)
        assert len({label["name"] for label in result.labels}) == len(values)
        for name in ("id", "tracking_uid"):
            assert len({getattr(each, name) for each in found}) == len(found)
        volume_mm3 = self.desk.case.geometry.voxel_volume_ml * 1000
        for each in found:
            measured = next(m.value for m in each.measurements if m.name == "volume_mm3")
            np.testing.assert_allclose(measured, (labels == each.segment_value).sum() * volume_mm3)
        assert result.version == 1 + self.edits
        states = {each.review_state for each in self.desk.records()}
        is_open = not states or "unreviewed" in states
        assert result.status == ("preliminary" if is_open else "current")

    def teardown(self) -> None:
        """Undo everything: the bytes are those that the app gave."""
        if not hasattr(self, "desk"):
            return
        while self.before:
            self.undo()
        with within(self.desk.reader):
            assert FindingEdit.objects.filter(result_id=self.desk.result_id).count() == self.edits
            case_result = self.desk.result().case_result
        assert [each.finding for each in self.desk.records()] == case_result["findings"]


TestReaders = Readers.TestCase
TestReaders.settings = settings(
    max_examples=8, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)
