"""What the flow does with shadows: a routed study is given to them, and what both said is compared."""

from uuid import UUID

from allward.entitlements.actions import Use, admit
from allward.kernel.texts import Text
from allward.registry.trust import refusal_here, trust_of
from allward.routing.conditions import Conditions
from allward.routing.events import StudyRouted
from allward.routing.facts import SeriesFacts
from allward.routing.match import NO_CONDITIONS, decide
from allward.routing.stored import facts_of_study
from allward.runs.events import JobCompleted, JobFailed
from allward.runs.states import JobState
from allward.shadow.actions import (
    PairOrder,
    drop_pair,
    keep_comparison,
    mark_worse,
    note_failure,
    note_kept_back,
    plan_pair,
    repeat_job_of,
)
from allward.shadow.draw import is_drawn
from allward.shadow.guard import Guard, reasons_against
from allward.shadow.models import Shadow, ShadowPair
from allward.shadow.partner import beside, is_enabled_for
from allward.shadow.queries import cases_of, is_stopped, pairs_of_job, running_shadows
from allward.shadow.reading import compare_jobs
from allward.shadow.states import PairState
from allward.shadow.statistics import ENABLED, SHADOW, statistics_of
from allward.studies.models import Series, Study
from allward.studies.queries import series_input_digest
from allward_sdk.manifest import Manifest
from allward_sdk.trust.keys import TrustStore

_OVER = (JobState.COMPLETED, JobState.FAILED, JobState.CANCELED)


def shadow_study(event: StudyRouted) -> None:
    """Give a study to the shadows whose share it is in; idempotent, since pairs are known by their images.

    Where a version is enabled beside a shadow, the shadow reads what that version reads; else what its own
    manifest wants. No run comes of it: what a shadow says is compared, and shown to nobody.
    """
    study = Study.objects.get(pk=event.study_id)
    given = [shadow for shadow in running_shadows(study.tenant_id) if _belongs_to(shadow, study)]
    if given:
        facts = facts_of_study(study.tenant_id, study.pk)
        for shadow in given:
            _give(shadow, study, facts)


def compare_pairs(event: JobCompleted) -> None:
    """Compare the pairs of a job whose other version has ended too; only numbers are kept."""
    _settle(event.job_id)


def end_pairs_of_job(event: JobFailed) -> None:
    """End the pairs of a job that ended without output, once the other version has ended too."""
    _settle(event.job_id)


def _belongs_to(shadow: Shadow, study: Study) -> bool:
    installation = shadow.installation
    return (
        not is_stopped(shadow)
        and installation.department_id in (None, study.department_id)
        and is_drawn(
            shadow_id=shadow.pk,
            study_instance_uid=study.study_instance_uid,
            share_percent=shadow.share_percent,
        )
        and not is_enabled_for(installation, study.department_id)
    )


def _give(shadow: Shadow, study: Study, facts: dict[UUID, SeriesFacts]) -> None:
    version = shadow.installation.plugin_version
    manifest = Manifest.model_validate(version.manifest)
    others = beside(shadow.installation, study.department_id)
    for series_id, told in facts.items():
        digest = series_input_digest(series_id)
        need = others.need(series_id=series_id, input_digest=digest) if others else None
        # what the enabled version took is taken from whoever sent it, an archive too
        asked = Conditions(calling_ae_titles=(told.calling_ae_title,)) if need else NO_CONDITIONS
        if (others and need is None) or not decide(manifest.wants, told, asked).runs:
            continue
        slot = need.slot if need and need.slot in manifest.fills else manifest.fills[0]
        refusal = _refusal(shadow, manifest, slot, study.pk)
        if refusal is not None:
            note_kept_back(shadow, refusal)
            continue
        plan_pair(PairOrder(shadow, slot, Series.objects.get(pk=series_id), digest, need))


def _refusal(shadow: Shadow, manifest: Manifest, slot: str, study_id: UUID) -> Text | None:
    """Say why a version may not read a study now, or None; an entitlement counts the study."""
    version = shadow.installation.plugin_version
    remark = refusal_here(version, shadow.tenant_id)
    if remark is not None:
        return remark.text
    needed = manifest.licences.entitlement
    use = Use(
        app=slot.partition(".")[0],
        slot=slot,
        plugin_id=version.plugin_id,
        plugin_version=version.version,
        study_id=study_id,
        needs_entitlement=needed,
    )
    admission = admit(use, trust_of(shadow.tenant_id) if needed else TrustStore())
    return None if admission.admitted else admission.text


def _settle(job_id: UUID) -> None:
    for pair in pairs_of_job(job_id):
        states = _states(pair)
        if any(state not in _OVER for state in states.values()):
            continue
        if JobState.CANCELED in states.values():
            if not _is_asked_again(pair, states):
                drop_pair(pair)
            continue
        failed = [name for name, state in states.items() if state == JobState.FAILED]
        if failed:
            note_failure(pair, failed)
        else:
            keep_comparison(pair, *compare_jobs(pair.job, pair.enabled_job))
        _judge(pair.shadow)


def _is_asked_again(pair: ShadowPair, states: dict[str, str]) -> bool:
    """Ask again for a shadow's job that somebody else canceled, who shared it; tell whether that was done.

    Not if the enabled version's was canceled too, if other images are there now, or if no run may begin.
    """
    if (
        pair.state != PairState.WAITING
        or states.get(ENABLED) == JobState.CANCELED
        or series_input_digest(pair.series_id) != pair.input_digest
        or refusal_here(pair.job.plugin_version, pair.tenant_id) is not None
    ):
        return False
    return repeat_job_of(pair)


def _states(pair: ShadowPair) -> dict[str, str]:
    states = {SHADOW: pair.job.state}
    if pair.enabled_job is not None:
        states[ENABLED] = pair.enabled_job.state
    return states


def _judge(shadow: Shadow) -> None:
    if shadow.worse_at is None:
        told = statistics_of(cases_of(shadow))
        mark_worse(shadow.pk, reasons_against(Guard.from_json(shadow.guard), told))
