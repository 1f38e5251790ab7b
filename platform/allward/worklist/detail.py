"""A study and its results in full, as the viewer wants them."""

from collections.abc import Iterable
from typing import Any

from allward.kernel.clock import now
from allward.registry.models import PluginVersion
from allward.registry.withdrawn import unsigned_packages, withdrawn_versions
from allward.results.models import FindingRecord, Result, Review
from allward.results.states import ReviewState
from allward.runs.models import AppRun, DecisionTrace
from allward.runs.states import Priority, RunState
from allward.studies.models import Series, Study
from allward.worklist.items import RunFacts, StudyFacts, worklist_item
from allward.worklist.queries import facts_of
from allward_runner.abilities import Advising, Correctable, Reporting
from allward_runner.apps import load_app
from allward_sdk.geometry import Geometry

_ABILITIES = {"correct": Correctable, "advise": Advising, "report": Reporting}


def study_in_full(study: Study) -> dict[str, Any]:
    """Return a study's line with its series, its runs and the decision trace."""
    facts = facts_of([study])[0]
    titles = _titles()
    series = Series.objects.filter(study=study).order_by("is_result", "number", "pk")
    return {
        **worklist_item(facts, today=now().date()),
        "series": [_series_json(one) for one in series],
        "runs": _runs_json(facts, titles),
        "trace": [
            _trace_json(trace, titles)
            for trace in DecisionTrace.objects.filter(study=study, study_revision=study.revision).order_by(
                "pk"
            )
        ],
    }


def _series_json(series: Series) -> dict[str, Any]:
    return {
        "series_instance_uid": series.series_instance_uid,
        "modality": series.modality,
        "description": series.description or None,
        "number": series.number,
        "instance_count": series.instance_count,
        "body_part": series.body_part_examined or None,
        "spacing_mm": _spacing_mm(series),
        "is_volume": bool(series.evaluable),
        "reasons": [{"en": reason["en"], "zh": reason["zh"]} for reason in series.reasons],
        "is_result": series.is_result,
    }


def _spacing_mm(series: Series) -> list[float] | None:
    """Return the distances between slices, rows and columns, or None where the series is no volume."""
    if series.geometry is None:
        return None
    return list(Geometry.from_json(series.geometry).spacing_kji_mm)


def _run_word(run: AppRun) -> str:
    """Return the state as the pages say it; a run that a fault ended is a UPS CANCELED with a reason."""
    if run.state == RunState.CANCELED and run.fault:
        return "failed"
    return run.state.lower().replace(" ", "_")


def _runs_json(facts: StudyFacts, titles: dict[str, Any]) -> list[dict[str, Any]]:
    digests = {digest for f in facts.runs for digest in f.run.plugin_digests.values()}
    plugins = {version.digest: version for version in PluginVersion.objects.filter(digest__in=digests)}
    results = {r.run_id: r.pk for r in Result.objects.filter(run_id__in=[f.run.pk for f in facts.runs])}
    traces = list(
        DecisionTrace.objects.filter(study=facts.study, study_revision=facts.study.revision).order_by("pk")
    )
    listed = []
    for one in facts.runs:
        run = one.run
        result_id = results.get(run.pk)
        listed.append(
            {
                "run_id": str(run.pk),
                "app": run.app,
                "app_version": run.app_version,
                "title": load_app(run.app).title.model_dump(),
                "state": _run_word(run),
                "priority": Priority(run.priority).name,
                "progress": _progress(one),
                "revision": run.revision,
                "plugins": [
                    plugin_json(slot, plugins[digest]) for slot, digest in sorted(run.plugin_digests.items())
                ],
                "result_id": str(result_id) if result_id else None,
                "fault": run.fault or None,
                "reasons": run.reasons,
                "trace": [
                    _trace_json(t, titles)
                    for t in traces
                    if t.app == run.app and t.series_id == run.series_id
                ],
            }
        )
    return listed


def _progress(facts: RunFacts) -> float | None:
    return None if facts.run.state == RunState.SCHEDULED else facts.progress


def _titles() -> dict[str, Any]:
    """Return plug-in titles in both languages by the English one: rules bear it unless somebody renames."""
    return {
        title["en"]: title
        for title in PluginVersion.objects.values_list("manifest__plugin__title", flat=True)
    }


def _trace_json(trace: DecisionTrace, titles: dict[str, Any]) -> dict[str, Any]:
    return {
        "rule": trace.rule_name,
        "title": titles.get(trace.rule_name, {"en": trace.rule_name, "zh": trace.rule_name}),
        "outcome": "ran" if trace.ran else "did_not_run",
        "clause": trace.clause,
        "detail": trace.detail,
    }


def plugin_json(slot: str, version: PluginVersion) -> dict[str, Any]:
    """Return what the screen says of the plug-in version that filled a slot."""
    return {
        "slot": slot,
        "id": version.plugin_id,
        "version": version.version,
        "title": version.manifest["plugin"]["title"],
        "status": version.manifest["intended_use"]["status"],
    }


