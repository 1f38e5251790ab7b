"""A small app that compares: it finds what `any_imaging` finds, and says which prior it was given."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from allward_runner.case import Case, SlotOutput
from allward_sdk.parts import Localised
from allward_sdk.results import CaseResult, PriorSight
from any_imaging.logic.app import SLOT as SEGMENTATION
from any_imaging.logic.app import AnyImaging

SLOT = "following.segmentation"


@dataclass(frozen=True, slots=True)
class Following(AnyImaging):
    """The app."""

    id: str = "following"
    title: Localised = Localised(en="Following", zh="随访")
    slots: tuple[str, ...] = (SLOT,)
    uses_prior: bool = True

    def assess(self, case: Case, outputs: Mapping[str, SlotOutput]) -> CaseResult:
        """Find, and put what is known of the prior beside it."""
        result = AnyImaging.assess(self, replace(case, prior=None), {SEGMENTATION: outputs[SLOT]})
        if case.prior is None:
            return result
        before = case.prior.case
        found = AnyImaging.assess(self, before, {SEGMENTATION: case.prior.outputs[SLOT]}).findings
        known = found if case.prior.findings is None else case.prior.findings
        sights = {
            each.label.value: PriorSight(
                study_instance_uid=before.study_instance_uid,
                series_instance_uid=before.series_instance_uid,
                study_date=before.clinical_context.get("StudyDate"),
                centre_lps_mm=each.centre_lps_mm,
                measurements=each.measurements,
            )
            for each in known
        }
        findings = [
            each.model_copy(update={"prior": sights.get(each.label.value)}) for each in result.findings
        ]
        return result.model_copy(update={"findings": tuple(findings)})


APP = Following()


def make_known(folder: Path) -> Path:
    """Write what an installed package tells of its app; return the folder that has to be importable."""
    info = folder / "following-1.0.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: following\nVersion: 1.0.0\n")
    (info / "entry_points.txt").write_text("[allward.apps]\nfollowing = tests.following:APP\n")
    assert "tests" in sys.modules
    return folder
