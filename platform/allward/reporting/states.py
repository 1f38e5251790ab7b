"""The states of reports, of their amendments, of critical notices and of messages to a RIS.

A report's own state is what the world outside knows of it; each has exactly one word in FHIR and in HL7.
While an amendment is written, what was verified stays in force.
"""

from enum import StrEnum


class ReportState(StrEnum):
    """How far a report got."""

    DRAFT = "draft"
    PRELIMINARY = "preliminary"
    """The reporting physician (报告医师) has signed it."""
    FINAL = "final"
    """The verifying physician (审核医师) has verified it."""
    AMENDED = "amended"
    """Verified again after a change, with its reason."""
    ENTERED_IN_ERROR = "entered_in_error"


_R = ReportState
REPORT_MAY_BECOME: dict[ReportState, frozenset[ReportState]] = {
    _R.DRAFT: frozenset({_R.PRELIMINARY, _R.ENTERED_IN_ERROR}),
    _R.PRELIMINARY: frozenset({_R.FINAL, _R.DRAFT, _R.ENTERED_IN_ERROR}),  # second: it was given back
    _R.FINAL: frozenset({_R.AMENDED, _R.ENTERED_IN_ERROR}),
    _R.AMENDED: frozenset({_R.AMENDED, _R.ENTERED_IN_ERROR}),
    _R.ENTERED_IN_ERROR: frozenset(),
}

VERIFIED = frozenset({_R.FINAL, _R.AMENDED})
"""States in which a verified version is in force."""


class AmendmentState(StrEnum):
    """How far the change of a verified report got."""

    NONE = "none"
    OPEN = "open"
    SIGNED = "signed"
    """The reporting physician has signed it; it is not in force yet."""


_A = AmendmentState
AMENDMENT_MAY_BECOME: dict[AmendmentState, frozenset[AmendmentState]] = {
    _A.NONE: frozenset({_A.OPEN}),
    _A.OPEN: frozenset({_A.SIGNED, _A.NONE}),
    _A.SIGNED: frozenset({_A.NONE, _A.OPEN}),  # verified or given up; given back
}

FHIR_STATUS: dict[ReportState, str] = {
    _R.DRAFT: "registered",
    _R.PRELIMINARY: "preliminary",
    _R.FINAL: "final",
    _R.AMENDED: "amended",
    _R.ENTERED_IN_ERROR: "entered-in-error",
}
"""`DiagnosticReport.status`. Source: FHIR R4, value set diagnostic-report-status."""

SENT_IN_ORDER = tuple(
    FHIR_STATUS[each] for each in (_R.PRELIMINARY, _R.FINAL, _R.AMENDED, _R.ENTERED_IN_ERROR)
)
"""In which order the states of one version become true."""

HL7_STATUS: dict[ReportState, str] = {
    _R.PRELIMINARY: "P",
    _R.FINAL: "F",
    _R.AMENDED: "C",
    _R.ENTERED_IN_ERROR: "X",
}
"""OBR-25. Source: HL7 v2.5.1 table 0123; a draft is never sent."""


class WordKind(StrEnum):
    """What a person said of a version."""

    REPORTING = "reporting"
    """Signed as 报告医师."""
    VERIFYING = "verifying"
    """Verified as 审核医师."""
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"


SIGNATURES = (WordKind.REPORTING, WordKind.VERIFYING)


class NoticeState(StrEnum):
    """How far a critical finding was told."""

    OPEN = "open"
    TOLD = "told"
    ACKNOWLEDGED = "acknowledged"
    WITHDRAWN = "withdrawn"


_N = NoticeState
NOTICE_MAY_BECOME: dict[NoticeState, frozenset[NoticeState]] = {
    _N.OPEN: frozenset({_N.TOLD, _N.WITHDRAWN}),
    _N.TOLD: frozenset({_N.TOLD, _N.ACKNOWLEDGED, _N.WITHDRAWN}),  # first: somebody else was told too
    _N.ACKNOWLEDGED: frozenset(),
    _N.WITHDRAWN: frozenset(),
}

WAITING = (_N.OPEN, _N.TOLD)
"""Notices of which somebody still has to hear, or to say that they heard."""


class MessageState(StrEnum):
    """How far a message to a RIS got."""

    SCHEDULED = "scheduled"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELED = "canceled"
    """Overtaken by a newer one of the same report before it was sent."""


_M = MessageState
MESSAGE_MAY_BECOME: dict[MessageState, frozenset[MessageState]] = {
    _M.SCHEDULED: frozenset({_M.DELIVERED, _M.FAILED, _M.CANCELED}),
    _M.DELIVERED: frozenset(),
    _M.FAILED: frozenset({_M.SCHEDULED, _M.DELIVERED, _M.CANCELED}),  # first: a person asks for it again
    _M.CANCELED: frozenset({_M.DELIVERED}),
}
"""A worker that was believed lost may still say that a message arrived; that word counts."""
