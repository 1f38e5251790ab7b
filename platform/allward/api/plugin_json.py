"""What the wire says of plug-in versions and installations; their forms stand in `plugin_forms.py`."""

import json
from datetime import date
from typing import Any
from uuid import UUID

from allward.audit.models import AuditEvent
from allward.kernel.clock import now
from allward.registry.contents import texts_of_package
from allward.registry.models import Installation, PluginVersion, VersionImport
from allward.registry.parameters import schema_of
from allward.registry.permits import (
    BEFORE_SIGNATURES,
    AppFacts,
    VersionFacts,
    counting_registrations,
    refusal_of,
    refusal_of_app,
    warnings_of,
    warnings_of_app,
)
from allward.registry.queries import KnownVersion
from allward.registry.states import MAY_BECOME, InstallationState
from allward.tenancy.models import Department
from allward_runner.apps import app_names, load_app
from allward_sdk.intended_use import Registration

_MOVES = {
    "enable": InstallationState.ENABLED,
    "roll-back": InstallationState.ROLLED_BACK,
    "yank": InstallationState.YANKED,
    "uninstall": InstallationState.UNINSTALLED,
}
_TEXTS = ("MODEL_CARD.md", "LICENSE", "sbom.json")
_MOST_LINES = 200


def department_json(row: Department) -> dict[str, Any]:
    """Return a department's wire form."""
    return {
        "id": str(row.pk),
        "code": row.code,
        "name": {"en": row.name_en, "zh": row.name_zh},
        "use": row.use,
    }


def installation_json(row: Installation, *, earlier: bool) -> dict[str, Any]:
    """Return an installation's wire form; `earlier`: there is a version to roll back to."""
    allowed = MAY_BECOME[InstallationState(row.state)]
    moves = [name for name, state in _MOVES.items() if state in allowed]
    return {
        "id": str(row.pk),
        "state": row.state,
        "department": department_json(row.department) if row.department else None,
        "parameters": row.parameters,
        "changed_at": row.changed_at,
        "changed_by": row.changed_by,
        "may": [name for name in moves if earlier or name != "roll-back"],
    }


def places_to_go_back(known: list[KnownVersion]) -> set[tuple[str, UUID | None]]:
    """Return (plug-in, department) where an earlier version can be enabled again."""
    return {
        (one.version.plugin_id, row.department_id)
        for one in known
        for row in one.installations
        if row.state == InstallationState.SUPERSEDED
    }


def version_json(one: KnownVersion, places: set[tuple[str, UUID | None]]) -> dict[str, Any]:
    """Return a version's wire form."""
    version = one.version
    manifest = version.manifest
    use = manifest["intended_use"]
    facts, day = one.facts, now().date()
    refusal = refusal_of(facts, day=day)
    return {
        "id": str(version.pk),
        "plugin_id": version.plugin_id,
        "version": version.version,
        "digest": version.digest,
        "vendor": manifest["plugin"]["vendor"],
        "title": manifest["plugin"]["title"],
        "statement": use["statement"],
        "contraindications": use["contraindications"],
        "status": use["status"],
        "udi": use["udi"],
        "registrations": [_registration(each, facts, day) for each in facts.intended_use.registrations],
        "authority": one.authority or None,
        "publisher": _publisher(one),
        "blocked": refusal.to_json() if refusal else None,
        "warnings": [warning.to_json() for warning in warnings_of(facts, day=day)],
        "yanked": _yanked(one.taken_in),
        "fills": manifest["fills"],
        "wants": manifest["wants"],
        "apps": [app_json(name, one.authority) for name in _apps_of(manifest["fills"])],
        "resources": manifest["resources"],
        "parameters": schema_of(manifest),
        "imported_at": one.taken_in.imported_at,
        "imported_by": one.taken_in.imported_by,
        "installations": [
            installation_json(row, earlier=(version.plugin_id, row.department_id) in places)
            for row in one.installations
        ],
    }


def _apps_of(fills: list[str]) -> list[str]:
    """Return the apps of this platform whose slots a plug-in fills."""
    return sorted({slot.partition(".")[0] for slot in fills} & set(app_names()))


def app_json(name: str, authority: str) -> dict[str, Any]:
    """Return an app's wire form: what it claims for itself, judged as a plug-in's claim is."""
    app, day = load_app(name), now().date()
    said = {"id": app.id, "version": app.version, "title": app.title.model_dump()}
    use = app.intended_use
    if use is None:
        return {
            **said,
            "status": None,
            "statement": None,
            "registrations": [],
            "blocked": None,
            "warnings": [],
        }
    facts = AppFacts(app.version, use, authority)
    refusal = refusal_of_app(facts, day=day)
    return {
        **said,
        "status": use.status,
        "statement": use.statement.model_dump(),
        "registrations": [_registration(each, facts, day) for each in use.registrations],
        "blocked": refusal.to_json() if refusal else None,
        "warnings": [warning.to_json() for warning in warnings_of_app(facts, day=day)],
    }


def _registration(each: Registration, facts: VersionFacts | AppFacts, day: date) -> dict[str, Any]:
    return {
        **each.model_dump(mode="json"),
        "days_left": (each.valid_until - day).days,
        "holds": each.holds(version=facts.version, day=day),
        "counts": each in counting_registrations(facts),
    }


def _publisher(one: KnownVersion) -> dict[str, Any] | None:
    keyid, key = one.version.signer_keyid, one.key
    if keyid in ("", BEFORE_SIGNATURES):
        return None
    if key is None:
        return {"keyid": keyid, "name": None, "state": "unknown", "own": False}
    return {"keyid": keyid, "name": key.publisher, "state": key.state, "own": key.own}


def _yanked(row: VersionImport) -> dict[str, Any] | None:
    if row.yanked_at is None:
        return None
    return {"at": row.yanked_at, "by": row.yanked_by, "reason": row.yank_reason}


def detail_json(version: PluginVersion) -> dict[str, Any]:
    """Return what a version's package says beyond `version_json`."""
    manifest = version.manifest
    texts = texts_of_package(version, _TEXTS)
    return {
        "contract": manifest["contract"],
        "labels": manifest["labels"],
        "measurements": manifest["measurements"],
        "stages": [{"name": each["name"], "operation": each["operation"]} for each in manifest["stages"]],
        "licences": {"entitlement": False, **manifest["licences"]},
        "licence_text": texts["LICENSE"],
        "model_card": texts["MODEL_CARD.md"],
        "sbom": _json_or_none(texts["sbom.json"]),
    }


def _json_or_none(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return None


def history_json(one: KnownVersion) -> list[dict[str, Any]]:
    """Return what the hospital's audit trail says of a version, the latest first."""
    ids = [str(one.version.pk), *(str(row.pk) for row in one.installations)]
    rows = AuditEvent.objects.filter(
        tenant_id=one.taken_in.tenant_id,
        at__gte=one.taken_in.imported_at,
        what__in=("plug-in version", "installation"),
        what_id__in=ids,
    )
    return [
        {"at": row.at, "actor": row.actor, "what": row.what, "detail": row.detail}
        for row in rows.order_by("-at")[:_MOST_LINES]
    ]
