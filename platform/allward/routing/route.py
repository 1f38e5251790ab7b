"""A complete study: judge its series, ask every rule, schedule the runs, keep the trace."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from allward.kernel.clock import now
from allward.kernel.texts import Text
from allward.outbox.publish import publish
from allward.registry.models import PluginVersion
from allward.registry.parameters import Values, WrongValuesError, chosen_values, values_in_words
from allward.registry.states import InstallationState
from allward.registry.trust import refusal_here
from allward.results.actions import supersede_outdated
from allward.routing.accepted_values import refusal_by_values
from allward.routing.app_permits import refusal_by_app, status_together
from allward.routing.conditions import Conditions
from allward.routing.entitled import under_entitlement
from allward.routing.events import StudyRouted
from allward.routing.facts import Decision, SeriesFacts
from allward.routing.match import decide
from allward.routing.models import RoutingRule
from allward.routing.places import refusal_by_place
from allward.routing.priors import prior_of
from allward.routing.stored import facts_of_study
from allward.runs.actions import RunOrder, Trace, cancel_run, schedule_run, write_traces
from allward.runs.models import AppRun
from allward.runs.queries import outdated_runs
from allward.runs.states import Fault, RunState
from allward.studies.actions import note_verdict
from allward.studies.events import StudyCompleted
from allward.studies.models import Series, Study
from allward.studies.queries import headers_of_series, series_input_digest
from allward.tenancy.models import Department
from allward_dicom.verdict import judge
from allward_runner.apps import app_names, load_app
from allward_sdk.manifest import Manifest

_IMAGES_CAME = Text(
    "Images arrived after this run had begun, and no rule runs the app on them all.",
    "本次运行开始后又收到图像，且没有规则对全部图像运行该应用。",
)
_OTHER_PRIOR = Text(
    "Another earlier examination is compared with now; a newer run does that.",
    "比较所用的既往检查已改变；由新的运行完成。",
)

_FILLS_OPTIONAL = Decision(
    False,
    "optional_slot",
    Text(
        "Every clause is met: the plug-in takes part in runs that other rules of this app begin.",
        "所有条件均满足：该插件参与由本应用其他规则启动的运行。",
    ),
)


@dataclass(frozen=True, slots=True)
class _Judged:
    series: Series
    facts: SeriesFacts
    input_digest: str


def route_study(event: StudyCompleted) -> None:
    """Start what the hospital's rules want for a study; idempotent, since runs are known by their inputs."""
    study = Study.objects.select_for_update().get(pk=event.study_id)
    judged = _judge_all(study)
    rules = RoutingRule.objects.filter(enabled=True).select_related("installation__plugin_version")
    traces = [t for rule in rules.order_by("priority", "name") for t in _apply(rule, study, judged)]
    write_traces(study_id=study.pk, study_revision=study.revision, traces=traces)
    for one in judged:
        _end_outdated(one, [trace for trace in traces if trace.series_id in (None, one.series.pk)])
    publish(StudyRouted(study_id=study.pk), tenant_id=study.tenant_id)


def compare_again(study: Study) -> None:
    """Run the apps that compare anew on what they have read of a study, where the prior is another one now.

    What waits or runs with the former prior is ended; what was found with it gives way as to any newer
    result.
    """
    study = Study.objects.select_for_update().get(pk=study.pk)
    rules = RoutingRule.objects.filter(enabled=True, app__in=_comparing_apps())
    latest = {
        (run.app, run.series_id): run
        for run in AppRun.objects.filter(study=study, app__in=_comparing_apps()).order_by("revision")
    }
    if not latest:
        return
    judged = _judge_all(study)
    for rule in rules.select_related("installation__plugin_version").order_by("priority", "name"):
        wants = Manifest.model_validate(rule.installation.plugin_version.manifest).wants
        for one in judged:
            run = latest.get((rule.app, one.series.pk))
            prior = prior_of(one.series, one.facts, wants)
            wanted = prior.input_digest if prior else ""
            if run is None or run.input_digest != one.input_digest or run.prior_digest == wanted:
                continue
            _apply(rule, study, [one])
            _end_compared_otherwise(run, wanted)


