"""Every way shadows and their pairs are written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from allward.audit.actions import record
from allward.kernel.clock import now
from allward.kernel.states import check_transition
from allward.kernel.texts import Text
from allward.registry.models import Installation
from allward.registry.parameters import chosen_values
from allward.registry.states import InstallationState
from allward.registry.trust import refuse_what_no_longer_holds
from allward.runs.actions import RunOrder, repeat_job, schedule_job
from allward.runs.models import RunJob
from allward.runs.states import Priority
from allward.shadow.comparing import LabelPair, Reading
from allward.shadow.guard import Guard, Reason
from allward.shadow.models import Shadow, ShadowPair
from allward.shadow.states import PAIR_MAY_BECOME, PairState
from allward.studies.models import Series
from allward.tenancy.scope import required_scope
from allward_sdk.errors import AllwardError
from allward_sdk.manifest import Manifest

_OVER = (InstallationState.YANKED, InstallationState.UNINSTALLED)


class ShadowRefusedError(AllwardError):
    """A shadow cannot begin, or has ended already. Told to the administrator."""

    def __init__(self, code: str, text: Text) -> None:
        super().__init__(text.en)
        self.code, self.text = code, text


_IS_ENABLED = Text(
    "This version is enabled here: it is seen already. Run another version in shadow.",
    "该版本在此处已启用，其结果已可见。请对其他版本进行影子运行。",
)
_IS_OVER = Text(
    "This version is no longer installed here. Install it again first.",
    "该版本已不在此处安装。请先重新安装。",
)
_RUNS_ALREADY = Text(
    "This version is in shadow here already. End that shadow first.", "该版本在此处已处于影子运行。请先结束。"
)
_NONE = Text("This version is not in shadow here.", "该版本在此处未处于影子运行。")


@transaction.atomic
def begin_shadow(installation_id: UUID, *, share_percent: float, guard: Guard) -> Shadow:
    """Let an installed version run beside the enabled one, shown to nobody.

    Parameters
    ----------
    share_percent : 0 to 100, of the studies

    Raises
    ------
    ShadowRefusedError
        If it is enabled here, no longer installed, or in shadow already.
    NotPermittedError
        If no run may begin with it.
    """
    installation = _locked(installation_id)
    if installation.state == InstallationState.ENABLED:
        raise ShadowRefusedError("enabled", _IS_ENABLED)
    if installation.state in _OVER:
        raise ShadowRefusedError("not_installed", _IS_OVER)
    refuse_what_no_longer_holds(installation.plugin_version, installation.tenant_id)
    if Shadow.objects.filter(installation=installation, ended_at=None).exists():
        raise ShadowRefusedError("in_shadow", _RUNS_ALREADY)
    shadow = Shadow.objects.create(
        installation=installation,
        share_percent=share_percent,
        guard=guard.to_json(),
        begun_by=required_scope().actor,
    )
    _note(shadow, "shadow begun", share_percent=share_percent, guard=guard.to_json())
    return shadow


@transaction.atomic
def end_shadow(installation_id: UUID) -> Shadow:
    """End the shadow of an installed version; jobs that it has been given are done, and still counted.

    Raises
    ------
    ShadowRefusedError
        If there is none.
    """
    installation = _locked(installation_id)
    shadow = Shadow.objects.filter(installation=installation, ended_at=None).first()
    if shadow is None:
        raise ShadowRefusedError("no_shadow", _NONE)
    shadow.ended_at, shadow.ended_by = now(), required_scope().actor
    shadow.save(update_fields=["ended_at", "ended_by"])
    _note(shadow, "shadow ended")
    return shadow


def _locked(installation_id: UUID) -> Installation:
    return (
        Installation.objects.select_for_update(of=("self",))
        .select_related("plugin_version")
        .get(pk=installation_id, tenant_id=required_scope().acting)
    )


@dataclass(frozen=True, slots=True)
class PairOrder:
    """A series that a shadow is given."""

    shadow: Shadow
    slot: str
    series: Series
    input_digest: str
    beside: RunJob | None
    """The enabled version's run on the same images and its job; None: nothing is enabled."""


