"""`allward worklist` and `allward results`: what the pages show, for scripts."""

from argparse import ArgumentParser, Namespace, _SubParsersAction
from typing import TYPE_CHECKING, Any

from allward_sdk.errors import BadInputError

if TYPE_CHECKING:
    from allward_sdk.results import Finding


def register_worklist(subparsers: "_SubParsersAction[ArgumentParser]") -> None:
    """Add `allward worklist`."""
    parser = subparsers.add_parser("worklist", help="list studies with the state of their AI runs")
    parser.add_argument("--tenant", default="central", help="code of the hospital (default: central)")
    parser.add_argument("--search", default="", help="name, pinyin, initials, patient ID or accession number")
    parser.add_argument("--limit", type=int, default=100)
    parser.add_argument("--json", action="store_true", help="as JSON, as the REST face gives it")
    parser.set_defaults(run=list_worklist)


def register_results(subparsers: "_SubParsersAction[ArgumentParser]") -> None:
    """Add `allward results`."""
    parser = subparsers.add_parser("results", help="print what was found in a study")
    parser.add_argument("study_instance_uid")
    parser.add_argument("--tenant", default="central", help="code of the hospital (default: central)")
    parser.add_argument(
        "--json", action="store_true", help="as findings.json, a list with one entry a result"
    )
    parser.set_defaults(run=show_results)


def list_worklist(arguments: Namespace) -> int:
    """Print the worklist of one hospital."""
    from allward.config.commands.start import say, say_json, start_django, tenant_of_code

    start_django()
    from allward.tenancy.scope import Scope, within
    from allward.worklist.queries import Filter, worklist

    tenant = tenant_of_code(arguments.tenant)
    with within(Scope.of_tenant(tenant.pk, actor="allward worklist")):
        items, _ = worklist(Filter(text=arguments.search, limit=arguments.limit))
    if arguments.json:
        say_json(items)
        return 0
    for item in items:
        name = item["patient"]["name"]
        who = name["ideographic"] or name["alphabetic"] or item["patient"]["patient_id"]
        say(f"{item['received_at'][:19]}  {who:<24} {item['description'] or '':<32} {_ai_word(item['ai'])}")
    if not items:
        say("no studies")
    return 0


def _ai_word(ai: dict[str, Any]) -> str:
    reasons = " ".join(reason["en"] for reason in ai["reasons"])
    if ai["state"] == "completed":
        count = "no count of" if ai["finding_count"] is None else ai["finding_count"]
        return f"{count} findings {reasons}".strip()
    return f"{ai['state'].replace('_', ' ')} {reasons}".strip()


def show_results(arguments: Namespace) -> int:
    """Print the results of one study."""
    from allward.config.commands.start import say, say_json, start_django, tenant_of_code

    start_django()
    from allward.results.models import Result
    from allward.results.states import IN_FORCE
    from allward.studies.models import Study
    from allward.tenancy.scope import Scope, within
    from allward_runner.findings_json import findings_json
    from allward_sdk.results import CaseResult

    tenant = tenant_of_code(arguments.tenant)
    with within(Scope.of_tenant(tenant.pk, actor="allward results")):
        study = Study.objects.filter(study_instance_uid=arguments.study_instance_uid).first()
        if study is None:
            raise BadInputError(f"{tenant.code} has no study {arguments.study_instance_uid}")
        rows = list(Result.objects.filter(study=study, status__in=IN_FORCE).order_by("created_at"))
        results = [CaseResult.model_validate(row.case_result) for row in rows]
    if arguments.json:
        say_json([findings_json(result) for result in results])
        return 0
    for row, result in zip(rows, results, strict=True):
        say(f"{result.app} {result.version}, {row.status}{'' if result.evaluable else ', not evaluable'}")
        for line in (*result.reasons, *map(_finding_line, result.findings)):
            say(f"  {line}")
    if not results:
        say("no results yet")
    return 0


def _finding_line(finding: "Finding") -> str:
    """Return one finding with its numbers; what was cut off by the scan is a lower bound."""
    measured = [
        f"{m.title.en} {'>= ' if m.bound == 'at_least' else ''}{m.value:g} {m.unit.value}"
        if m.value is not None
        else f"{m.title.en} not measurable"
        for m in finding.measurements
    ]
    return ": ".join(filter(None, (finding.title.en, ", ".join(measured))))
