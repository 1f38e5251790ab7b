"""Each study is counted once, and a quota holds to the last study."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.db import connection
from tests.flow.administration.entitling import DAY, MODELS, Clock, Ward, make_ward
from tests.platform_database import inside
from tests.small_package import SmallPlugin
from tests.small_plugin import install_small_plugin

from allward.entitlements.actions import remove_entitlement
from allward.entitlements.models import UsageRecord
from allward.entitlements.queries import UsageLine, month_of, studies_in, usage_of
from allward.kernel.clock import now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def ward(tmp_path) -> Ward:
    return make_ward(tmp_path)


def quota(studies: int, per: str = "total") -> dict[str, object]:
    return {"studies": studies, "per": per}


def used(ward: Ward) -> list[int]:
    return [one.used for one in ward.held()]


def counted(ward: Ward) -> list[UsageRecord]:
    with inside(ward.hospital):
        return list(UsageRecord.objects.order_by("counted_at"))


def route_at_once(ward: Ward, studies: list) -> list[bool]:
    """Route studies from as many threads at the same moment."""

    def route(study_id) -> bool:
        try:
            return ward.route(study_id).ran
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=len(studies)) as threads:
        return list(threads.map(route, studies))


def test_of_twenty_studies_at_once_exactly_ten_run_under_a_quota_of_ten(ward):
    ward.licence(quota=quota(10))
    studies = [ward.receive(seed) for seed in range(20)]
    ran = route_at_once(ward, studies)
    assert sum(ran) == 10
    assert ward.runs() == 10
    assert used(ward) == [10]
    assert ward.states() == ["quota used up"]
    assert {row.study_id for row in counted(ward)} == {
        one for one, runs in zip(studies, ran, strict=True) if runs
    }
    assert sorted(route_at_once(ward, studies)) == sorted(ran)
    assert ward.runs() == 10


def test_a_study_is_counted_once_however_often_it_is_routed_at_once(ward):
    ward.licence(quota=quota(2))
    study_id = ward.receive(1)
    assert route_at_once(ward, [study_id] * 8) == [True] * 8
    assert used(ward) == [1]
    assert len(counted(ward)) == 1


def test_the_trace_says_that_the_quota_is_used_up(ward):
    ward.licence(quota=quota(1, "month"))
    assert ward.route(ward.receive(1)).ran
    refused = ward.route(ward.receive(2))
    assert "All 1 studies of this month are used up" in refused.detail["en"]
    assert "下月重新计数" in refused.detail["zh"]


def test_a_quota_of_the_month_begins_anew_with_the_month_and_one_in_total_does_not(ward, clock):
    clock.put(datetime(2031, 1, 31, 23, tzinfo=UTC))
    ward.licence(quota=quota(1, "month"))
    first = ward.receive(1)
    assert ward.route(first).ran
    assert not ward.route(ward.receive(2)).ran
    clock.put(datetime(2031, 2, 1, 0, 5, tzinfo=UTC))
    assert ward.route(first).ran
    assert used(ward) == [0]
    assert ward.route(ward.receive(2)).ran
    assert not ward.route(ward.receive(3)).ran
    assert used(ward) == [1]


def test_a_token_that_is_taken_out_and_in_again_has_no_second_quota(ward):
    token = ward.publisher.token(ward.hospital, quota=quota(1))
    held = ward.install(token)
    assert ward.route(ward.receive(1)).ran
    with inside(ward.hospital):
        remove_entitlement(held.row)
    assert ward.install(token).used == 1
    assert not ward.route(ward.receive(2)).ran


def test_a_token_with_studies_left_is_used_before_one_without(ward):
    ward.licence(quota=quota(1), expires=now() + DAY)
    ward.licence(quota=quota(1))
    assert [ward.route(ward.receive(seed)).ran for seed in (1, 2, 3)] == [True, True, False]
    assert used(ward) == [1, 1]


def test_another_version_on_the_same_study_is_no_second_study(ward):
    ward.licence(quota=quota(1))
    study_id = ward.receive(1)
    assert ward.route(study_id).ran
    newer = SmallPlugin(plugin_id=ward.plugin_id, version="1.1.0", entitlement=True, above_hu=61.0)
    install_small_plugin(ward.hospital, ward.folder, MODELS, newer)
    assert ward.route(study_id).ran
    assert ward.runs() == 2
    assert used(ward) == [1]
    with inside(ward.hospital):
        month, tenant_id = month_of(now()), ward.hospital.tenant_id
        assert usage_of(tenant_id, month) == [
            UsageLine("any_imaging", ward.plugin_id, 1, {"1.0.0": 1, "1.1.0": 1})
        ]
        assert studies_in(tenant_id, month) == 1


def test_usage_is_counted_where_no_entitlement_is_needed_too(tmp_path):
    ward = make_ward(tmp_path, entitlement=False)
    for seed in (1, 2, 1):
        assert ward.route(ward.receive(seed)).ran
    rows = counted(ward)
    assert [(row.plugin_id, row.plugin_version, row.entitlement_id) for row in rows] == [
        (ward.plugin_id, "1.0.0", None)
    ] * 2
    assert {row.month.day for row in rows} == {1}


def test_a_study_that_does_not_run_is_not_counted(ward):
    assert not ward.route(ward.receive(1)).ran
    ward.licence()
    assert not ward.route(ward.receive(2, images=3)).ran
    assert counted(ward) == []