def _comparing_apps() -> list[str]:
    return [name for name in app_names() if load_app(name).uses_prior]


def _end_compared_otherwise(run: AppRun, wanted: str) -> None:
    """End what waits or runs with another prior, once the run with the wanted one is there."""
    same = AppRun.objects.filter(series_id=run.series_id, app=run.app)
    if not same.filter(prior_digest=wanted, revision__gt=run.revision).exists():
        return
    waiting = same.filter(state__in=(RunState.SCHEDULED, RunState.IN_PROGRESS)).exclude(prior_digest=wanted)
    for other in waiting.order_by("pk"):
        cancel_run(run_id=other.pk, reasons=[_OTHER_PRIOR.to_json()])


def _judge_all(study: Study) -> list[_Judged]:
    """Judge the geometry of each received series, then read what the index knows of it."""
    received = list(Series.objects.filter(study=study, is_result=False).order_by("number", "pk"))
    counts = {series.pk: _judge(series) for series in received}
    facts = facts_of_study(study.tenant_id, study.pk)
    return [
        _Judged(
            series,
            replace(facts[series.pk], slice_count=counts[series.pk]),
            series_input_digest(series.pk),
        )
        for series in received
    ]


def _judge(series: Series) -> int:
    """Note whether a series is a volume that may be measured; return how many images it has."""
    images = [header for header in headers_of_series(series.pk) if header.rows is not None]
    verdict = judge(images, min_slices=2, need_hu=series.modality == "CT")
    note_verdict(
        series_id=series.pk,
        reasons=[{"code": r.code, "en": r.en, "zh": r.zh} for r in verdict.reasons],
        geometry=verdict.geometry.to_json() if verdict.geometry else None,
        slice_spacing_mm=verdict.geometry.spacing_kji_mm[0] if verdict.geometry else None,
    )
    return len(images)


def _apply(rule: RoutingRule, study: Study, judged: list[_Judged]) -> list[Trace]:
    """Ask one rule; schedule what it wants and return why it did or did not."""
    ready = _ready(rule, study)
    if isinstance(ready, Decision):
        return [_trace(rule, None, ready)]
    traces = []
    for one in judged:
        decision = _decide(rule, ready, study, one)
        if decision.runs and rule.slot in load_app(rule.app).optional_slots:
            decision = _FILLS_OPTIONAL
        elif decision.runs:
            _schedule(rule, study, one, ready.values)
            decision = _with_values(decision, ready.manifest, ready.values)
        traces.append(_trace(rule, one.series, decision))
    return traces


@dataclass(frozen=True, slots=True)
class _Ready:
    """A rule that nothing keeps from a study as a whole."""

    manifest: Manifest
    values: Values


def _ready(rule: RoutingRule, study: Study) -> _Ready | Decision:
    """Return a rule's manifest and values, or what keeps it from this study as a whole."""
    manifest = Manifest.model_validate(rule.installation.plugin_version.manifest)
    refusal = _refusal(rule, manifest, study)
    if refusal is not None:
        return refusal
    try:
        chosen = chosen_values(manifest, rule.installation.parameters, rule.parameters)
        refusal = refusal_by_values(rule, study)
    except WrongValuesError as error:
        return Decision(False, "parameters", error.text)
    return refusal or _Ready(manifest, chosen)


def _decide(rule: RoutingRule, ready: _Ready, study: Study, one: _Judged) -> Decision:
    """Say whether a rule wants a series, and may have it."""
    decision = decide(ready.manifest.wants, one.facts, Conditions.from_json(rule.conditions))
    return under_entitlement(decision, rule, ready.manifest, study.pk) if decision.runs else decision


