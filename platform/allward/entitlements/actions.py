"""Every way tokens, counted studies and the time that was seen are written."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from allward.audit.actions import record
from allward.entitlements.clock import Seen
from allward.entitlements.models import InstalledEntitlement, SeenTime, UsageRecord
from allward.entitlements.queries import Held, counted_under, held_as, held_by, month_of, seen_now
from allward.entitlements.standing import State
from allward.kernel.clock import now
from allward.kernel.texts import Text
from allward.tenancy.scope import required_scope
from allward_sdk.entitlement import in_form, verify_token
from allward_sdk.errors import AllwardError
from allward_sdk.trust.keys import TrustStore

_NO_USE = frozenset({State.OTHER_HOSPITAL, State.EXPIRED})
"""A token in such a state is refused at the door: no waiting mends it."""


class UselessEntitlementError(AllwardError):
    """The token is genuine, but this hospital can do nothing with it. Told to who uploads it."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


@dataclass(frozen=True, slots=True)
class Use:
    """A run that is about to be scheduled."""

    app: str
    slot: str
    plugin_id: str
    plugin_version: str
    study_id: UUID
    needs_entitlement: bool
    """What the plug-in's manifest says."""


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether a run may be scheduled."""

    admitted: bool
    text: Text | None = None
    """Why not, or what somebody should do although it may; None: nothing to say."""


@transaction.atomic
def install_entitlement(token: str, trust: TrustStore) -> Held:
    """Take a token in for the acting hospital; once, however often it is uploaded.

    Raises
    ------
    UntrustedError
        If it is no token, was altered, or was not signed by a key that may.
    UselessEntitlementError
        If it is for another hospital, is over, or its key was rotated.
    """
    scope = required_scope()
    key, entitlement = verify_token(token, trust)
    if key.state != "active":
        raise UselessEntitlementError(
            Text(
                f"The key of {key.publisher} was replaced and signs nothing new; ask for a token of the"
                " new key.",
                f"{key.publisher} 的密钥已更换，不能再签发新的授权；请索取用新密钥签发的授权。",
            )
        )
    seen = _look_at_clock(scope.acting)
    row, created = InstalledEntitlement.objects.get_or_create(
        tenant_id=scope.acting,
        serial=entitlement.id,
        defaults={"plugin": entitlement.plugin, "token": in_form(token), "installed_by": scope.actor},
    )
    held = held_as(row, trust, seen)
    if held.standing.state in _NO_USE:
        raise UselessEntitlementError(held.standing.text)
    if row.removed_at is not None:
        row.removed_at, row.removed_by = None, ""
        row.save(update_fields=["removed_at", "removed_by"])
        created = True
    if created:
        _note(row, "installed", kind=entitlement.kind, expires=entitlement.expires.isoformat())
    return held


@transaction.atomic
def remove_entitlement(row: InstalledEntitlement) -> None:
    """Take a token out: no new run begins under it; what has begun goes on, and what was counted stays."""
    row.removed_at, row.removed_by = now(), required_scope().actor
    row.save(update_fields=["removed_at", "removed_by"])
    _note(row, "removed")


@transaction.atomic
def admit(use: Use, trust: TrustStore) -> Admission:
    """Say whether a run may be scheduled, and count its study if so; once, however often it is asked.

    A study that was counted for a plug-in stays admitted: late images of it are no new study. One study
    after the other is let in, so that a quota holds to the last one.
    """
    tenant_id = required_scope().acting
    if not use.needs_entitlement:
        _count(use, now(), None)
        return Admission(True)
    seen = _look_at_clock(tenant_id)
    if counted_under(tenant_id, plugin_id=use.plugin_id, study_id=use.study_id):
        _count(use, seen.greatest, None)
        return Admission(True)
    held = [one for one in held_by(tenant_id, trust, seen) if one.entitlement.covers(use.plugin_id)]
    fitting = [one for one in held if not one.entitlement.features or use.slot in one.entitlement.features]
    if not fitting:
        return Admission(False, _nothing_fits(use, covered=bool(held)))
    first = fitting[0]
    if not first.standing.runs:
        return Admission(False, _of_entitlement(first))
    _count(use, seen.greatest, first.row)
    return Admission(True, _of_entitlement(first) if first.standing.warns else None)


def _look_at_clock(tenant_id: UUID) -> Seen:
    """Keep what the clock says now; until the transaction ends nobody else of the hospital gets past here."""
    at = now()
    SeenTime.objects.get_or_create(tenant_id=tenant_id, defaults={"greatest": at, "latest": at})
    row = SeenTime.objects.select_for_update().get(tenant_id=tenant_id)
    seen = seen_now(tenant_id, row)
    if seen.behind is not None and Seen(row.greatest, row.latest).behind is None:
        _note_clock(row, behind_s=int(seen.behind.total_seconds()))
    row.greatest, row.latest = seen.greatest, seen.latest
    row.save(update_fields=["greatest", "latest"])
    return seen


def _note_clock(row: SeenTime, *, behind_s: int) -> None:
    """Write down, once, that the clock is behind; the row bears the time that the clock says."""
    scope = required_scope()
    record(
        tenant_id=scope.acting, actor=scope.actor, action="change", what="clock", what_id=str(row.pk),
        user_id=scope.user_id, user_tenant_id=scope.home, change="set back", behind_s=behind_s,
        seen=row.greatest.isoformat(),
    )  # fmt: skip


def _count(use: Use, at: datetime, entitlement: InstalledEntitlement | None) -> None:
    counted = UsageRecord(
        app=use.app, plugin_id=use.plugin_id, plugin_version=use.plugin_version, study_id=use.study_id,
        month=month_of(at), entitlement=entitlement,
    )  # fmt: skip
    UsageRecord.objects.bulk_create([counted], ignore_conflicts=True)


def _nothing_fits(use: Use, *, covered: bool) -> Text:
    if covered:
        return Text(
            f"The entitlement of {use.plugin_id} does not include {use.slot}. Ask the publisher for one that"
            " does.",
            f"{use.plugin_id} 的授权不包含 {use.slot}。请向发布方索取包含该功能的授权。",
        )
    return Text(
        f"{use.plugin_id} needs an entitlement, and none is there. Upload one from the publisher.",
        f"{use.plugin_id} 需要授权，但本院没有。请上传发布方颁发的授权。",
    )


def _of_entitlement(one: Held) -> Text:
    said, plugin = one.standing.text, one.entitlement.plugin
    return Text(f"Entitlement of {plugin}: {said.en}", f"{plugin} 的授权：{said.zh}")


def _note(row: InstalledEntitlement, change: str, **detail: str) -> None:
    scope = required_scope()
    record(
        tenant_id=scope.acting, actor=scope.actor, action="change", what="entitlement", what_id=str(row.pk),
        user_id=scope.user_id, user_tenant_id=scope.home, change=change, serial=str(row.serial),
        plugin=row.plugin, **detail,
    )  # fmt: skip
