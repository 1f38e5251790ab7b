"""The app `any_imaging`: a finding for each organ and each lesion, measured as the plug-in declares."""

from collections.abc import Mapping
from dataclasses import dataclass

from allward_runner.case import Case, SlotOutput
from allward_sdk.intended_use import IntendedUse
from allward_sdk.manifest import Label
from allward_sdk.parts import Localised
from allward_sdk.results import CaseResult, Finding, PluginUse
from allward_sdk.stages import DEFAULT_OPERATION
from any_imaging.logic.findings import find_lesions, find_organ
from any_imaging.logic.sentences import none_found, not_found, not_looked_for, reaches_edge, without_organ
from any_imaging.logic.statements import statement
from any_imaging.logic.structures import Structures
from any_imaging.logic.summary import summarise

SLOT = "any_imaging.segmentation"


@dataclass(frozen=True, slots=True)
class AnyImaging:
    """The app's definition; see `AppDefinition`."""

    id: str = "any_imaging"
    version: str = "1.0.0"
    title: Localised = Localised(en="Any imaging", zh="通用影像")
    slots: tuple[str, ...] = (SLOT,)
    optional_slots: tuple[str, ...] = ()
    uses_prior: bool = False
    operations: tuple[str, ...] = (DEFAULT_OPERATION,)
    intended_use: IntendedUse | None = None
    """It measures what the plug-in declares and claims nothing of its own."""

    def assess(self, case: Case, outputs: Mapping[str, SlotOutput]) -> CaseResult:
        """Turn a label map into findings.

        A case is not evaluable if none of the organs that the plug-in outlines was found, or if
        the organ that a lesion is looked for in was not. A single organ that is missing among
        others is stated. Where lesions were looked for and none was found, that is stated too, and
        where they were not looked for.
        """
        output = outputs[SLOT]
        structures = Structures(case, output)
        findings, limits = _findings(structures)
        faults = _faults(structures)
        if faults:
            findings = [statement(structures, label, sentence) for label, sentence in faults]
        said = [sentence for _, sentence in faults] or limits
        return CaseResult(
            study_instance_uid=case.study_instance_uid,
            series_instance_uid=case.series_instance_uid,
            app=self.id,
            version=self.version,
            plugins=(_plugin_use(output),),
            evaluable=not faults,
            reasons=tuple(sentence.en for sentence in said),
            reasons_zh=tuple(sentence.zh for sentence in said),
            findings=tuple(findings),
            summary={} if faults else summarise(structures, findings),
            timings_s=dict(output.timings_s),
        )


APP = AnyImaging()
"""Entry point of the group `allward.apps`."""


def _findings(structures: Structures) -> tuple[list[Finding], list[Localised]]:
    """Return every finding, in the order of the manifest's labels, and what limits them."""
    findings: list[Finding] = []
    limits: list[Localised] = []
    for label in structures.labels:
        if label.kind == "lesion":
            lesions = find_lesions(structures, label)
            looked_for = bool(lesions) or structures.looked_for(label)
            if not lesions:
                sentence = none_found(label) if looked_for else not_looked_for(label)
                lesions = [statement(structures, label, sentence)]
            findings += lesions
            limits += [] if looked_for else [not_looked_for(label)]
            continue
        organ = find_organ(structures, label)
        findings.append(organ or statement(structures, label, not_found(label)))
        limits += [not_found(label)] if organ is None else []
        limits += [reaches_edge(label)] if organ is not None and organ.cut_off else []
    return findings, limits


def _faults(structures: Structures) -> list[tuple[Label, Localised]]:
    """Return, by label, why a case is not evaluable; empty if it is."""
    organs = [label for label in structures.labels if label.kind == "organ"]
    missing = [label for label in organs if not structures.found(label)]
    if organs and len(missing) == len(organs):
        return [(label, not_found(label)) for label in missing]
    absent = {label.name: label for label in missing}
    return [
        (label, without_organ(label, absent[label.inside]))
        for label in structures.labels
        if label.kind == "lesion" and label.inside in absent
    ]


def _plugin_use(output: SlotOutput) -> PluginUse:
    plugin = output.manifest.plugin
    return PluginUse(slot=SLOT, id=plugin.id, version=plugin.version, digest=output.digest)
