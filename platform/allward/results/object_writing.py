"""Make the SEG, the SR and the rejection note of a result as DICOM datasets, and what all objects share."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from io import BytesIO

import pydicom
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import ExplicitVRLittleEndian

from allward.results.models import Result
from allward.results.object_content import Content, Marks, Reviewer, Uids, removed_in_words
from allward.results.object_masks import without_findings
from allward.results.object_sources import algorithm, plugins_of, read_label_map
from allward_dicom.key_images import write_key_images
from allward_dicom.provenance import AlgorithmIdentity, NewSeries, short
from allward_dicom.rejection import Cause
from allward_dicom.rejection import write_rejection_note as make_rejection_note
from allward_dicom.seg import LabelMap, write_segmentation
from allward_dicom.sr import ReportContent, Verification, says_something, write_measurement_report
from allward_dicom.sr_groups import comment
from allward_sdk.manifest import Manifest
from allward_sdk.results import PluginUse

SEG_SERIES_NUMBER = 9001
SR_SERIES_NUMBER = 9002
NOTE_SERIES_NUMBER = 9003
KEY_IMAGES_SERIES_NUMBER = 9008


def make_segmentation(
    result: Result, content: Content, *, sources: Sequence[Dataset], uids: Uids
) -> Dataset | None:
    """Make the SEG without the voxels of removed findings; None if no voxel is left."""
    plugins = plugins_of(content.case)
    use, manifest = plugins[0]
    voxels, geometry = read_label_map(result)
    left = without_findings(voxels, content.removed, manifest.labels if content.segments is None else ())
    written = write_segmentation(
        LabelMap(left, geometry, content.outlined, content.tracked),
        sources=sources,
        algorithm=algorithm_of(content, use, manifest),
        series=NewSeries(
            uids.series, uids.instance, SEG_SERIES_NUMBER, described("Allward AI segmentation", content)
        ),
    )
    return None if written is None else with_models(written, plugins, content.marks)


def make_report(
    content: Content,
    *,
    sources: Sequence[Dataset],
    segmentation: Dataset | None,
    predecessor: Dataset | None,
    uids: Uids,
) -> Dataset | None:
    """Make the SR: marked UNVERIFIED, or verified by those who reviewed the findings.

    None if there is nothing that it could say (TID 1500 has at least one group): what else was found stands
    in the other objects.
    """
    plugins = plugins_of(content.case)
    verified = bool(content.reviewers)
    title = "Allward AI report" if verified else "Allward AI report UNVERIFIED"
    said = ReportContent(
        findings=content.shown,
        labels=content.labels,
        evaluable=content.case.evaluable,
        reasons=content.case.reasons,
        research=content.research_only,
        verification=verification_of(content),
        segments=content.segments,
    )
    if not says_something(said):
        return None
    report = write_measurement_report(
        said,
        sources=sources,
        segmentation=segmentation,
        algorithm=algorithm_of(content, *plugins[0]),
        series=NewSeries(uids.series, uids.instance, SR_SERIES_NUMBER, described(title, content)),
    )
    if content.removed:
        report.ContentSequence.append(comment(removed_in_words(content.removed)))
    with_remarks(report, content.marks)
    return with_models(with_predecessor(with_reviewers(report, content), predecessor), plugins, content.marks)


def algorithm_of(content: Content, use: PluginUse, manifest: Manifest) -> AlgorithmIdentity:
    """Name what computed a result: the plug-in, and the app's logic where that drew the outlines."""
    named = algorithm(use, manifest)
    if content.segments is None:
        return named
    return replace(
        named, parameters={**named.parameters, "app": f"{content.case.app} {content.case.version}"}
    )


def make_key_images(
    result: Result, content: Content, *, sources: Sequence[Dataset], uids: Uids
) -> Dataset | None:
    """Make the selection of the slices on which accepted findings are largest; None: none has voxels."""
    verification = verification_of(content)
    if verification is None or not result.labelmap_key:
        return None
    voxels, _ = read_label_map(result)
    areas = {value: (voxels == value).sum(axis=(1, 2)) for value in content.tracked}
    slices = sorted({int(area.argmax()) for area in areas.values() if area.any()})
    if not slices:
        return None
    titles = [finding.title.en for finding in content.shown if finding.segment_value in content.tracked]
    written = write_key_images(
        [sources[k] for k in slices],
        description=f"Key images of accepted findings: {', '.join(titles)}.",
        verification=verification,
        series=NewSeries(
            uids.series, uids.instance, KEY_IMAGES_SERIES_NUMBER, described("Allward key images", content)
        ),
    )
    return with_models(written, plugins_of(content.case), content.marks)


def with_remarks(document: Dataset, marks: Marks) -> Dataset:
    """Say in a document what has to be said against the plug-ins, each as a text item."""
    for sentence in marks.sentences:
        document.ContentSequence.append(comment(sentence))
    return document


def with_reviewers(document: Dataset, content: Content) -> Dataset:
    """Name all who reviewed the findings, each with the moment of the last word."""
    if content.reviewers:
        document.VerifyingObserverSequence = DicomSequence(_observer(each) for each in content.reviewers)
    return document


