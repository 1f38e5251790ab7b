"""Whether a version may run in the department that a study belongs to. Pure."""

from uuid import UUID

from allward.kernel.texts import Text
from allward.routing.facts import Decision
from allward.tenancy.models import Department, DepartmentUse

_ELSEWHERE = Decision(
    False, "installed_in", Text("Installed in another department.", "该插件安装在其他科室。")
)
_FOR_RESEARCH = Decision(
    False,
    "status",
    Text(
        "This version is for research; the study is not in a research department.",
        "该版本仅供科研，而此检查不属于科研科室。",
    ),
)


def refusal_by_place(
    *, status: str, installed_in: UUID | None, department: Department | None
) -> Decision | None:
    """Say what keeps a version from a study of `department` (None: of no department), or None.

    Parameters
    ----------
    status
        The version's `intended_use.status`.
    installed_in
        Department of the installation; None: the whole hospital.
    """
    if installed_in is not None and (department is None or installed_in != department.pk):
        return _ELSEWHERE
    if status != "research" or (department is not None and department.use == DepartmentUse.RESEARCH):
        return None
    return _FOR_RESEARCH
