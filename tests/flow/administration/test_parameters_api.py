"""Parameters, departments of rules, resources, the authority that counts: as an administrator sets them."""

from functools import partial

import pytest
from tests.flow.administration.test_plugins import PLUGINS, installed, move, state_of, take_in
from tests.platform_database import inside
from tests.small_package import SmallPlugin

from allward.audit.models import AuditEvent
from allward.registry.models import Installation
from allward.routing.models import RoutingRule

RULES = "/api/v1/rules/"


@pytest.fixture
def enabled(administrator, hospital, tmp_path):
    version = take_in(administrator, hospital, tmp_path, SmallPlugin(version="8.0.0", least=0.2))
    row = installed(administrator, version)
    move(administrator, row, "enable").raise_for_status()
    return version, row


def put(administrator, row, **values):
    return administrator.put(f"/api/v1/installations/{row['id']}/parameters/", json={"values": values})


def test_values_are_set_where_a_version_is_installed_refused_by_field_and_audited(
    administrator, hospital, enabled
):
    version, row = enabled
    assert version["parameters"]["properties"]["sure"]["x-title"]["zh"] == "最低概率"
    answer = put(administrator, row, sure=0.6)
    assert answer.status_code == 200, answer.text
    assert answer.json()["installations"][0]["parameters"] == {"sure": 0.6}
    refused = put(administrator, row, sure=7, other=1)
    assert (refused.status_code, refused.json()["code"]) == (400, "wrong_values")
    fields = refused.json()["fields"]["parameters"]
    assert set(fields) == {"sure", "other"}
    assert "介于 0.2 与 0.9" in fields["sure"]["zh"]
    assert put(administrator, row, sure=None).status_code == 400
    with inside(hospital):
        assert Installation.objects.get().parameters == {"sure": 0.6}
        (noted,) = AuditEvent.objects.filter(what="installation", detail__change="parameters")
    assert (noted.detail["before"], noted.detail["after"]) == ({}, {"sure": 0.6})


def test_values_may_be_given_with_the_installation_and_wrong_ones_install_nothing(
    administrator, hospital, tmp_path
):
    version = take_in(administrator, hospital, tmp_path, SmallPlugin(version="8.1.0", least=0.2))
    install = partial(administrator.post, f"{PLUGINS}{version['id']}/install/")
    assert install(json={"department": "imaging", "parameters": {"sure": 2}}).status_code == 400
    with inside(hospital):
        assert not Installation.objects.exists()
    answer = install(json={"department": "imaging", "parameters": {"sure": 0.8}}).json()
    assert answer["installations"][0]["parameters"] == {"sure": 0.8}


def test_a_rules_value_that_a_new_version_does_not_take_has_to_be_decided_first(
    administrator, hospital, tmp_path, enabled
):
    _, first = enabled
    (rule,) = administrator.get(RULES).json()["rules"]
    assert rule["parameters_form"]["properties"]["sure"]["minimum"] == 0.2
    changed = administrator.patch(f"{RULES}{rule['id']}/", json={"parameters": {"sure": 0.3}})
    assert (changed.status_code, changed.json()["parameters"]) == (200, {"sure": 0.3})
    assert administrator.patch(f"{RULES}{rule['id']}/", json={"parameters": {"sure": 3}}).status_code == 400
    newer = take_in(administrator, hospital, tmp_path, SmallPlugin(version="8.2.0", least=0.4))
    second = installed(administrator, newer)
    refused = move(administrator, second, "enable")
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_values")
    with inside(hospital):
        assert Installation.objects.get(pk=first["id"]).state == "enabled"
    administrator.patch(f"{RULES}{rule['id']}/", json={"parameters": {"sure": 0.5}}).raise_for_status()
    assert state_of(move(administrator, second, "enable"), second) == "enabled"


def test_a_way_back_is_never_kept_by_a_value(administrator, hospital, tmp_path):
    strict = take_in(administrator, hospital, tmp_path, SmallPlugin(version="8.3.0", least=0.4))
    move(administrator, installed(administrator, strict), "enable").raise_for_status()
    free = take_in(administrator, hospital, tmp_path, SmallPlugin(version="8.4.0", least=0.2))
    second = installed(administrator, free)
    move(administrator, second, "enable").raise_for_status()
    (rule,) = administrator.get(RULES).json()["rules"]
    administrator.patch(f"{RULES}{rule['id']}/", json={"parameters": {"sure": 0.25}}).raise_for_status()
    move(administrator, second, "roll-back").raise_for_status()
    with inside(hospital):
        assert RoutingRule.objects.get().parameters == {}
        noted = AuditEvent.objects.filter(what="routing rule", what_id=rule["id"]).order_by("at").last()
    assert noted is not None
    assert noted.detail["fields"] == {"parameters": {}}


def test_a_condition_on_a_department_that_is_not_there_is_refused_at_its_field(administrator, enabled):
    (rule,) = administrator.get(RULES).json()["rules"]
    change = partial(administrator.patch, f"{RULES}{rule['id']}/")
    refused = change(json={"conditions": {"departments": ["imaging", "radiolgy"]}})
    assert (refused.status_code, refused.json()["code"]) == (400, "unknown_department")
    assert "radiolgy; it has: imaging" in refused.json()["fields"]["conditions"]["departments"]["en"]
    assert change(json={"conditions": {"departments": ["IMAGING"]}}).status_code == 200


def test_an_installation_that_no_engine_could_ever_run_is_warned_of_or_refused_in_words(
    administrator, hospital, tmp_path
):
    version = take_in(administrator, hospital, tmp_path, SmallPlugin(version="8.5.0", memory_mib=90_000_000))
    answer = administrator.post(f"{PLUGINS}{version['id']}/install/", json={"department": "imaging"})
    if answer.status_code == 201:  # no engine answers in this test run just now
        assert any(warning["code"] == "resources" for warning in answer.json()["warnings"])
    else:
        assert (answer.status_code, answer.json()["code"]) == (409, "resources")
    assert administrator.get(f"{PLUGINS}{version['id']}/").json()["fit"] is not None


def test_the_hospitals_authority_decides_which_registration_counts(administrator, hospital, tmp_path):
    plugin = SmallPlugin(version="8.6.0", status="cleared", valid_until="2099-12-31")
    version = take_in(administrator, hospital, tmp_path, plugin)
    assert (version["blocked"], version["authority"]) == (None, None)
    policy = "/api/v1/regulatory-policy/"
    assert administrator.put(policy, json={"authority": "FDA"}).json() == {"authority": "FDA"}
    shown = administrator.get(f"{PLUGINS}{version['id']}/").json()
    assert shown["blocked"]["code"] == "registration_missing"
    assert [each["counts"] for each in shown["registrations"]] == [False]
    assert administrator.put(policy, json={"authority": "Nobody"}).status_code == 400
    administrator.put(policy, json={"authority": "NMPA"}).raise_for_status()
    assert administrator.get(f"{PLUGINS}{version['id']}/").json()["blocked"] is None
    with inside(hospital):
        noted = AuditEvent.objects.filter(what="regulatory policy").order_by("at")
        assert [row.detail["after"] for row in noted] == ["FDA", "NMPA"]
