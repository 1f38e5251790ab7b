"""Findings as a DICOM Measurement Report: Comprehensive 3D SR by TID 1500, as IHE AIR asks.

Nothing stays unsaid: a lesion that was looked for and not found is coded Absent, a case that could
not be evaluated is coded Indeterminate with its reasons, a number that is a lower bound says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import highdicom as hd
from pydicom.dataset import Dataset

from allward_dicom import sr_groups
from allward_dicom.codes import CHINESE, ENGLISH, IMAGING_PROCEDURE
from allward_dicom.provenance import AlgorithmIdentity, Language, NewSeries, evidence, in_utf8, short
from allward_dicom.sr_text import sentence
from allward_sdk.manifest import Label
from allward_sdk.results import Finding


@dataclass(frozen=True, slots=True)
class Verification:
    """Who confirmed the report.

    Attributes
    ----------
    observer_name
        DICOM person name, `Zhang^San=张^三`.
    organization
        Where the observer answers to.
    """

    observer_name: str
    organization: str


@dataclass(frozen=True, slots=True)
class ReportContent:
    """What a report says.

    Attributes
    ----------
    findings
        Shown findings; rejected ones are left out by the caller.
    labels
        Everything that was looked for; a lesion label without a finding is reported as absent.
    segments
        Labels of the Segmentation where an app drew it, one for each finding; None: they are `labels`.
    evaluable, reasons
        If not evaluable the report says why and nothing else.
    language
        Of texts; codes keep their English meanings.
    research
        Whether the report must say that it is for research only.
    verification
        None: the report is marked UNVERIFIED.
    """

    findings: tuple[Finding, ...]
    labels: tuple[Label, ...]
    evaluable: bool = True
    reasons: tuple[str, ...] = ()
    language: Language = "en"
    research: bool = True
    verification: Verification | None = None
    segments: tuple[Label, ...] | None = None


def write_measurement_report(
    content: ReportContent,
    *,
    sources: Sequence[Dataset],
    segmentation: Dataset | None,
    algorithm: AlgorithmIdentity,
    series: NewSeries,
) -> Dataset:
    """Write findings as a Comprehensive 3D SR.

    Parameters
    ----------
    sources
        The images that were evaluated.
    segmentation
        The SEG of the same result, as `write_segmentation` returned it.

    Source
    ------
    PS3.16 TID 1500, 1501, 1411, 1419; IHE AIR.
    """
    images = evidence(sources)
    context = sr_groups.GroupContext(
        content.labels if content.segments is None else content.segments,
        content.labels,
        content.language,
        algorithm,
        images,
        segmentation,
    )
    if content.evaluable:
        groups = [sr_groups.finding_group(finding, context) for finding in content.findings]
        groups += [sr_groups.absent_group(label, context) for label in _not_found(content)]
    else:
        groups = [sr_groups.indeterminate_group(label, content.reasons, context) for label in content.labels]
    report = hd.sr.MeasurementReport(
        observation_context=_observers(content, algorithm),
        procedure_reported=IMAGING_PROCEDURE,
        imaging_measurements=groups or None,
        title=hd.sr.CodedConcept("126000", "DCM", "Imaging Measurement Report"),
        language_of_content_item_and_descendants=hd.sr.LanguageOfContentItemAndDescendants(
            CHINESE if content.language == "zh" else ENGLISH
        ),
    )
    for text in _statements(content):
        report[0].ContentSequence.append(sr_groups.comment(text))
    document = hd.sr.Comprehensive3DSR(
        evidence=[*images, *([segmentation] if segmentation is not None else [])],
        content=report[0],
        is_complete=True,
        **verified(content.verification),
        **series.arguments,
        **algorithm.equipment,
    )
    return in_utf8(document)


def says_something(content: ReportContent) -> bool:
    """Tell whether there is anything to report; TID 1500 has at least one group of measurements."""
    if not content.evaluable:
        return bool(content.labels)
    return bool(content.findings or _not_found(content))


def verified(verification: Verification | None) -> dict[str, Any]:
    """Return arguments of highdicom for who confirmed a document, or that nobody did."""
    return {
        "is_final": verification is not None,
        "is_verified": verification is not None,
        "verifying_observer_name": None if verification is None else verification.observer_name,
        "verifying_organization": None if verification is None else short(verification.organization),
    }


def _not_found(content: ReportContent) -> list[Label]:
    """Return what was looked for in vain: no voxel has it, and no finding without voxels speaks of it.

    A class is said of a whole and is never absent: that it was not chosen is all that is known. Where an
    app drew the outlines, their values are the findings' and say nothing of what was looked for.
    """
    is_drawn = content.segments is not None
    outlined = set() if is_drawn else {finding.segment_value for finding in content.findings}
    told = {
        finding.label
        for finding in content.findings
        if (is_drawn or finding.segment_value is None) and finding.kind != "statement"
    }
    return [
        label
        for label in content.labels
        if label.value not in outlined and label.kind != "class" and label.type not in told
    ]


def _observers(content: ReportContent, algorithm: AlgorithmIdentity) -> hd.sr.ObservationContext:
    device = hd.sr.ObserverContext(
        observer_type=hd.sr.CodedConcept("121007", "DCM", "Device"),
        observer_identifying_attributes=hd.sr.DeviceObserverIdentifyingAttributes(
            uid=algorithm.device_uid,
            name=short(algorithm.name),
            manufacturer_name=short(algorithm.vendor),
            model_name=short(f"{algorithm.name} {algorithm.version}"),
            serial_number=algorithm.digest,
        ),
    )
    if content.verification is None:
        return hd.sr.ObservationContext(observer_device_context=device)
    person = hd.sr.ObserverContext(
        observer_type=hd.sr.CodedConcept("121006", "DCM", "Person"),
        observer_identifying_attributes=hd.sr.PersonObserverIdentifyingAttributes(
            name=content.verification.observer_name,
            organization_name=content.verification.organization,
        ),
    )
    return hd.sr.ObservationContext(observer_person_context=person, observer_device_context=device)


def _statements(content: ReportContent) -> list[str]:
    """Return the sentences about the report as a whole."""
    said = []
    if content.research:
        said.append(sentence("research", content.language))
    said.append(sentence("unverified" if content.verification is None else "verified", content.language))
    if content.evaluable and content.reasons:
        said.append(sentence("limited", content.language, " ".join(content.reasons)))
    return said
