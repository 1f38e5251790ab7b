"""A version that was signed, verified or withdrawn: its PDF joins the study, its messages are made.

Both are steps. They look at the version as it is and not at what the event says of it, so events may come
twice or out of order.
"""

import io
from collections.abc import Iterator
from importlib.metadata import version as installed_version

import pydicom
from pydicom.dataset import Dataset

from allward.kernel.clock import now
from allward.reporting.actions import keep_document, schedule_message
from allward.reporting.actions.sending import control_id_of, new_message_id
from allward.reporting.content import LANGUAGES, Language, canonical_json
from allward.reporting.events import ReportReleased
from allward.reporting.fhir_report import bundle_of
from allward.reporting.hl7_report import Envelope, Route, oru_of
from allward.reporting.models import MessageOut, ReportDocument, ReportVersion, RisConnection
from allward.reporting.pdf import pdf_of
from allward.reporting.queries import Released, latest_version, released, verified_version
from allward.reporting.states import FHIR_STATUS, VERIFIED, MessageState, ReportState
from allward.storage.place import storage
from allward.studies.actions import store_result_series
from allward.studies.queries import instances_in_order
from allward_dicom.encapsulated import PdfDocument, encapsulated_pdf
from allward_dicom.provenance import NewSeries, derived_uid

SERIES_NUMBER = 9050
"""Of a report's first version; each version is a series of its own."""


def write_report_document(event: ReportReleased) -> None:
    """Put a verified version into its study as an encapsulated PDF in each language; safe to repeat."""
    version = ReportVersion.objects.select_related("report__result").filter(pk=event.version_id).first()
    if version is None or ReportDocument.objects.filter(version=version).count() == len(LANGUAGES):
        return
    report = released(version)
    if report.state not in VERIFIED:
        return
    objects = [_file_of(made) for made in _documents(version, report)]
    stored = store_result_series(
        version.report.study_id, objects, source=f"report {version.report_id} version {version.number}"
    )
    for language, instance in zip(LANGUAGES, stored.instances, strict=True):
        keep_document(version, language=language, instance=instance)


def _documents(version: ReportVersion, report: Released) -> Iterator[Dataset]:
    first = instances_in_order(version.report.result.series_id)[0]
    source = pydicom.dcmread(storage().path(first.storage_key), stop_before_pixels=True)
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


def schedule_messages(event: ReportReleased) -> None:
    """Make a message for each connection that is to hear of the present state of a report; safe to repeat."""
    version = ReportVersion.objects.select_related("report").filter(pk=event.version_id).first()
    if version is None or version.report.state == ReportState.DRAFT:
        return  # it was given back
    if version.pk != _present(version).pk:
        return  # a newer one has taken its place, and has an event of its own
    report = released(version)
    for connection in RisConnection.objects.filter(tenant_id=version.tenant_id, enabled=True):
        if wants(connection, report) or _has_heard(connection, version, report):
            _schedule(connection, version, report)


def _present(version: ReportVersion) -> ReportVersion:
    report = version.report
    if report.state in VERIFIED:
        return verified_version(report) or version
    if report.state == ReportState.ENTERED_IN_ERROR:
        return verified_version(report) or latest_version(report) or version
    return latest_version(report) or version


def wants(connection: RisConnection, report: Released) -> bool:
    """Tell whether a connection takes a report in its present state."""
    if report.written.research_only and not connection.for_research:
        return False
    if report.state is ReportState.PRELIMINARY:
        return connection.sends_preliminary
    return report.state in VERIFIED


def _has_heard(connection: RisConnection, version: ReportVersion, report: Released) -> bool:
    """Tell whether a withdrawal concerns a connection: whether it has or may have any state of the report."""
    if report.state is not ReportState.ENTERED_IN_ERROR:
        return False
    rows = MessageOut.objects.filter(connection=connection, version__report_id=version.report_id)
    return rows.exclude(state=MessageState.CANCELED, may_be_held=False).exists()


def _schedule(connection: RisConnection, version: ReportVersion, report: Released) -> None:
    message_id = new_message_id()
    language: Language = "en" if connection.language == "en" else "zh"
    if connection.kind == "fhir":
        pdfs = {each: pdf_of(report, each) for each in LANGUAGES}
        payload = canonical_json(bundle_of(report, pdfs=pdfs, kind="transaction"))
    else:
        route = Route(
            connection.sending_application,
            connection.sending_facility,
            connection.receiving_application,
            connection.receiving_facility,
        )
        payload = oru_of(report, Envelope(route, control_id_of(message_id), now(), language))
    schedule_message(
        message_id,
        connection=connection,
        version=version,
        status=FHIR_STATUS[report.state],
        payload=payload,
    )
