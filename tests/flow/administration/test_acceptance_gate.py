"""What may run where acceptance is asked for: whichever rule sets its values, whoever is at it meanwhile."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from django.db import connection, connections
from tests.flow.administration.accepting import Ward, finished, make_ward
from tests.flow.pipeline.working import MODELS
from tests.flow.tenancy.serving import client_of
from tests.flow.tenancy.stocked import make_person
from tests.platform_database import inside, run_pipeline
from tests.small_package import SmallPlugin, make_package

from allward.acceptance.actions import accept_version, set_requirement
from allward.acceptance.models import AcceptanceSet
from allward.audit.models import AuditEvent
from allward.outbox.publish import publish
from allward.registry.actions import import_build, install, set_parameters
from allward.registry.models import Installation
from allward.registry.trust import NotPermittedError
from allward.routing.actions import change_rule, change_values, enable_installation
from allward.routing.models import RoutingRule
from allward.runs.models import AppRun, Claim, DecisionTrace
from allward.studies.events import StudyCompleted
from allward.tenancy.models import Department

PLUGIN = SmallPlugin(version="7.7.0", least=0.2, status="cleared")
_PATIENCE_S = 60.0


@pytest.fixture
def ward(tmp_path) -> Iterator[Ward]:
    made = make_ward(tmp_path, count=1, plugin=PLUGIN)
    yield made
    with inside(made.hospital):
        Claim.objects.filter(tenant_id=made.hospital.tenant_id).delete()


def accept(ward: Ward, one: AcceptanceSet) -> None:
    with inside(ward.hospital):
        accept_version(one.pk, installation_id=ward.installation_id, remark="")


def enabled(ward: Ward) -> RoutingRule:
    """The version accepted with its defaults and enabled; its rule."""
    accept(ward, finished(ward))
    with inside(ward.hospital):
        enable_installation(ward.installation_id)
        return RoutingRule.objects.get(tenant_id=ward.hospital.tenant_id)


def ask_for_acceptance(ward: Ward, required: bool | None) -> None:
    with inside(ward.hospital):
        set_requirement(None, required=required)


def rule_set_before_acceptance_was_asked_for(ward: Ward) -> RoutingRule:
    rule = enabled(ward)
    ask_for_acceptance(ward, False)
    with inside(ward.hospital):
        change_rule(rule, parameters={"sure": 0.6})
    ask_for_acceptance(ward, None)
    return rule


def last_trace(ward: Ward) -> DecisionTrace:
    with inside(ward.hospital):
        publish(StudyCompleted(study_id=ward.cases[0].study_id), tenant_id=ward.hospital.tenant_id)
    run_pipeline()
    with inside(ward.hospital):
        trace = DecisionTrace.objects.filter(tenant_id=ward.hospital.tenant_id).order_by("-at").first()
        assert trace is not None
        return trace


def test_a_rule_is_saved_only_with_values_that_were_accepted_and_says_what_to_do(url, ward):
    row = f"/api/v1/rules/{enabled(ward).pk}/"
    with client_of(url, make_person(ward.hospital, "tenant_administrator"), "bearer") as client:

        def put(**values: float) -> tuple[int, str]:
            answer = client.patch(row, json={"parameters": values})
            return answer.status_code, answer.json().get("code", "")

        assert put(sure=0.6) == (409, "acceptance_required")
        said = client.patch(row, json={"parameters": {"sure": 0.6}}).json()["detail"]
        assert "Make a set of past cases with these values" in said["en"]
        assert "以这些参数值新建病例集" in said["zh"]
        assert client.get("/api/v1/rules/").json()["rules"][0]["parameters"] == {}
        one = finished(ward, parameters={"sure": 0.6})
        told = client.get(f"/api/v1/acceptance/{one.pk}/").json()
        assert [place["may_accept"] for place in told["installations"]] == [True]
        order = {"installation_id": str(ward.installation_id), "remark": "for nights"}
        answer = client.post(f"/api/v1/acceptance/{one.pk}/accept/", json=order)
        assert (answer.status_code, ward.state()) == (200, "enabled"), answer.text
        assert [place["may_accept"] for place in answer.json()["installations"]] == [False]
        again = client.post(f"/api/v1/acceptance/{one.pk}/accept/", json=order)
        assert (again.status_code, again.json()["code"]) == (409, "wrong_state")
        assert put(sure=0.6) == (200, "")
        assert put(sure=0.7) == (409, "acceptance_required")
        assert put() == (200, "")
    with inside(ward.hospital):
        noted = AuditEvent.objects.filter(what="acceptance set", detail__change="accepted").order_by("at")
        assert noted.last().detail["parameters"] == {"sure": 0.6}


def test_a_rule_that_is_switched_off_may_be_made_ready_and_is_asked_when_it_is_switched_on(ward):
    rule = enabled(ward)
    with inside(ward.hospital):
        change_rule(rule, enabled=False, parameters={"sure": 0.6})
    with pytest.raises(NotPermittedError), inside(ward.hospital):
        change_rule(rule, enabled=True)
    with inside(ward.hospital):
        change_rule(RoutingRule.objects.get(pk=rule.pk), name="Nights", enabled=False)


def test_a_study_is_not_run_with_values_that_were_never_accepted_and_its_trace_says_why(ward):
    rule_set_before_acceptance_was_asked_for(ward)
    trace = last_trace(ward)
    assert (trace.ran, trace.clause) == (False, "acceptance_required")
    assert "Make a set of past cases with these values" in trace.detail["en"]
    with inside(ward.hospital):
        assert not AppRun.objects.filter(tenant_id=ward.hospital.tenant_id).exists()
    accept(ward, finished(ward, parameters={"sure": 0.6}))
    assert last_trace(ward).ran
    with inside(ward.hospital):
        (run,) = AppRun.objects.filter(tenant_id=ward.hospital.tenant_id)
        assert run.parameters == {"any_imaging.segmentation": {"sure": 0.6}}


def test_where_acceptance_is_not_asked_for_a_rule_sets_what_it_likes(tmp_path):
    ward = make_ward(tmp_path, count=1, plugin=SmallPlugin(version="7.8.0", least=0.2), use="research")
    with inside(ward.hospital):
        enable_installation(ward.installation_id)
        rule = RoutingRule.objects.get(tenant_id=ward.hospital.tenant_id)
        change_rule(rule, parameters={"sure": 0.6})
    assert last_trace(ward).ran
    with inside(ward.hospital):
        Claim.objects.filter(tenant_id=ward.hospital.tenant_id).delete()


def test_a_next_version_is_not_enabled_under_a_rule_whose_values_were_not_accepted_with_it(ward):
    rule = rule_set_before_acceptance_was_asked_for(ward)
    newer = SmallPlugin(version="7.7.1", least=0.2, status="cleared")
    with inside(ward.hospital):
        version = import_build(make_package(ward.folder, newer), models_folder=MODELS)
        place = Department.objects.get(tenant_id=ward.hospital.tenant_id)
        installation = install(version=version, department=place)
    following = replace(ward, version=version, installation_id=installation.pk)
    accept(following, finished(following))
    with pytest.raises(NotPermittedError, match=rule.name), inside(ward.hospital):
        enable_installation(installation.pk)
    assert following.state() == "accepted"
    accept(following, finished(following, parameters={"sure": 0.6}))
    with inside(ward.hospital):
        enable_installation(installation.pk)
    assert following.state() == "enabled"


def test_who_enables_while_another_changes_the_values_waits_and_is_held_to_the_new_ones(ward):
    with inside(ward.hospital):
        set_parameters(ward.installation_id, {"sure": 0.6})
    accept(ward, finished(ward))
    refused: list[NotPermittedError] = []

    def enable() -> None:
        try:
            with inside(ward.hospital):
                enable_installation(ward.installation_id)
        except NotPermittedError as error:
            refused.append(error)
        finally:
            connections.close_all()

    with inside(ward.hospital):
        change_values(ward.installation_id, {"sure": 0.7})
        thread = threading.Thread(target=enable)
        thread.start()
        until(somebody_waits_for_a_lock)
    thread.join(_PATIENCE_S)
    assert (ward.state(), [error.code for error in refused]) == ("verified", ["acceptance_required"])
    with inside(ward.hospital):
        assert Installation.objects.get(pk=ward.installation_id).parameters == {"sure": 0.7}


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE_S
    while not holds():
        assert time.monotonic() < end, "nobody waited"
        time.sleep(0.05)