def results_in_full(study: Study) -> list[dict[str, Any]]:
    """Return every result of a study with its findings, newest first."""
    rows = Result.objects.filter(study=study).select_related("run__prior_series__study", "series")
    results = list(rows.order_by("-created_at"))
    findings: dict[Any, list[FindingRecord]] = {result.pk: [] for result in results}
    for finding in FindingRecord.objects.filter(result__in=results).order_by("ordinal"):
        findings[finding.result_id].append(finding)
    reviews = latest_reviews([f for listed in findings.values() for f in listed])
    yanked = withdrawn_versions(study.tenant_id)
    unsigned = unsigned_packages(plugin["digest"] for result in results for plugin in result.plugins)
    said = [_result_json(result, findings[result.pk], reviews) for result in results]
    for plugin in (plugin for one in said for plugin in one["plugins"]):
        plugin["yanked"] = yanked.get((plugin["id"], plugin["version"]))
        plugin["unsigned"] = plugin["digest"] in unsigned
        plugin.setdefault("parameters", [])  # results of before values could be set
    return said


def latest_reviews(findings: list[FindingRecord]) -> dict[Any, Review]:
    """Return the last word on each finding that has one."""
    latest: dict[Any, Review] = {}
    for review in Review.objects.filter(finding__in=findings).order_by("at", "pk"):
        latest[review.finding_id] = review
    return latest


def _compared_json(run: AppRun) -> dict[str, Any] | None:
    """Return the earlier series that a run compared with; None: there was none."""
    series = run.prior_series
    if series is None:
        return None
    date = series.study.study_date
    return {
        "study_id": str(series.study_id),
        "study_instance_uid": series.study.study_instance_uid,
        "series_instance_uid": series.series_instance_uid,
        "study_date": date.isoformat() if date else None,
    }


def _app_json(run: AppRun) -> dict[str, Any]:
    """Return whose word a result is, and what its app is able to do beyond it."""
    app = load_app(run.app)
    return {
        "id": run.app,
        "version": run.app_version,
        "title": app.title.model_dump(),
        "abilities": [name for name, ability in _ABILITIES.items() if isinstance(app, ability)],
    }


def _result_json(result: Result, findings: list[FindingRecord], reviews: dict[Any, Review]) -> dict[str, Any]:
    return {
        "result_id": str(result.pk),
        "run_id": str(result.run_id),
        "app": _app_json(result.run),
        "prior": _compared_json(result.run),
        "series_instance_uid": result.series.series_instance_uid,
        "status": result.status,
        "revision": result.run.revision,
        "evaluable": result.evaluable,
        "reasons": result.reasons,
        "research_only": result.research_only,
        "objects_fault": result.objects_fault,
        "plugins": result.plugins,
        "frame_of_reference_uid": (result.geometry or {}).get("frame_of_reference_uid"),
        "segmentation": _segmentation_json(result),
        "findings": [_finding_json(finding, reviews.get(finding.pk), result) for finding in findings],
    }


def _segmentation_json(result: Result) -> dict[str, Any] | None:
    if not result.labelmap_key or result.geometry is None:
        return None
    return {"segmentation_id": str(result.pk), **result.geometry, "segments": result.segments}


def finding_json(finding: FindingRecord) -> dict[str, Any]:
    """Return the wire form of one finding with the last word on it."""
    return _finding_json(finding, latest_reviews([finding]).get(finding.pk), finding.result)


def _finding_json(record: FindingRecord, review: Review | None, result: Result) -> dict[str, Any]:
    finding = record.finding
    reviewed = review is not None and record.review_state != ReviewState.UNREVIEWED
    return {
        "finding_id": str(record.pk),
        "id": finding["id"],
        "kind": finding["kind"],
        "title": finding["title"],
        "label": finding["label"],
        "segment_value": finding["segment_value"],
        "centre_lps_mm": finding["centre_lps_mm"],
        "box_lps_mm": finding.get("box_lps_mm"),
        "cut_off": finding["cut_off"],
        "score": finding["score"],
        "chosen": finding.get("chosen"),
        **_written_json(finding, result),
        "tracking_uid": finding["tracking_uid"],
        "category": finding["category"],
        "measurements": _measurements_json(finding["measurements"]),
        "properties": [
            {name: each[name] for name in ("name", "title", "value", "said")}
            for each in finding.get("properties", ())
        ],
        "prior": _prior_json(finding.get("prior")),
        "review": {
            "state": record.review_state,
            "by": review.author_name if review is not None and reviewed else None,
            "at": review.at.isoformat() if review is not None and reviewed else None,
            "reason": (review.reason or None) if review is not None and reviewed else None,
        },
        "version": record.version,
    }


def _measurements_json(measurements: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "name": m["name"],
            "title": m["title"],
            "value": m["value"],
            "unit": m["unit"]["value"],
            "bound": m["bound"],
            "method": m["method"],
        }
        for m in measurements
    ]


def _prior_json(sight: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return where the finding was seen before; None: nowhere, or nobody compared."""
    return sight and {**sight, "measurements": _measurements_json(sight["measurements"])}


def _written_json(finding: dict[str, Any], result: Result) -> dict[str, Any]:
    """Return the table or the sentences that a finding stands for; both are None where there are none."""
    found = result.case_result.get("found", [])
    record = next((each for each in found if _stands_for(finding, each)), None)
    table = text = None
    if record is not None and record["kind"] == "table":
        table = {
            "columns": [
                {"title": column["title"], "unit": column["unit"]["value"]} for column in record["columns"]
            ],
            "rows": record["rows"],
        }
    if record is not None and record["kind"] == "text":
        text = record["paragraphs"]
    return {"table": table, "text": text}


def _stands_for(finding: dict[str, Any], record: dict[str, Any]) -> bool:
    return bool(finding.get("record") == f"{record['kind']}/{record['stage']}")
