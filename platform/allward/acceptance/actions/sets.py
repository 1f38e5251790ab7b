"""Sets of past cases: made, locked, deleted."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction

from allward.acceptance.models import AcceptanceCase, AcceptanceSet
from allward.acceptance.orders import BadCaseError
from allward.acceptance.states import SetState
from allward.audit.actions import record
from allward.kernel.texts import Text
from allward.registry.models import Installation, PluginVersion
from allward.registry.parameters import Values, chosen_values
from allward.registry.trust import refuse_what_no_longer_holds
from allward.tenancy.scope import required_scope
from allward_sdk.manifest import Manifest
from allward_sdk.settings import Value

_COPIED = ("number", "study_id", "series_id", "segmentation", "marks", "present")


class WrongSetStateError(ValueError):
    """A set is not in a state in which this can be done."""

    def __init__(self, state: str) -> None:
        super().__init__(f"the set is {state}")
        self.state = state


@dataclass(frozen=True, slots=True)
class SetOrder:
    """A set that is to be made."""

    name: str
    version: PluginVersion
    slot: str = ""
    """Empty: the first that the plug-in fills."""
    label: str = ""
    """Empty: the plug-in's only label, or its only one that is a lesion or a class."""
    least_score: float | None = None
    parameters: Values = field(default_factory=dict)
    """Values that a rule sets or is to set, over those of the installation."""
    cases_of: AcceptanceSet | None = None
    """A set whose cases are taken over."""


@transaction.atomic
def create_set(order: SetOrder) -> AcceptanceSet:
    """Make a set; nothing runs before it is started.

    Raises
    ------
    BadCaseError
        If the plug-in has no such label or slot.
    NotPermittedError
        If no run may begin with the version.
    WrongValuesError
        If the version does not take one of the values.
    """
    scope = required_scope()
    refuse_what_no_longer_holds(order.version, scope.acting)
    manifest = Manifest.model_validate(order.version.manifest)
    made = AcceptanceSet.objects.create(
        name=order.name,
        plugin_version=order.version,
        slot=_slot(manifest, order.slot),
        label=_label(manifest, order.label),
        least_score=order.least_score,
        parameters=_values_here(order, manifest),
        secret=secrets.token_hex(32),
        created_by=scope.actor,
    )
    if order.cases_of is not None:
        _copy_cases(order.cases_of, made, manifest)
    note(made, "created", plugin=order.version.plugin_id, version=order.version.version)
    return made


def _values_here(order: SetOrder, manifest: Manifest) -> dict[str, Value]:
    """Return the values with which the hospital means to use a version, where they are not the vendor's.

    Those set where it is installed for the whole hospital; else in its only department; else none. Those that
    the order names go before them.
    """
    rows = Installation.objects.filter(tenant_id=required_scope().acting, plugin_version=order.version)
    places = {row.department_id: row.parameters for row in rows}
    only = next(iter(places.values())) if len(places) == 1 else {}
    return chosen_values(manifest, places.get(None, only), order.parameters)


def _slot(manifest: Manifest, wanted: str) -> str:
    if wanted and wanted not in manifest.fills:
        raise BadCaseError(
            "unknown_slot", Text(f"The plug-in does not fill {wanted}.", f"该插件不提供 {wanted}。")
        )
    return wanted or manifest.fills[0]


def _label(manifest: Manifest, wanted: str) -> str:
    names = [label.name for label in manifest.labels]
    if wanted and wanted not in names:
        said = ", ".join(names)
        raise BadCaseError(
            "unknown_label",
            Text(
                f"The plug-in has no label {wanted}; it has {said}.",
                f"该插件没有标签 {wanted}；可用的标签为 {said}。",
            ),
        )
    if wanted:
        return wanted
    for choice in (names, [label.name for label in manifest.labels if label.kind != "organ"]):
        if len(choice) == 1:
            return choice[0]
    return ""


def _copy_cases(source: AcceptanceSet, target: AcceptanceSet, manifest: Manifest) -> None:
    """Take over what is known of the cases; what another version made of them stays with its set.

    Segments are named again by the labels that the new version has.
    """
    names = {label.name for label in manifest.labels}
    rows = AcceptanceCase.objects.filter(tenant_id=source.tenant_id, acceptance_set=source)
    copies = []
    for row in rows.order_by("number"):
        copy = AcceptanceCase(acceptance_set=target, **{name: getattr(row, name) for name in _COPIED})
        copy.segmentation = _still_named(row.segmentation, names)
        if not target.label:
            copy.marks, copy.present = None, None
        if any(known is not None for known in (copy.segmentation, copy.marks, copy.present)):
            copies.append(copy)
    AcceptanceCase.objects.bulk_create(copies)


def _still_named(segmentation: dict[str, Any] | None, names: Collection[str]) -> dict[str, Any] | None:
    if segmentation is None:
        return None
    kept = {number: label for number, label in segmentation["labels"].items() if label in names}
    return segmentation | {"labels": kept} if kept else None


@transaction.atomic
def delete_set(set_id: UUID) -> None:
    """Delete a set that says nothing yet; one that is finished is evidence and stays.

    Raises
    ------
    WrongSetStateError
        If it runs or has run to its end.
    """
    one = locked(set_id, SetState.DRAFT, SetState.CANCELED)
    note(one, "deleted")
    one.delete()


def locked(set_id: UUID, *states: SetState) -> AcceptanceSet:
    """Lock a set of the acting hospital; always before its cases and their jobs.

    Raises
    ------
    WrongSetStateError
        If it is in none of the states.
    """
    row = AcceptanceSet.objects.select_for_update(of=("self",)).select_related("plugin_version")
    one: AcceptanceSet = row.get(pk=set_id, tenant_id=required_scope().acting)
    if one.state not in states:
        raise WrongSetStateError(one.state)
    return one


def note(one: AcceptanceSet, change: str, **detail: Any) -> None:
    """Write down what was done with a set."""
    scope = required_scope()
    record(
        tenant_id=scope.acting, actor=scope.actor, action="change", what="acceptance set",
        what_id=str(one.pk), user_id=scope.user_id, user_tenant_id=scope.home, change=change, name=one.name,
        **detail,
    )  # fmt: skip
