"""A vendor learns sums over hospitals that agreed, of closed months, and never of a few hospitals."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from tests.flow.administration.entitling import Clock
from tests.flow.administration.forms import faults_of
from tests.flow.administration.vendors import vendor_at
from tests.flow.tenancy.serving import client_of
from tests.flow.tenancy.stocked import make_person
from tests.platform_database import inside, make_hospital

from allward.api.publishing_usage import SharedUsageForm, UsageSharingForm
from allward.audit.models import AuditEvent
from allward.entitlements.models import UsageRecord
from allward.publishing.actions import share_usage
from allward.publishing.models import Submission, UsageSharing
from allward.publishing.usage import FEWEST, month_after, shared_usage

pytestmark = pytest.mark.timeout(600)

MARCH, APRIL, MAY = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)


def used(hospital, plugin_id, month, *, studies):
    with inside(hospital):
        for _ in range(studies):
            study_id = uuid4()
            for version in ("1.0.0", "1.1.0"):  # one study that ran on two versions is one study
                UsageRecord.objects.create(
                    app="any_imaging", plugin_id=plugin_id, plugin_version=version, study_id=study_id,
                    month=month,
                )  # fmt: skip


def agreed(number, *, since=MARCH, until=None):
    hospitals = [make_hospital() for _ in range(number)]
    for hospital in hospitals:
        with inside(hospital):
            UsageSharing.objects.create(since=since, until=until)
    return hospitals


def sums(plugin_id):
    return [(one.month, one.studies, one.hospitals) for one in shared_usage([plugin_id])]


@pytest.fixture
def plugin_id(url):
    return f"org.u{uuid4().hex[:10]}.bright"


def test_a_sum_is_told_where_enough_hospitals_agreed_and_no_hospital_is_named(plugin_id):
    hospitals = agreed(FEWEST)
    for number, hospital in enumerate(hospitals, 1):
        used(hospital, plugin_id, APRIL, studies=number)
    for hospital in hospitals[1:]:
        used(hospital, plugin_id, MARCH, studies=3)
    used(make_hospital(), plugin_id, APRIL, studies=50)  # it never agreed
    assert sums(plugin_id) == [(APRIL, 1 + 2 + 3 + 4 + 5, FEWEST)]
    assert shared_usage([]) == []


def test_months_before_the_word_after_its_end_and_the_running_one_do_not_count(plugin_id, monkeypatch):
    first = agreed(FEWEST, since=APRIL, until=MAY)
    for hospital in first:
        for month in (MARCH, APRIL, MAY):
            used(hospital, plugin_id, month, studies=1)
    assert sums(plugin_id) == [(APRIL, FEWEST, FEWEST)]
    Clock(monkeypatch).put(datetime(2026, 4, 30, 12, tzinfo=UTC))
    assert sums(plugin_id) == []


def test_a_hospital_says_yes_and_no_from_the_next_month_on(url):
    hospital = make_hospital()
    person = make_person(hospital, "tenant_administrator")
    with client_of(url, person, "bearer") as client:
        assert client.get("/api/v1/usage-sharing/").json() == {"shares": False, "since": None}
        said = client.put("/api/v1/usage-sharing/", json={"shares": True}).json()
        assert not faults_of(UsageSharingForm(), said)
        with inside(hospital):
            row = UsageSharing.objects.get()
            assert row.since.day == 1
            assert said == {"shares": True, "since": row.since.isoformat()}
        assert client.put("/api/v1/usage-sharing/", json={"shares": True}).json() == said
        assert client.put("/api/v1/usage-sharing/", json={"shares": False}).json()["shares"] is False
    with inside(hospital):
        row = UsageSharing.objects.get()
        assert row.until == row.since  # taken back before it began
        changes = AuditEvent.objects.filter(what="usage sharing").order_by("at")
        assert [event.detail["change"] for event in changes] == ["begins", "ends"]
        assert {event.actor for event in changes} == {person.username}
        share_usage(shares=True)
        assert UsageSharing.objects.count() == 2


def test_a_vendor_is_told_of_its_own_published_plugins_alone(url, plugin_id, tmp_path):
    for hospital in agreed(FEWEST):
        used(hospital, plugin_id, APRIL, studies=2)
    with vendor_at(url, tmp_path / "vendor") as vendor:
        before = vendor.client.get("/api/v1/publishing/usage/").json()
        assert before == {"fewest": FEWEST, "sums": []}
        with inside(vendor.tenant):
            Submission.objects.create(
                plugin_id=plugin_id, version="1.0.0", digest="0" * 64, size_bytes=1, keyid="0" * 64,
                manifest={}, storage_key="-", state="published",
            )  # fmt: skip
        said = vendor.client.get("/api/v1/publishing/usage/").json()
        assert not faults_of(SharedUsageForm(), said)
        assert said["sums"] == [
            {"plugin_id": plugin_id, "month": "2026-04-01", "studies": 2 * FEWEST, "hospitals": FEWEST}
        ]


def test_the_month_after_december_is_january():
    assert month_after(datetime(2026, 12, 31, 23, tzinfo=UTC)) == date(2027, 1, 1)
    assert month_after(datetime(2026, 1, 31, tzinfo=UTC)) == date(2026, 2, 1)
