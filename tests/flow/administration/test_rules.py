"""The rule editor's side of the platform: rules are made, changed, tried on what is stored, and deleted."""

import sys
import time
from typing import Any

import pytest
from tests.flow.administration.forms import faults_of
from tests.flow.administration.stored_series import store_series
from tests.flow.pipeline.working import MODELS, settle
from tests.platform_database import inside
from tests.small_package import SmallPlugin
from tests.small_plugin import install_small_plugin
from tests.small_study import receive, write_small_study

from allward.api.rule_forms import DryRunForm, RuleForm, RulesForm
from allward.audit.models import AuditEvent
from allward.registry.models import Installation
from allward.routing.models import RoutingRule
from allward.runs.models import AppRun, DecisionTrace
from allward.studies.models import Series

RULES = "/api/v1/rules/"
DRY_RUN = "/api/v1/rules/dry-run/"
SERIES = 10_000


def order(hospital, **more):
    with inside(hospital):
        installation = Installation.objects.get()
    return {
        "installation_id": str(installation.pk),
        "slot": "any_imaging.segmentation",
        "name": "Livers at night",
        **more,
    }


def test_a_rule_is_made_changed_and_deleted_and_each_is_audited(administrator, hospital, tmp_path):
    install_small_plugin(hospital, tmp_path, MODELS)
    conditions = {"from_time": "18:00", "until_time": "08:00", "departments": ["imaging"]}
    made = administrator.post(
        RULES, json=order(hospital, priority="STAT", due_within_s=600, conditions=conditions)
    )
    assert made.status_code == 201, made.text
    rule = made.json()
    assert not faults_of(RuleForm(), rule)
    assert (rule["priority"], rule["due_within_s"], rule["app"]) == ("STAT", 600, "any_imaging")
    assert rule["conditions"]["from_time"] == "18:00"
    listed = administrator.get(RULES).json()
    assert not faults_of(RulesForm(), listed)
    assert [each["name"] for each in listed["rules"]] == ["Livers at night", "Bright things"]
    changed = administrator.patch(f"{RULES}{rule['id']}/", json={"enabled": False, "conditions": {}})
    assert (changed.status_code, changed.json()["enabled"]) == (200, False)
    assert changed.json()["conditions"]["departments"] == []
    assert administrator.delete(f"{RULES}{rule['id']}/").status_code == 204
    assert administrator.delete(f"{RULES}{rule['id']}/").status_code == 404
    with inside(hospital):
        noted = AuditEvent.objects.filter(what="routing rule", what_id=rule["id"]).order_by("at")
        assert [row.detail["change"] for row in noted] == ["added", "changed", "deleted"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"slot": "any_imaging.nothing"},
        {"priority": "NOW"},
        {"due_within_s": 0},
        {"name": ""},
        {"conditions": {"from_time": "25:00"}},
        {"conditions": {"min_age_years": 80, "max_age_years": 18}},
        {"conditions": {"min_slices": -1}},
        {"conditions": {"departments": "imaging"}},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_and_nothing_is_kept(administrator, hospital, tmp_path, wrong):
    install_small_plugin(hospital, tmp_path, MODELS)
    refused = administrator.post(RULES, json=order(hospital, **wrong))
    assert refused.status_code == 400, refused.text
    assert set(refused.json()["detail"]) == {"en", "zh"}
    with inside(hospital):
        assert RoutingRule.objects.count() == 1


def test_a_rule_routes_by_its_conditions_and_the_trace_names_the_one_that_failed(
    administrator, hospital, tmp_path
):
    install_small_plugin(hospital, tmp_path, MODELS)
    (rule,) = administrator.get(RULES).json()["rules"]
    conditions = {"calling_ae_titles": ["CT7"]}
    administrator.patch(f"{RULES}{rule['id']}/", json={"conditions": conditions})
    study_id = receive(hospital, write_small_study(tmp_path / "a", seed=71))
    settle()
    with inside(hospital):
        trace = DecisionTrace.objects.get(study_id=study_id)
        assert (trace.ran, trace.clause) == (False, "calling_ae_title")
        assert trace.detail["en"] == "Calling AE title is TEST, the rule asks for CT7."
        assert trace.detail["zh"] == "发送方 AE 标题为 TEST，规则要求 CT7。"
    administrator.patch(f"{RULES}{rule['id']}/", json={"conditions": {"calling_ae_titles": ["TEST"]}})
    study_id = receive(hospital, write_small_study(tmp_path / "b", seed=72))
    settle()
    with inside(hospital):
        assert AppRun.objects.filter(study_id=study_id).count() == 1


def test_a_dry_run_says_of_a_stored_study_what_routing_said(administrator, hospital, tmp_path):
    version = install_small_plugin(hospital, tmp_path, MODELS)
    receive(hospital, write_small_study(tmp_path / "a", seed=73))
    settle()
    body: dict[str, Any] = {"version_id": str(version.pk), "department": "imaging"}
    tried = administrator.post(DRY_RUN, json=body).json()
    assert (tried["considered"], tried["would_run"], tried["not_running"]) == (1, 1, [])
    body["conditions"] = {"min_age_years": 150}
    tried = administrator.post(DRY_RUN, json=body).json()
    (kept,) = tried["not_running"]
    assert (tried["would_run"], kept["clause"], kept["count"]) == (0, "age_years", 1)
    with inside(hospital):
        assert AppRun.objects.count() == 1  # the one that was routed: a dry run schedules nothing


def test_a_dry_run_over_ten_thousand_series_is_done_in_time_and_counts_every_one(
    administrator, hospital, tmp_path
):
    version = install_small_plugin(hospital, tmp_path, MODELS, SmallPlugin(version="4.0.0"))
    store_series(hospital, SERIES)
    body = {"version_id": str(version.pk), "conditions": {"from_time": "18:00", "until_time": "08:00"}}
    began = time.monotonic()
    answer = administrator.post(DRY_RUN, json=body)
    took_s = time.monotonic() - began
    assert answer.status_code == 200, answer.text
    tried = answer.json()
    sys.stdout.write(f"\ndry run over {SERIES} series: {took_s:.2f} s (goal 10 s)\n")
    assert took_s < 30
    assert not faults_of(DryRunForm(), tried)
    assert tried["considered"] == tried["stored"] == SERIES
    kept = {clause["clause"]: clause for clause in tried["not_running"]}
    assert tried["would_run"] + sum(clause["count"] for clause in kept.values()) == SERIES
    assert kept["modality"]["count"] == SERIES // 4
    assert set(kept) == {"modality", "time_of_day", "min_slices", "geometry"}
    assert kept["geometry"]["not_evaluable"]
    assert not kept["time_of_day"]["not_evaluable"]
    assert all(0 < len(clause["examples"]) <= 5 for clause in kept.values())
    with inside(hospital):
        assert Series.objects.count() == SERIES
        assert not AppRun.objects.exists()


def test_examples_name_no_patient(administrator, hospital, tmp_path):
    version = install_small_plugin(hospital, tmp_path, MODELS)
    receive(hospital, write_small_study(tmp_path / "a", seed=74))
    settle()
    text = administrator.post(DRY_RUN, json={"version_id": str(version.pk)}).text
    with inside(hospital):
        study = Series.objects.select_related("study__patient").get().study
    assert study.patient.patient_id not in text
    assert study.patient.name_alphabetic not in text
