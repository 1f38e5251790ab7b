"""What a report rests on while somebody signs or verifies it: held, and refused if it has changed."""

from uuid import UUID

from allward.kernel.texts import Text
from allward.reporting.actions.refusals import ReportRefusedError, locked_report
from allward.reporting.content import AdviceFacts, Written
from allward.reporting.facts import ground_of, held_result
from allward.reporting.models import Report, ReportVersion
from allward.reporting.working import Working, lines_of

UNREVIEWED = Text("There are findings that nobody has judged yet.", "尚有未审阅的发现。")
OUTDATED = Text(
    "What some sentences speak of has changed; look at them again.",
    "部分语句所依据的内容已变化，请重新核对。",
)
CHANGED = Text(
    "Findings or advice have changed since this was signed; give it back to be signed again.",
    "签发后发现或建议已变化，请退回重新签发。",
)
REPLACED = Text(
    "A newer result has taken the place of the one that was reported.", "所报告的结果已被新结果取代。"
)


def refuse_unfounded(report: Report, working: Working, advice: tuple[AdviceFacts, ...]) -> None:
    """Let nobody sign what no longer rests on reviewed findings as they are now."""
    ground = ground_of(report.result, advice)
    if ground.replaced:
        raise ReportRefusedError("result_replaced", REPLACED)
    if ground.unreviewed:
        raise ReportRefusedError("unreviewed", UNREVIEWED)
    if any(ground.outdates(line) for line in lines_of(working)):
        raise ReportRefusedError("outdated", OUTDATED)


def held_report(report_id: UUID, *, revision: int) -> Report:
    """Return a report, locked, with its result, on which nobody says anything new meanwhile."""
    report = locked_report(report_id, revision=revision)
    report.result = held_result(report.result_id)
    return report


def as_kept(advice: tuple[AdviceFacts, ...]) -> list[object]:
    """Return advice as the database keeps it."""
    return [each.model_dump(mode="json") for each in advice]


def refuse_changed(version: ReportVersion, now_written: Written) -> None:
    """Let nobody verify what would say something else of findings or advice if it were signed now."""
    signed = Written.model_validate(version.content)
    if (signed.findings, signed.advice) != (now_written.findings, now_written.advice):
        raise ReportRefusedError("changed_since_signed", CHANGED)
