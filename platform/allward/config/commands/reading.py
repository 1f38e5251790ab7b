"""`allward worklist` and `allward results`: what the pages show, for scripts."""

from argparse import ArgumentParser, Namespace, _SubParsersAction
from typing import Any

from allward_sdk.errors import BadInputError


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
    if ai["state"] == "completed":
        return f"{ai['finding_count']} findings"
    reasons = " ".join(reason["en"] for reason in ai["reasons"])
    return f"{ai['state'].replace('_', ' ')} {reasons}".strip()


def show_results(arguments: Namespace) -> int:
    """Print the results of one study."""
    from allward.config.commands.start import say, say_json, start_django, tenant_of_code

    start_django()
    from allward.results.models import Result
    from allward.studies.models import Study
    from allward.tenancy.scope import Scope, within
    from allward_runner.findings_json import findings_json
    from allward_sdk.results import CaseResult

    tenant = tenant_of_code(arguments.tenant)
    with within(Scope.of_tenant(tenant.pk, actor="allward results")):
        study = Study.objects.filter(study_instance_uid=arguments.study_instance_uid).first()
        if study is None:
            raise BadInputError(f"{tenant.code} has no study {arguments.study_instance_uid}")
        rows = Result.objects.filter(study=study).order_by("created_at")
        results = [findings_json(CaseResult.model_validate(row.case_result)) for row in rows]
    if arguments.json:
        say_json(results)
        return 0
    for result in results:
        say(f"{result['app']} {result['version']}: {'' if result['evaluable'] else 'not evaluable'}")
        for reason in result["reasons"]:
            say(f"  {reason}")
        for finding in result["findings"]:
            measured = ", ".join(f"{m['name']} {m['value']} {m['unit']}" for m in finding["measurements"])
            say(f"  {finding['label']['meaning']}: {measured}")
    if not results:
        say("no results yet")
    return 0
