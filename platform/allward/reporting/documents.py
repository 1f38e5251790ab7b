"""A verified report as DICOM documents in its study, and the notes that take replaced ones back.

The step looks at the report as it is and not at what the event says of it, so events may come twice or out
of order.
"""

import io
from collections import defaultdict
from collections.abc import Iterator, Sequence
from importlib.metadata import version as installed_version

import pydicom
from pydicom.dataset import Dataset

from allward.reporting.actions import keep_document
from allward.reporting.actions.sending import hold_report
from allward.reporting.content import LANGUAGES
from allward.reporting.events import ReportReleased
from allward.reporting.models import Report, ReportDocument, ReportVersion
from allward.reporting.pdf import pdf_of
from allward.reporting.queries import Released, released, verified_version
from allward.reporting.states import VERIFIED
from allward.results.objects import header_of
from allward.storage.place import storage
from allward.studies.actions import store_result_series
from allward.studies.models import Instance
from allward.studies.queries import instances_in_order
from allward_dicom.encapsulated import PdfDocument, encapsulated_pdf
from allward_dicom.provenance import NewSeries, derived_uid
from allward_sdk.errors import TemporaryError

SERIES_NUMBER = 9050
"""Of a report's first version; each version is a series of its own."""


NOTE_SERIES_NUMBER = 9150
"""Of the notes that take documents back."""


def write_report_document(event: ReportReleased) -> None:
    """Put the version in force into its study, and take back the documents of others; safe to repeat."""
    hold_report(event.report_id)
    report = Report.objects.select_related("result").filter(pk=event.report_id).first()
    if report is None:
        return
    in_force = verified_version(report) if report.state in VERIFIED else None
    if in_force is not None:
        _write(in_force)
    _take_back(report, but=in_force)


def _write(version: ReportVersion) -> None:
    """Store a version as an encapsulated PDF in each language."""
    if ReportDocument.objects.filter(version=version).count() == len(LANGUAGES):
        return
    objects = [_file_of(made) for made in _documents(version, released(version))]
    stored = store_result_series(
        version.report.study_id, objects, source=f"report {version.report_id} version {version.number}"
    )
    for language, instance in zip(LANGUAGES, stored.instances, strict=True):
        keep_document(version, language=language, instance=instance)


def _documents(version: ReportVersion, report: Released) -> Iterator[Dataset]:
    first = instances_in_order(version.report.result.series_id)[0]
    try:
        source = pydicom.dcmread(storage().path(first.storage_key), stop_before_pixels=True)
    except FileNotFoundError as error:
        words = f"The file of image {first.sop_instance_uid} is not in the storage; the report waits for it."
        raise TemporaryError(words) from error
    series_uid = derived_uid("report series", str(version.pk))
    mark = " (research use only)" if report.written.research_only else ""
    for number, language in enumerate(LANGUAGES, start=1):
        series = NewSeries(
            series_uid,
            derived_uid("report document", str(version.pk), language),
            SERIES_NUMBER + version.number - 1,
            f"Report{mark}",
        )
        document = PdfDocument(
            pdf=pdf_of(report, language),
            title=report.written.layout.title.of(language),
            verified=True,
            at=report.signatures[-1].at,
            number=number,
            version=installed_version("allward"),
        )
        yield encapsulated_pdf(document, source=source, series=series)


def _file_of(dataset: Dataset) -> bytes:
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, dataset, enforce_file_format=True)
    return buffer.getvalue()


def _take_back(report: Report, *, but: ReportVersion | None) -> None:
    """Say of the documents of every version but one that nobody is to read them any more."""
    rows = ReportDocument.objects.filter(version__report=report).select_related("instance", "version")
    documents: dict[ReportVersion, list[Instance]] = defaultdict(list)
    for row in rows.order_by("version__number", "language"):
        documents[row.version].append(row.instance)
    for version, instances in documents.items():
        if version != but:
            _reject(version, instances, report=report)


def _reject(version: ReportVersion, instances: Sequence[Instance], *, report: Report) -> None:
    """Add the note that rejects the documents of a version (IHE IOCM), once."""
    note_uid = derived_uid("report rejection note", str(version.pk))
    if Instance.objects.filter(tenant_id=version.tenant_id, sop_instance_uid=note_uid).exists():
        return
    from allward.results.object_writing import as_file  # highdicom loads slowly: only writers wait
    from allward_dicom.rejection import write_rejection_note

    because = released(version).withdrawn_because
    said = f"Report entered in error: {because}" if because else "Report replaced by a newer version."
    series = NewSeries(
        derived_uid("report rejection series", str(version.pk)),
        note_uid,
        NOTE_SERIES_NUMBER + version.number - 1,
        "Report rejection note",
    )
    note = write_rejection_note(
        [header_of(each) for each in instances], cause="patient_safety", series=series, description=said
    )
    store_result_series(
        report.study_id, [as_file(note)], source=f"report {report.pk} version {version.number} taken back"
    )