@transaction.atomic
def plan_pair(order: PairOrder) -> ShadowPair:
    """Give a series to a shadow, once however often it is called: a job that no run waits for, and a pair.

    The version runs with the values that are set for its parameters where it is installed.
    """
    version = order.shadow.installation.plugin_version
    known = ShadowPair.objects.filter(
        shadow=order.shadow, series=order.series, input_digest=order.input_digest
    ).first()
    if known is not None:
        return known
    chosen = chosen_values(Manifest.model_validate(version.manifest), order.shadow.installation.parameters)
    job = schedule_job(
        RunOrder(
            app=order.slot.partition(".")[0],
            app_version="",
            series=order.series,
            input_digest=order.input_digest,
            plugins={order.slot: version},
            priority=Priority.LOW,
            research_only=True,
        ),
        version,
        parameters=chosen,
    )
    note_kept_back(order.shadow, None)
    return ShadowPair.objects.create(
        shadow=order.shadow,
        study_id=order.series.study_id,
        series=order.series,
        input_digest=order.input_digest,
        job=job,
        enabled_job=order.beside.job if order.beside else None,
        enabled_run=order.beside.run if order.beside else None,
    )


def note_kept_back(shadow: Shadow, text: Text | None) -> None:
    """Keep why the latest study of a shadow's share was not given to it; None: it was."""
    told = text.to_json() if text else None
    if told != shadow.kept_back:
        shadow.kept_back = told
        shadow.save(update_fields=["kept_back"])


def keep_comparison(
    pair: ShadowPair, reading: Reading, enabled: Reading | None, labels: Mapping[str, LabelPair]
) -> None:
    """Keep the numbers of a pair that both have read."""
    pair.labels = {name: each.to_json() for name, each in labels.items()}
    pair.findings, pair.something, pair.device_s = reading.findings, reading.something, reading.device_s
    if enabled is not None:
        pair.enabled_findings, pair.enabled_something = enabled.findings, enabled.something
        pair.enabled_device_s = enabled.device_s
    pair.failed = []
    _end(pair, PairState.COMPARED)


def note_failure(pair: ShadowPair, failed: Iterable[str]) -> None:
    """Keep which of the two ended without output."""
    pair.failed = sorted(failed)
    _end(pair, PairState.FAILED)


@transaction.atomic
def repeat_job_of(pair: ShadowPair) -> bool:
    """Ask again for the job of a shadow that waits for it; False if it has not ended without output."""
    return repeat_job(job_id=pair.job_id)


def drop_pair(pair: ShadowPair) -> None:
    """Count a pair no further: a job of it was canceled."""
    _end(pair, PairState.DROPPED)


def _end(pair: ShadowPair, state: PairState) -> None:
    if pair.state == state:
        return
    check_transition(PAIR_MAY_BECOME, old=PairState(pair.state), new=state, what="a pair")
    pair.state, pair.ended_at = state, now()
    pair.save()


@transaction.atomic
def mark_worse(shadow_id: UUID, reasons: Iterable[Reason]) -> None:
    """Mark a shadow as worse, once: what was said first stays."""
    told: list[dict[str, Any]] = [reason.to_json() for reason in reasons]
    shadow = Shadow.objects.select_for_update(of=("self",)).get(pk=shadow_id)
    if not told or shadow.worse_at is not None:
        return
    shadow.worse_at, shadow.worse_reasons = now(), told
    shadow.save(update_fields=["worse_at", "worse_reasons"])
    _note(shadow, "shadow worse", reasons=told)


def _note(shadow: Shadow, change: str, **detail: Any) -> None:
    scope = required_scope()
    record(
        tenant_id=scope.acting, actor=scope.actor, action="change", what="installation",
        what_id=str(shadow.installation_id), user_id=scope.user_id, user_tenant_id=scope.home,
        change=change, shadow=str(shadow.pk), **detail,
    )  # fmt: skip
