"""Whether the values that a rule sets were accepted where the study's department asks for that."""

from allward.acceptance.queries import RuleValues, refusal_of_rule_values
from allward.routing.facts import Decision
from allward.routing.models import RoutingRule
from allward.studies.models import Study
from allward.tenancy.models import Department


def refusal_by_values(rule: RoutingRule, study: Study) -> Decision | None:
    """Return why a rule may not run a study with its values, or None.

    Of a study whose department nobody knows, each place that the installation reaches counts.

    Raises
    ------
    WrongValuesError
        If the version does not take one of them.
    """
    if not rule.parameters:
        return None
    codes = frozenset[str]()
    if study.department_id is not None:
        codes = frozenset({Department.objects.get(pk=study.department_id).code})
    asked = RuleValues(rule.name, rule.installation, rule.parameters, codes)
    remark = refusal_of_rule_values(asked)
    return None if remark is None else Decision(False, remark.code, remark.text)
