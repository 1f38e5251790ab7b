"""What each role may do: one table, read by the API, the pages and the tests alike."""

from collections.abc import Iterable

from allward.identity.models import Role

VIEW = "study.view"
REVIEW = "result.review"
REPORT = "report.write"
"""Write reports and sign them as reporting physician (报告医师)."""
VERIFY = "report.verify"
"""Verify reports of others (审核医师)."""
RUN = "run.order"
IMPORT = "study.import"
ADMINISTER = "tenant.administer"
AUDIT = "audit.read"
OPERATE = "platform.operate"
PUBLISH = "plugin.publish"

_CLINICIAN = frozenset({VIEW, REVIEW, RUN, IMPORT})

_REPORTS = frozenset({REPORT, VERIFY})

PERMISSIONS: dict[str, frozenset[str]] = {
    Role.RADIOLOGIST: _CLINICIAN | _REPORTS,
    Role.SURGEON: _CLINICIAN,
    Role.PATHOLOGIST: _CLINICIAN | _REPORTS,
    Role.TECHNOLOGIST: frozenset({VIEW, RUN, IMPORT}),
    Role.TENANT_ADMINISTRATOR: frozenset({ADMINISTER}),
    Role.VENDOR: frozenset({PUBLISH}),
    Role.AUDITOR: frozenset({AUDIT}),
    Role.PLATFORM_OPERATOR: frozenset({OPERATE}),
}
"""System, security and audit administration are three roles (三员分立): none of them reads images."""


def permissions_of(roles: Iterable[str]) -> frozenset[str]:
    """Return what somebody with these roles may do."""
    return frozenset().union(*(PERMISSIONS[role] for role in roles))
