"""The stand-in for an app where a plug-in is run by itself: every typed result becomes findings."""

from collections.abc import Mapping
from dataclasses import dataclass

from allward_runner.case import Case, SlotOutput
from allward_runner.direct import sentences
from allward_runner.direct.candidates import candidate_findings
from allward_runner.direct.classes import class_findings
from allward_runner.direct.outlines import outline_findings
from allward_runner.direct.records import kept_records, map_findings, record_findings
from allward_runner.direct.subject import Subject
from allward_sdk.found import Detections
from allward_sdk.intended_use import IntendedUse
from allward_sdk.manifest import Label, Manifest
from allward_sdk.parts import Localised
from allward_sdk.references import input_of
from allward_sdk.results import CaseResult, Finding, PluginUse, SummaryValue
from allward_sdk.stages import OPERATIONS, SegmentationStage
from allward_sdk.tiles import TileInput
from allward_sdk.volumes import VolumeInput


@dataclass(frozen=True, slots=True)
class DirectApp:
    """A plug-in on its own; see `AppDefinition`."""

    manifest: Manifest
    slot: str = ""
    """The slot that it is asked about; empty: the first one that the plug-in fills."""
    optional_slots: tuple[str, ...] = ()
    uses_prior: bool = False
    operations: tuple[str, ...] = OPERATIONS
    id: str = "plugin_run"
    version: str = "1.0.0"
    title: Localised = Localised(en="Plug-in by itself", zh="单独运行插件")
    intended_use: IntendedUse | None = None

    @property
    def slots(self) -> tuple[str, ...]:
        """One slot: one result is enough."""
        return (self.slot,) if self.slot else self.manifest.fills[:1]

    def assess(self, case: Case, outputs: Mapping[str, SlotOutput]) -> CaseResult:
        """Turn outlines, candidates and classes into findings; hand on maps and what else is an object.

        A case is not evaluable if a stage had nowhere to look, since what it would have found is then
        unknown. Where it looked and found nothing, that is stated; it is no negative examination.
        """
        (slot,) = self.slots
        subject = Subject(case, outputs[slot])
        blind = blind_stages(subject.output)
        reasons = [sentences.nowhere_to_look(stage) for stage in blind]
        findings = [finding for label in self.manifest.labels for finding in _findings(subject, label, blind)]
        findings += record_findings(subject)
        return CaseResult(
            study_instance_uid=case.study_instance_uid,
            series_instance_uid=case.series_instance_uid,
            app=self.id,
            version=self.version,
            plugins=(_plugin_use(slot, subject.output),),
            evaluable=not blind,
            reasons=tuple(reason.en for reason in reasons),
            reasons_zh=tuple(reason.zh for reason in reasons),
            findings=tuple(findings),
            found=kept_records(subject.output.found),
            arrays=subject.output.arrays,
            summary={} if blind else _summary(subject, findings),
            timings_s=dict(subject.output.timings_s),
        )


def blind_stages(output: SlotOutput) -> list[str]:
    """Return the stages that had nowhere to look.

    Where candidates were looked for and there is none, a stage that would have looked at them is not blind.
    """
    searched = {each.stage for each in output.found if isinstance(each, Detections)}
    blind = []
    for stage in output.manifest.stages:
        read = input_of(stage)
        mask = None if isinstance(read, TileInput) else read.mask
        around = read.around if isinstance(read, VolumeInput) else None
        needs = {each.stage for each in (mask, around) if each is not None}
        if stage.name not in output.stages_run and not needs & searched:
            blind.append(stage.name)
    return blind


def _findings(subject: Subject, label: Label, blind: list[str]) -> list[Finding]:
    stages = [stage for stage in subject.manifest.stages if label.name in stage.finds]
    found: list[Finding] = []
    if any(isinstance(stage, SegmentationStage) for stage in stages):
        found += outline_findings(subject, label)
    found += candidate_findings(subject, label)
    found += class_findings(subject, label)
    found += map_findings(subject, label)
    looked = [stage for stage in stages if stage.name in subject.output.stages_run]
    if found or label.kind == "class" or not looked or any(stage.name in blind for stage in stages):
        return found
    return [subject.statement(label, sentences.none_found(label))]


def _summary(subject: Subject, findings: list[Finding]) -> dict[str, SummaryValue]:
    """Return how many of each lesion there are, and each organ's measurements."""
    summary = {}
    for label in subject.manifest.labels:
        own = [each for each in findings if each.label == label.type and each.id.startswith(f"{label.name}-")]
        if label.kind == "lesion":
            count = sum(each.kind == "lesion" for each in own)
            summary[f"{label.name}_count"] = SummaryValue(value=count, unit="1")
    for finding in findings:
        if finding.kind == "organ":
            for measured in finding.measurements:
                summary[measured.name] = SummaryValue(value=measured.value, unit=measured.unit.value)
    return summary


def _plugin_use(slot: str, output: SlotOutput) -> PluginUse:
    plugin = output.manifest.plugin
    return PluginUse(slot=slot, id=plugin.id, version=plugin.version, digest=output.digest)