def _optional(rule: RoutingRule, study: Study, one: _Judged) -> dict[str, tuple[PluginVersion, Values]]:
    """Return by slot what other rules fill the optional slots of a rule's app with, for one series."""
    slots = load_app(rule.app).optional_slots
    rules = RoutingRule.objects.filter(enabled=True, app=rule.app, slot__in=slots)
    filled: dict[str, tuple[PluginVersion, Values]] = {}
    for other in rules.select_related("installation__plugin_version").order_by("priority", "name"):
        ready = _ready(other, study)
        if other.slot in filled or isinstance(ready, Decision):
            continue
        if _decide(other, ready, study, one).runs:
            filled[other.slot] = other.installation.plugin_version, ready.values
    return filled


def _with_values(decision: Decision, manifest: Manifest, chosen: Values) -> Decision:
    """Say in the trace which values are not the vendor's."""
    words = values_in_words(manifest, chosen)
    return decision if words is None else replace(decision, detail=decision.detail.followed_by(words))


def _schedule(rule: RoutingRule, study: Study, judged: _Judged, chosen: Values) -> None:
    app, own = load_app(rule.app), rule.installation.plugin_version
    optional = _optional(rule, study, judged)
    plugins = {rule.slot: own, **{slot: version for slot, (version, _) in optional.items()}}
    statuses = {status_together(app, each.manifest["intended_use"]["status"]) for each in plugins.values()}
    wants = Manifest.model_validate(own.manifest).wants
    schedule_run(
        RunOrder(
            app=rule.app,
            app_version=app.version,
            series=judged.series,
            input_digest=judged.input_digest,
            plugins=plugins,
            priority=rule.priority,
            research_only="research" in statuses,
            department_id=study.department_id,
            due_at=_due_at(rule),
            parameters={rule.slot: chosen, **{slot: values for slot, (_, values) in optional.items()}},
            prior=prior_of(judged.series, judged.facts, wants) if app.uses_prior else None,
        )
    )


def _due_at(rule: RoutingRule) -> datetime | None:
    return None if rule.due_within_s is None else now() + timedelta(seconds=rule.due_within_s)


def _end_outdated(judged: _Judged, traces: list[Trace]) -> None:
    """End what apps say, or would say, of other images than there are, where no run on these follows."""
    series_id = judged.series.pk
    outdated = outdated_runs(series_id=series_id, input_digest=judged.input_digest)
    if not outdated:
        return
    supersede_outdated(series_id=series_id, run_ids=[run.pk for run in outdated])
    for run in AppRun.objects.select_for_update().filter(pk__in=[run.pk for run in outdated]).order_by("pk"):
        if run.state in (RunState.SCHEDULED, RunState.IN_PROGRESS):
            said = [trace for trace in traces if trace.app == run.app]
            cancel_run(
                run_id=run.pk,
                fault=Fault.INPUT if any(trace.not_evaluable for trace in said) else "",
                reasons=[trace.detail for trace in said] or [_IMAGES_CAME.to_json()],
            )


def _trace(rule: RoutingRule, series: Series | None, decision: Decision) -> Trace:
    return Trace(
        rule_name=rule.name,
        app=rule.app,
        series_id=series.pk if series else None,
        ran=decision.runs,
        clause=decision.clause,
        not_evaluable=decision.not_evaluable,
        detail=decision.detail.to_json(),
    )


def _refusal(rule: RoutingRule, manifest: Manifest, study: Study) -> Decision | None:
    """Say what keeps this rule from this study as a whole, or None."""
    installation = rule.installation
    if rule.app not in app_names():
        return Decision(
            False,
            "app",
            Text(f"The app {rule.app} is not part of this platform.", f"本平台没有应用 {rule.app}。"),
        )
    if installation.state != InstallationState.ENABLED:
        return Decision(
            False,
            "installation",
            Text(
                f"This version is {installation.state}, not enabled.",
                f"该版本未启用（{installation.state}）。",
            ),
        )
    remark = refusal_here(installation.plugin_version, rule.tenant_id)
    if remark is not None:
        return Decision(False, remark.code, remark.text)
    refusal = refusal_by_app(rule)
    if refusal is not None:
        return refusal
    department = None
    if study.department_id is not None:
        department = Department.objects.get(pk=study.department_id)
    return refusal_by_place(
        status=status_together(load_app(rule.app), manifest.intended_use.status),
        installed_in=installation.department_id,
        department=department,
    )