def with_predecessor(document: Dataset, predecessor: Dataset | None) -> Dataset:
    """Refer to the document that this one takes the place of, if there is one."""
    if predecessor is not None:
        document.PredecessorDocumentsSequence = DicomSequence([_reference(predecessor)])
    return document


def make_note(objects: Sequence[Dataset], *, cause: Cause, description: str, uids: Uids) -> Dataset:
    """Make the Key Object Selection that takes `objects` back."""
    return make_rejection_note(
        objects,
        cause=cause,
        series=NewSeries(uids.series, uids.instance, NOTE_SERIES_NUMBER, "Allward AI rejection note"),
        description=description,
    )


def as_file(dataset: Dataset) -> bytes:
    """Return the DICOM file of an object, in Explicit VR Little Endian."""
    buffer = BytesIO()
    if not hasattr(dataset, "file_meta"):
        dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    pydicom.dcmwrite(buffer, dataset, enforce_file_format=True)
    return buffer.getvalue()


def described(title: str, content: Content) -> str:
    """Return a series description; it says where a result is for research only, unsigned or withdrawn.

    What it says against a result is never cut off: where it gets too long, the title becomes shorter.
    """
    others = [word for word in ("unsigned", "withdrawn") if getattr(content.marks, word)]
    research = ["research" if others else "research use only"] if content.research_only else []
    if not research and not others:
        return title
    mark = f" ({', '.join([*research, *others])})"
    if len(title) + len(mark) > _LONG_STRING:
        title = title.removeprefix("Allward ")
    return f"{title[: _LONG_STRING - len(mark)]}{mark}"


def _person_name(name: str) -> str:
    """Return an account's name as a DICOM person name; what would part it into components is left out."""
    plain = " ".join(name.translate(str.maketrans("^=\\", "   ")).split())
    return plain if plain.isascii() else f"={plain}"


def verification_of(content: Content) -> Verification | None:
    """Return who gave the last word; None while the review is open."""
    if not content.reviewers:
        return None
    reviewer = content.reviewers[-1]
    # The caret says that a name of one component is meant so.
    return Verification(observer_name=f"{_person_name(reviewer.name)}^", organization=reviewer.organization)


def _observer(reviewer: Reviewer) -> Dataset:
    """Return one verifying observer (PS3.3 C.17.2, Table C.17-2)."""
    observer = Dataset()
    observer.VerifyingObserverName = _person_name(reviewer.name)
    observer.VerifyingOrganization = short(reviewer.organization)
    observer.VerificationDateTime = _date_time(reviewer.at)
    observer.VerifyingObserverIdentificationCodeSequence = DicomSequence()
    return observer


def _date_time(moment: datetime) -> str:
    """Write a moment with its offset from UTC (PS3.5 6.2, DT)."""
    return moment.strftime("%Y%m%d%H%M%S.%f%z")


def _reference(document: Dataset) -> Dataset:
    """Refer to an instance with its series and study (PS3.3 Table C.17-3)."""
    instance = Dataset()
    instance.ReferencedSOPClassUID = document.SOPClassUID
    instance.ReferencedSOPInstanceUID = document.SOPInstanceUID
    series = Dataset()
    series.SeriesInstanceUID = document.SeriesInstanceUID
    series.ReferencedSOPSequence = DicomSequence([instance])
    study = Dataset()
    study.StudyInstanceUID = document.StudyInstanceUID
    study.ReferencedSeriesSequence = DicomSequence([series])
    return study


def with_models(written: Dataset, plugins: Sequence[tuple[PluginUse, Manifest]], marks: Marks) -> Dataset:
    """Name every plug-in version and the exact models inside it, and what has to be said against them.

    Source
    ------
    PS3.3 C.12.1 (Contributing Equipment Sequence), CID 7005 (Processing Equipment).
    """
    written.ContributingEquipmentSequence = DicomSequence(
        _equipment(use, manifest, marks) for use, manifest in plugins
    )
    return written


def _equipment(use: PluginUse, manifest: Manifest, marks: Marks) -> Dataset:
    purpose = Dataset()
    purpose.CodeValue = "109102"
    purpose.CodingSchemeDesignator = "DCM"
    purpose.CodeMeaning = "Processing Equipment"
    item = Dataset()
    item.PurposeOfReferenceCodeSequence = DicomSequence([purpose])
    item.Manufacturer = short(manifest.plugin.vendor)
    item.ManufacturerModelName = short(use.id)
    item.SoftwareVersions = short(use.version)
    item.DeviceSerialNumber = short(use.digest)
    models = "; ".join(f"{name} sha256={model.sha256}" for name, model in manifest.models.items())
    item.ContributionDescription = " ".join((*marks.sentences, f"Models: {models}"))[:_SHORT_TEXT]
    return item


_LONG_STRING = 64
"""Characters that LO holds. Source: PS3.5 Table 6.2-1."""
_SHORT_TEXT = 1024
"""Characters that ST holds. Source: PS3.5 Table 6.2-1."""
