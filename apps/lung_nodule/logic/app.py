"""The app `lung_nodule`: nodules on chest CT, found by a plug-in, outlined and measured by the app itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from allward_measure.registration.chest import placed
from allward_runner.abilities import Answers, Calipers, Counsel, Draft, Outline
from allward_runner.case import Case, Prior, SlotOutput
from allward_runner.guideline_tables import GuidelineTable
from allward_sdk.intended_use import IntendedUse
from allward_sdk.manifest import Label
from allward_sdk.parts import Localised
from allward_sdk.results import CaseResult, Finding, PluginUse, PointLps, SummaryValue
from lung_nodule.logic import advice, correcting, report, sentences
from lung_nodule.logic.candidates import spots_in
from lung_nodule.logic.chest import Chest, lobes_in, look_at
from lung_nodule.logic.findings import findings_of, follow_spots, lesions_drawn, tracking_uid
from lung_nodule.logic.followup.compare_cases import Compared, compare_with_prior
from lung_nodule.logic.guidelines.readable import readable_tables
from lung_nodule.logic.quality import quality_of
from lung_nodule.logic.words import NODULE

DETECTOR = "lung_nodule.detector"
SEGMENTER = "lung_nodule.segmenter"
MALIGNANCY = "lung_nodule.malignancy"
LOBES = "lung_nodule.lobes"


@dataclass(frozen=True, slots=True)
class LungNodule:
    """The app's definition; see `AppDefinition`, `Correctable`, `Advising`, `Tabled` and `Reporting`."""

    id: str = "lung_nodule"
    version: str = "1.0.0"
    title: Localised = Localised(en="Lung nodules", zh="肺结节")
    slots: tuple[str, ...] = (DETECTOR,)
    optional_slots: tuple[str, ...] = (SEGMENTER, MALIGNANCY, LOBES)
    uses_prior: bool = True
    operations: tuple[str, ...] = ("detection_3d", "classification", "sliding_window_segmentation")
    intended_use: IntendedUse | None = None
    """What it measures is claimed by nobody yet; what the detector is cleared for counts."""

    def assess(self, case: Case, outputs: Mapping[str, SlotOutput]) -> CaseResult:
        """Turn a detector's candidates into measured nodules.

        A case is not evaluable if no detector ran, or if it is no CT, holds no lungs, or only a piece of
        them: what the detector marks then is not shown. Where there is no candidate, that is stated; it is
        no negative examination, and no guideline's category follows from it.
        """
        if DETECTOR not in outputs:
            return self._not_evaluable(case, outputs, (sentences.NO_DETECTOR,))
        if case.modality != "CT":
            return self._not_evaluable(case, outputs, (sentences.NOT_CT,))
        if not np.isfinite(case.volume_hu).all():
            return self._not_evaluable(case, outputs, (sentences.NOT_NUMBERS,))
        chest = look_at(case)
        quality = quality_of(chest)
        if quality.faults:
            return self._not_evaluable(case, outputs, quality.faults)
        return self._measured(chest, outputs, quality.limits)

    def outline_at(self, case: Case, point_lps_mm: PointLps) -> Outline | None:
        """Return the nodule at a point; see `Correctable.outline_at`."""
        return correcting.outline_at(case, point_lps_mm)

    def finding_of(
        self,
        case: Case,
        outline: Outline,
        *,
        value: int,
        like: Finding | None,
        calipers: Calipers | None = None,
    ) -> tuple[Finding, Label]:
        """Measure an outline that a person drew or accepted; see `Correctable.finding_of`."""
        return correcting.finding_of(case, outline, value=value, like=like, calipers=calipers)

    @property
    def guidelines(self) -> Mapping[str, Localised]:
        """Every guideline that it brings; see `Advising.guidelines`."""
        return advice.GUIDELINES

    @property
    def guideline_tables(self) -> tuple[GuidelineTable, ...]:
        """Every table that it reads; see `Tabled`."""
        return readable_tables()

    def counsel(
        self,
        context: Mapping[str, str],
        findings: Sequence[Finding],
        answers: Answers,
        *,
        guidelines: Sequence[str],
        evaluable: bool,
    ) -> Counsel:
        """Advise on accepted nodules; see `Advising.counsel`."""
        return advice.counsel(context, findings, answers, guidelines=guidelines, evaluable=evaluable)

    def draft(
        self,
        context: Mapping[str, str],
        findings: Sequence[Finding],
        counsel: Counsel,
        *,
        evaluable: bool,
        reasons: Sequence[Localised] = (),
    ) -> Draft:
        """Write a report; see `Reporting.draft`.

        Parameters
        ----------
        reasons
            `CaseResult.reasons` in both languages: what is not shown is never called normal.
        """
        return report.draft(context, findings, counsel, evaluable=evaluable, reasons=reasons)

    def _measured(
        self, chest: Chest, outputs: Mapping[str, SlotOutput], limits: Sequence[Localised]
    ) -> CaseResult:
        case = chest.case
        spots, refused = spots_in(outputs[DETECTOR], chest)
        followed, seen_twice = follow_spots(case, spots, lesions_drawn(outputs.get(SEGMENTER)))
        findings, labels_kji, labels = findings_of(
            chest, followed, lobes_in(outputs), outputs.get(MALIGNANCY)
        )
        said = [*limits, *refused]
        if seen_twice:
            said.append(sentences.seen_twice(seen_twice))
        unmeasured = sum(finding.segment_value is None for finding in findings)
        if unmeasured:
            said.append(sentences.not_outlined(unmeasured))
        if not findings:
            said.append(sentences.NO_CANDIDATE)
        shown = tuple(findings) or (_statement(case, sentences.NO_CANDIDATE, 1),)
        if case.prior is not None:
            shown, remarks = self._compared(chest, shown, case.prior)
            said += remarks
        return CaseResult(
            study_instance_uid=case.study_instance_uid,
            series_instance_uid=case.series_instance_uid,
            app=self.id,
            version=self.version,
            plugins=_plugin_uses(outputs),
            evaluable=True,
            reasons=tuple(sentence.en for sentence in said),
            reasons_zh=tuple(sentence.zh for sentence in said),
            findings=shown,
            labels=tuple(labels),
            labels_kji=labels_kji,
            summary=_summary(findings),
            timings_s=_timings(outputs),
        )

    def _compared(self, chest: Chest, findings: Sequence[Finding], prior: Prior) -> Compared:
        """Compare with what is known of the prior, else with what its plug-ins found there."""
        before: Chest | None = None
        found: Sequence[Finding] | None = None
        if prior.case.modality == "CT" and np.isfinite(prior.case.volume_hu).all():
            before = look_at(prior.case)
            if DETECTOR in prior.outputs and not quality_of(before).faults:
                found = self._measured(before, prior.outputs, ()).findings
        return compare_with_prior(
            chest.case,
            findings,
            found,
            chest=placed(chest.coarse, chest.lungs, chest.case.geometry),
            prior_chest=None if before is None else placed(before.coarse, before.lungs, before.case.geometry),
        )

    def _not_evaluable(
        self, case: Case, outputs: Mapping[str, SlotOutput], faults: Sequence[Localised]
    ) -> CaseResult:
        return CaseResult(
            study_instance_uid=case.study_instance_uid,
            series_instance_uid=case.series_instance_uid,
            app=self.id,
            version=self.version,
            plugins=_plugin_uses(outputs),
            evaluable=False,
            reasons=tuple(fault.en for fault in faults),
            reasons_zh=tuple(fault.zh for fault in faults),
            findings=tuple(_statement(case, fault, number) for number, fault in enumerate(faults, 1)),
            timings_s=_timings(outputs),
        )


