"""Routing rules of a hospital, and what one would have done with the series that are stored."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from allward.api.authentication import caller_of, requires
from allward.api.errors import Refusal
from allward.api.parameters import refused_by_field
from allward.api.rule_forms import (
    DryRunForm,
    DryRunOrderForm,
    RuleChangeForm,
    RuleForm,
    RuleOrderForm,
    RulesForm,
)
from allward.identity.permissions import ADMINISTER
from allward.kernel.texts import Text
from allward.registry.models import Installation, VersionImport
from allward.registry.parameters import schema_of
from allward.registry.queries import departments_of
from allward.registry.trust import NotPermittedError
from allward.routing.actions import add_rule, change_rule, delete_rule
from allward.routing.conditions import Conditions
from allward.routing.dry_run import DryRun, Trial, dry_run
from allward.routing.facts import Decision
from allward.routing.models import RoutingRule
from allward.routing.stored import StoredSeries
from allward.runs.states import Priority


def _rules(request: Request) -> QuerySet[RoutingRule]:
    return RoutingRule.objects.filter(tenant_id=caller_of(request).scope.home).select_related(
        "installation__plugin_version", "installation__department"
    )


def rule_json(rule: RoutingRule) -> dict[str, Any]:
    """Return a rule's wire form."""
    installation, version = rule.installation, rule.installation.plugin_version
    return {
        "id": str(rule.pk),
        "name": rule.name,
        "app": rule.app,
        "slot": rule.slot,
        "enabled": rule.enabled,
        "priority": Priority(rule.priority).name,
        "due_within_s": rule.due_within_s,
        "installation": {
            "id": str(installation.pk),
            "state": installation.state,
            "department": installation.department.code if installation.department else None,
            "version_id": str(version.pk),
            "plugin_id": version.plugin_id,
            "version": version.version,
            "title": version.manifest["plugin"]["title"],
        },
        "wants": version.manifest["wants"],
        "conditions": Conditions.from_json(rule.conditions).to_json(),
        "parameters": rule.parameters,
        "parameters_form": schema_of(version.manifest),
    }


def _changes(validated: dict[str, Any]) -> dict[str, Any]:
    """Turn what the wire says into what the actions take."""
    changes = dict(validated)
    if "priority" in changes:
        changes["priority"] = Priority[changes["priority"]]
    if "conditions" in changes:
        changes["conditions"] = Conditions.from_json(changes["conditions"])
    return changes


def _refuse_unknown_departments(request: Request, wanted: dict[str, Any]) -> None:
    """Refuse a condition on a department that the hospital has not: it would never be met."""
    codes = set(wanted["conditions"].departments) if "conditions" in wanted else set()
    if not codes:
        return
    known = set(departments_of(caller_of(request).scope.home).values_list("code", flat=True))
    unknown = sorted(code for code in codes if code.strip().lower() not in {each.lower() for each in known})
    if unknown:
        named, there = ", ".join(unknown), ", ".join(sorted(known))
        text = Text(
            f"This hospital has no department {named}; it has: {there}.",
            f"本院没有科室 {named}；现有：{there}。",
        )
        fields = {"conditions": {"departments": text.to_json()}}
        raise Refusal("unknown_department", text, fields=fields)


@contextmanager
def _refused_as_not_accepted() -> Iterator[None]:
    """Say in words that values of a rule were not accepted."""
    try:
        yield
    except NotPermittedError as error:
        raise Refusal(error.code, error.text, status_code=status.HTTP_409_CONFLICT) from error


class RulesView(APIView):
    """The rules of the caller's own hospital."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(responses={200: RulesForm})
    def get(self, request: Request) -> Response:
        """List them, the most urgent first."""
        return Response({"rules": [rule_json(rule) for rule in _rules(request).order_by("priority", "name")]})

    @extend_schema(request=RuleOrderForm, responses={201: RuleForm, 400: dict, 404: dict, 409: dict})
    def post(self, request: Request) -> Response:
        """Add one for a version that is installed here."""
        asked = RuleOrderForm(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = _changes(asked.validated_data)
        _refuse_unknown_departments(request, wanted)
        installation = get_object_or_404(
            Installation.objects.select_related("plugin_version", "department"),
            pk=wanted.pop("installation_id"),
            tenant_id=caller_of(request).scope.home,
        )
        slots = installation.plugin_version.manifest["fills"]
        if wanted["slot"] not in slots:
            named = ", ".join(slots)
            raise Refusal(
                "wrong_slot",
                Text(f"This plug-in fills only: {named}.", f"该插件只能用于：{named}。"),
            )
        with refused_by_field(), _refused_as_not_accepted():
            rule = add_rule(installation=installation, **wanted)
        return Response(rule_json(rule), status=status.HTTP_201_CREATED)


class RuleView(APIView):
    """One rule of the caller's own hospital."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(request=RuleChangeForm, responses={200: RuleForm, 400: dict, 404: dict, 409: dict})
    def patch(self, request: Request, rule_id: UUID) -> Response:
        """Change what is given; conditions are replaced as a whole."""
        asked = RuleChangeForm(data=request.data)
        asked.is_valid(raise_exception=True)
        rule = get_object_or_404(_rules(request), pk=rule_id)
        wanted = _changes(asked.validated_data)
        _refuse_unknown_departments(request, wanted)
        with refused_by_field(), _refused_as_not_accepted():
            return Response(rule_json(change_rule(rule, **wanted)))

    @extend_schema(responses={204: None, 404: dict})
    def delete(self, request: Request, rule_id: UUID) -> Response:
        """Delete it; what it has started goes on."""
        delete_rule(get_object_or_404(_rules(request), pk=rule_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


class RuleDryRunView(APIView):
    """A rule tried on the stored series of the caller's own hospital."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(request=DryRunOrderForm, responses={200: DryRunForm, 400: dict, 404: dict})
    def post(self, request: Request) -> Response:
        """Say how many would run, and which clause kept how many of the others; nothing is written."""
        asked = DryRunOrderForm(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = _changes(asked.validated_data)
        _refuse_unknown_departments(request, wanted)
        home = caller_of(request).scope.home
        taken_in = get_object_or_404(
            VersionImport.objects.select_related("plugin_version"),
            plugin_version_id=wanted["version_id"],
            tenant_id=home,
        )
        code = wanted["department"]
        department = get_object_or_404(departments_of(home), code=code) if code else None
        trial = Trial(
            taken_in.plugin_version,
            department.pk if department else None,
            wanted.get("conditions", Conditions()),
        )
        return Response(_dry_run_json(dry_run(home, trial, most_series=wanted["most_series"])))


def _dry_run_json(done: DryRun) -> dict[str, Any]:
    return {
        "considered": done.considered,
        "stored": done.stored,
        "would_run": done.would_run,
        "running": [_example_json(*example) for example in done.running],
        "not_running": [
            {
                "clause": kept.clause,
                "not_evaluable": kept.not_evaluable,
                "count": kept.count,
                "examples": [_example_json(*example) for example in kept.examples],
            }
            for kept in done.kept
        ],
        "took_s": done.took_s,
    }


def _example_json(row: StoredSeries, decision: Decision) -> dict[str, Any]:
    return {
        "series_id": str(row.series_id),
        "study_id": str(row.study_id),
        "study_date": row.study_date,
        "modality": row.facts.modality,
        "description": row.description,
        "slices": row.facts.slice_count,
        "detail": decision.detail.to_json(),
    }
