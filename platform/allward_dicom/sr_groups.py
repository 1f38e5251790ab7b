"""Measurement groups of a report: one for each finding, and for each thing looked for and not found."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import highdicom as hd
import numpy as np
from pydicom.dataset import Dataset

from allward_dicom.codes import ABSENT, COMMENT, INDETERMINATE, SITES_BY_NAME, concept
from allward_dicom.provenance import AlgorithmIdentity, Language, derived_uid, short
from allward_dicom.seg import segment_number
from allward_dicom.sr_likeness import evaluations, prior_uids, remarks_on_likeness, sites_of_finding
from allward_dicom.sr_text import sentence
from allward_sdk.manifest import Label
from allward_sdk.results import Finding, MeasuredValue

Group = (
    hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations
    | hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations
    | hd.sr.MeasurementsAndQualitativeEvaluations
)

_SIGNIFICANT = 6
"""Digits kept of a measurement: DS holds 16 characters (PS3.5 Table 6.2-1)."""


class GroupContext(NamedTuple):
    """What every group of one report shares.

    Attributes
    ----------
    labels
        Of the Segmentation, in the order of its segments.
    sought
        Everything that was looked for.
    """

    labels: tuple[Label, ...]
    sought: tuple[Label, ...]
    language: Language
    algorithm: AlgorithmIdentity
    sources: Sequence[Dataset]
    segmentation: Dataset | None

    def label_of(self, finding: Finding) -> Label | None:
        """Return the label whose voxels a finding has."""
        return next((label for label in self.labels if label.value == finding.segment_value), None)


def comment(text: str) -> hd.sr.TextContentItem:
    """Return a text as a Comment (121106, DCM)."""
    return hd.sr.TextContentItem(
        name=COMMENT, value=text, relationship_type=hd.sr.RelationshipTypeValues.CONTAINS
    )


def finding_group(finding: Finding, context: GroupContext) -> Group:
    """Return the group of one finding: TID 1411 if it has a segment or a box, 1410 if a point, else 1501."""
    label = context.label_of(finding)
    tracking = hd.sr.TrackingIdentifier(uid=finding.tracking_uid, identifier=short(finding.id))
    shared: dict[str, Any] = {
        "tracking_identifier": tracking,
        "finding_type": concept(finding.label),
        "algorithm_id": _algorithm(context.algorithm),
        "finding_sites": sites_of_finding(finding) or _sites(label, context),
        "measurements": _measurements(finding) or None,
        "qualitative_evaluations": evaluations(finding),
    }
    referenced = _referenced_segment(finding, label, context) if label is not None else None
    group: Group
    if referenced is not None:
        group = hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
            referenced_segment=referenced, **shared
        )
    elif (box := _box(finding, context)) is not None:
        group = hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
            referenced_volume_surface=box, **shared
        )
    elif (place := _place(finding, context)) is not None:
        group = hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations(referenced_region=place, **shared)
    else:
        group = hd.sr.MeasurementsAndQualitativeEvaluations(**shared)
    group = _with_comments(group, _remarks(finding, context.language))
    group[0].ContentSequence.extend(prior_uids(finding))
    return group


def _box(finding: Finding, context: GroupContext) -> hd.sr.VolumeSurface | None:
    """Return a candidate's box as its two faces, each a closed outline; what lies between is the box.

    Source
    ------
    PS3.3 C.18.9.1.2: the first and the last point of a POLYGON are the same.
    """
    frame_of_reference = context.sources[0].get("FrameOfReferenceUID")
    if finding.box_lps_mm is None or not frame_of_reference:
        return None
    lower, upper = np.split(finding.box_lps_mm.corners_lps_mm(), 2)
    return hd.sr.VolumeSurface(
        graphic_type=hd.sr.GraphicTypeValues3D.POLYGON,
        graphic_data=[np.concatenate([face, face[:1]]) for face in (lower, upper)],
        frame_of_reference_uid=str(frame_of_reference),
        source_series=hd.sr.SourceSeriesForSegmentation(str(context.sources[0].SeriesInstanceUID)),
    )


def _place(finding: Finding, context: GroupContext) -> hd.sr.ImageRegion3D | None:
    """Return the centre of a candidate without voxels as a point; None for what is said of a whole."""
    frame_of_reference = context.sources[0].get("FrameOfReferenceUID")
    if finding.centre_lps_mm is None or finding.kind == "class" or not frame_of_reference:
        return None
    return hd.sr.ImageRegion3D(
        graphic_type=hd.sr.GraphicTypeValues3D.POINT,
        graphic_data=np.asarray([finding.centre_lps_mm], np.float64),
        frame_of_reference_uid=str(frame_of_reference),
    )


def absent_group(label: Label, context: GroupContext) -> Group:
    """Return the group that says: this was looked for, and it is not there."""
    texts = [sentence("absent", context.language, getattr(label.title, context.language))]
    if label.kind == "lesion":
        texts.append(sentence("no_negative", context.language))
    return _stated_group(label, ABSENT, texts, context)


def indeterminate_group(label: Label, reasons: Sequence[str], context: GroupContext) -> Group:
    """Return the group that says: this could not be evaluated, because …."""
    title = getattr(label.title, context.language)
    return _stated_group(
        label, INDETERMINATE, [sentence("not_evaluable", context.language, title, " ".join(reasons))], context
    )


def _stated_group(
    label: Label, value: hd.sr.CodedConcept, texts: Sequence[str], context: GroupContext
) -> Group:
    series_uid = str(context.sources[0].SeriesInstanceUID)
    group = hd.sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=hd.sr.TrackingIdentifier(
            uid=derived_uid(series_uid, context.algorithm.digest, label.name), identifier=short(label.name)
        ),
        finding_type=concept(label.type),
        algorithm_id=_algorithm(context.algorithm),
        finding_sites=_sites(label, context),
        qualitative_evaluations=[hd.sr.QualitativeEvaluation(name=concept(label.type), value=value)],
    )
    return _with_comments(group, texts)


def _with_comments(group: Group, texts: Sequence[str]) -> Group:
    for text in texts:
        group[0].ContentSequence.append(comment(text))
    return group


def _algorithm(identity: AlgorithmIdentity) -> hd.sr.AlgorithmIdentification:
    """Identify plug-in and weights (TID 4019)."""
    return hd.sr.AlgorithmIdentification(
        name=identity.name,
        version=identity.version,
        parameters=[f"{name}={value}" for name, value in identity.settings.items()],
    )


def _sites(label: Label | None, context: GroupContext) -> list[hd.sr.FindingSite] | None:
    """Return the organ that a lesion lies in; an organ is its own site."""
    if label is None:
        return None
    outer = next((each for each in (*context.labels, *context.sought) if each.name == label.inside), label)
    if outer.kind == "organ":
        return [hd.sr.FindingSite(concept(outer.type))]
    organ = SITES_BY_NAME.get((label.type.scheme, label.type.value))
    return None if organ is None else [hd.sr.FindingSite(organ)]


def _measurements(finding: Finding) -> list[hd.sr.Measurement]:
    """Return what was measured; numbers of one concept are told apart by a tracking identifier each.

    Source
    ------
    PS3.16 TID 300 (row 4108, Tracking Identifier).
    """
    measured = [each for each in finding.measurements if each.value is not None]
    concepts = [(each.concept.scheme, each.concept.value) for each in measured]
    return [
        _measurement(each, finding, named=concepts.count(concept_of) > 1)
        for each, concept_of in zip(measured, concepts, strict=True)
    ]


def _measurement(measured: MeasuredValue, finding: Finding, *, named: bool) -> hd.sr.Measurement:
    value = float(f"{measured.value:.{_SIGNIFICANT}g}")
    uid = derived_uid(finding.tracking_uid, measured.name)
    return hd.sr.Measurement(
        name=concept(measured.concept),
        value=value,
        unit=concept(measured.unit),
        tracking_identifier=hd.sr.TrackingIdentifier(uid=uid, identifier=measured.name) if named else None,
    )


def _remarks(finding: Finding, language: Language) -> list[str]:
    """Return what the numbers of a finding do not say by themselves."""
    said = [getattr(finding.title, language)]
    for measured in finding.measurements:
        title = getattr(measured.title, language)
        if measured.value is None:
            said.append(sentence("not_measured", language, title))
        elif measured.bound == "at_least":
            said.append(sentence("at_least", language, title))
    if finding.cut_off and not any(m.bound == "at_least" for m in finding.measurements):
        said.append(sentence("cut_off", language))
    if finding.category is not None:
        said.append(sentence("category", language, finding.category))
    return [*said, *remarks_on_likeness(finding, language)]


def _referenced_segment(
    finding: Finding, label: Label, context: GroupContext
) -> hd.sr.ReferencedSegment | None:
    """Refer to the finding's segment and to the images that the finding lies on.

    Several lesions share one segment; the source images of each tell them apart, since a reference
    may name a segment or frames, not both (PS3.3 Table 10-3).
    """
    if context.segmentation is None:
        return None
    sources = context.sources
    if finding.box_kji is not None:
        sources = sources[finding.box_kji[0][0] : finding.box_kji[1][0]]
    return hd.sr.ReferencedSegment(
        sop_class_uid=str(context.segmentation.SOPClassUID),
        sop_instance_uid=str(context.segmentation.SOPInstanceUID),
        segment_number=segment_number(label.name, context.labels),
        source_images=[
            hd.sr.SourceImageForSegmentation(str(source.SOPClassUID), str(source.SOPInstanceUID))
            for source in sources
        ],
    )