APP = LungNodule()
"""Entry point of the group `allward.apps`."""


def _statement(case: Case, sentence: Localised, number: int) -> Finding:
    return Finding(
        id=f"statement-{number}",
        kind="statement",
        label=NODULE,
        title=sentence,
        tracking_uid=tracking_uid(case, (0.0, 0.0, float(number))),
    )


def _summary(findings: Sequence[Finding]) -> dict[str, SummaryValue]:
    """Return the number of candidates and the largest mean diameter; without any there is none."""
    sizes = [
        each.value
        for finding in findings
        for each in finding.measurements
        if each.name == "mean_diameter_mm" and each.value is not None
    ]
    return {
        "nodule_count": SummaryValue(value=len(findings), unit="1"),
        "largest_mean_diameter": SummaryValue(value=max(sizes, default=None), unit="mm"),
    }


def _plugin_uses(outputs: Mapping[str, SlotOutput]) -> tuple[PluginUse, ...]:
    return tuple(
        PluginUse(
            slot=slot,
            id=output.manifest.plugin.id,
            version=output.manifest.plugin.version,
            digest=output.digest,
        )
        for slot, output in outputs.items()
    )


def _timings(outputs: Mapping[str, SlotOutput]) -> dict[str, float]:
    """Return the time of every stage; of a plug-in beyond the detector, under its slot's name."""
    return {
        stage if slot == DETECTOR else f"{slot}.{stage}": seconds
        for slot, output in outputs.items()
        for stage, seconds in output.timings_s.items()
    }
