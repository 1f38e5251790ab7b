"""A version that was signed, verified or withdrawn: the messages that tell of it are made.

The step looks at the report as it is and not at what the event says of it, so events may come twice or out
of order.
"""

from allward.kernel.clock import now
from allward.reporting.actions import schedule_message
from allward.reporting.actions.sending import control_id_of, hold_report, new_message_id
from allward.reporting.content import LANGUAGES, Language, canonical_json
from allward.reporting.events import ReportReleased
from allward.reporting.fhir_report import bundle_of
from allward.reporting.hl7_report import Envelope, Route, oru_of
from allward.reporting.models import MessageOut, ReportVersion, RisConnection
from allward.reporting.pdf import pdf_of
from allward.reporting.queries import Released, latest_version, released, verified_version
from allward.reporting.states import FHIR_STATUS, VERIFIED, MessageState, ReportState


def schedule_messages(event: ReportReleased) -> None:
    """Make a message for each connection that is to hear of the present state of a report; safe to repeat."""
    hold_report(event.report_id)
    version = ReportVersion.objects.select_related("report").filter(pk=event.version_id).first()
    if version is None or version.report.state == ReportState.DRAFT:
        return  # it was given back
    if version.pk != _present(version).pk:
        return  # a newer one has taken its place, and has an event of its own
    report = released(version)
    for connection in RisConnection.objects.filter(tenant_id=version.tenant_id):
        if _is_to_hear(connection, version, report):
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


def _is_to_hear(connection: RisConnection, version: ReportVersion, report: Released) -> bool:
    """Tell whether a connection is to hear of a state; one that is off, for later, if it may have another."""
    is_over = report.state is ReportState.ENTERED_IN_ERROR
    if (is_over or not connection.enabled) and not _has_heard(connection, version):
        return False
    return is_over or wants(connection, report)


def _has_heard(connection: RisConnection, version: ReportVersion) -> bool:
    """Tell whether a connection has, or may have, any state of the report."""
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
