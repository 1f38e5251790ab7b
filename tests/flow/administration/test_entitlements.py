"""Trial, end, grace, renewal: on a clock that the test moves, with no network anywhere."""

from datetime import timedelta
from uuid import uuid4

import pytest
from tests.engine_process import running_engine
from tests.flow.administration.entitling import DAY, MODELS, Clock, Ward, make_publisher, make_ward
from tests.flow.pipeline.working import work_off
from tests.platform_database import inside, make_hospital

from allward.audit.models import AuditEvent
from allward.config.settings import ALLWARD
from allward.entitlements.actions import UselessEntitlementError, remove_entitlement
from allward.entitlements.models import InstalledEntitlement
from allward.kernel.clock import now
from allward.runs.models import AppRun
from allward_sdk.errors import UntrustedError


@pytest.fixture
def clock(monkeypatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def ward(tmp_path) -> Ward:
    return make_ward(tmp_path)


def routed(ward: Ward, seed: int, *, images: int = 6):
    return ward.route(ward.receive(seed, images=images))


def test_without_a_token_no_run_begins_and_the_trace_says_what_to_do(ward):
    trace = routed(ward, 1)
    assert (trace.ran, trace.clause) == (False, "entitlement")
    assert trace.detail["en"] == f"{ward.plugin_id} needs an entitlement, and none is there. Upload one" \
        " from the publisher."  # fmt: skip
    assert "授权" in trace.detail["zh"]
    assert ward.runs() == 0


def test_a_plugin_that_needs_none_is_asked_for_none(tmp_path):
    ward = make_ward(tmp_path, entitlement=False)
    assert routed(ward, 1).ran
    assert ward.runs() == 1


def test_trial_end_grace_and_renewal(ward, clock):
    ward.licence(kind="trial", expires=now() + 30 * DAY, grace_days=14)
    assert routed(ward, 1).detail["en"] == "Every clause is met."
    assert ward.states() == ["valid"]
    clock.move(31 * DAY)
    warned = routed(ward, 2)
    assert warned.ran
    assert "new runs begin until" in warned.detail["en"]
    assert "宽限期" in warned.detail["zh"]
    assert ward.states() == ["in grace"]
    clock.move(14 * DAY)
    refused = routed(ward, 3)
    assert (refused.ran, refused.clause) == (False, "entitlement")
    assert "Upload a renewal" in refused.detail["en"]
    assert ward.states() == ["expired"]
    assert ward.runs() == 2
    ward.licence()
    assert routed(ward, 3).ran
    assert ward.states() == ["valid", "expired"]


def test_a_renewal_may_be_taken_in_before_it_begins(ward, clock):
    end = now() + 5 * DAY
    ward.licence(expires=end)
    assert ward.licence(not_before=end, expires=end + 30 * DAY).standing.state == "not yet"
    clock.put(end + DAY)
    assert routed(ward, 1).ran
    assert ward.states() == ["valid", "expired"]


def test_a_clock_that_is_set_back_is_said_and_extends_nothing(ward, clock):
    ward.licence(expires=now() + 10 * DAY)
    clock.move(9 * DAY)
    assert routed(ward, 1).ran
    clock.move(-8 * DAY)
    warned = routed(ward, 2)
    assert warned.ran
    assert "8 days behind" in warned.detail["en"]
    assert ward.states() == ["clock set back"]
    clock.move(2 * DAY)
    refused = routed(ward, 3)
    assert not refused.ran
    assert "It ended on" in refused.detail["en"]
    assert "behind" in refused.detail["en"]
    with inside(ward.hospital):
        (noted,) = AuditEvent.objects.filter(what="clock")
        assert noted.detail["change"] == "set back"
        assert 8 * 86_400 - 60 < noted.detail["behind_s"] <= 8 * 86_400
    clock.move(-100 * DAY)
    assert ward.states() == ["expired"]


def test_the_moments_of_the_audit_trail_count_as_seen(ward, clock):
    clock.move(40 * DAY)
    ward.publisher.becomes(ward.hospital, "rotated")
    ward.publisher.becomes(ward.hospital, "active")
    clock.move(-40 * DAY)
    with pytest.raises(UselessEntitlementError, match="It ended on"):
        ward.licence(expires=now() + 30 * DAY)


def test_what_was_begun_is_finished_whatever_becomes_of_the_token(ward, clock):
    held = ward.licence(expires=now() + DAY)
    study_id = ward.receive(1)
    assert ward.route(study_id).ran
    clock.move(30 * DAY)
    with inside(ward.hospital):
        remove_entitlement(InstalledEntitlement.objects.get(pk=held.row.pk))
    assert not routed(ward, 2).ran
    with running_engine(ALLWARD.engine_socket, MODELS):
        assert work_off(ward.hospital) == 1
    with inside(ward.hospital):
        assert [run.state for run in AppRun.objects.all()] == ["COMPLETED"]


def test_late_images_of_a_study_that_was_begun_are_analysed_too(ward, clock):
    ward.licence(expires=now() + DAY)
    assert routed(ward, 1, images=6).ran
    clock.move(30 * DAY)
    assert routed(ward, 1, images=8).ran
    assert ward.runs() == 2
    assert not routed(ward, 2).ran


def test_a_token_of_another_hospital_is_refused(ward):
    other = make_hospital()
    with pytest.raises(UselessEntitlementError, match=f"issued for another hospital, {other.code}"):
        ward.install(ward.publisher.token(other))
    assert ward.held() == []


def test_a_hospital_is_known_by_its_id_not_by_its_code(ward):
    with pytest.raises(UselessEntitlementError):
        ward.licence(tenant={"id": uuid4(), "code": ward.hospital.code})
    assert ward.licence(tenant={"id": ward.hospital.tenant_id, "code": "renamed"}).standing.runs


def test_only_a_key_whose_prefix_covers_the_plugin_signs_for_it(ward, tmp_path):
    ward.publisher.becomes(ward.hospital, "active")
    stranger = make_publisher(tmp_path, "org.other.")
    with pytest.raises(UntrustedError, match="is not trusted here"):
        ward.install(stranger.token(ward.hospital))
    stranger.becomes(ward.hospital, "active")
    with pytest.raises(UntrustedError, match=r"may sign org\.other\. but not org\.test\."):
        ward.install(stranger.token(ward.hospital))


def test_an_altered_token_is_refused_also_when_it_is_altered_where_it_is_kept(ward):
    long_one = ward.publisher.token(ward.hospital, expires=now() + 300 * DAY)
    held = ward.licence(expires=now() + DAY)
    with inside(ward.hospital):
        row = InstalledEntitlement.objects.get(pk=held.row.pk)
        sign = row.token.partition('"signatures"')[2]
        row.token = long_one.partition('"signatures"')[0] + '"signatures"' + sign
        with pytest.raises(UntrustedError, match="not a signature of this payload"):
            ward.install(row.token)
        row.save()
    assert ward.states() == ["not trusted"]
    assert not routed(ward, 1).ran


def test_a_revoked_key_ends_its_tokens_and_a_rotated_one_signs_no_new_ones(ward):
    ward.licence()
    token = ward.publisher.token(ward.hospital)
    ward.publisher.becomes(ward.hospital, "rotated")
    assert routed(ward, 1).ran
    with pytest.raises(UselessEntitlementError, match="was replaced"):
        ward.install(token)
    ward.publisher.becomes(ward.hospital, "revoked")
    refused = routed(ward, 2)
    assert not refused.ran
    assert "was revoked: test" in refused.detail["en"]
    assert ward.states() == ["not trusted"]
    with pytest.raises(UntrustedError, match="was revoked"):
        ward.install(token)


def test_a_token_holds_for_its_plugins_and_slots_alone(ward):
    ward.licence(plugin="org.test.another")
    assert "none is there" in routed(ward, 1).detail["en"]
    ward.licence(plugin=ward.plugin_id, features=["other_app.slot"])
    assert "does not include any_imaging.segmentation" in routed(ward, 1).detail["en"]
    ward.licence(plugin=ward.plugin_id, features=["other_app.slot", "any_imaging.segmentation"])
    assert routed(ward, 1).ran


def test_every_change_is_audited_and_an_upload_that_changes_nothing_is_not(ward):
    token = ward.publisher.token(ward.hospital)
    held = ward.install(token)
    ward.install(token)
    with inside(ward.hospital):
        remove_entitlement(held.row)
    assert ward.held() == []
    ward.install(token)
    with inside(ward.hospital):
        rows = AuditEvent.objects.filter(what="entitlement", what_id=str(held.row.pk)).order_by("at")
        assert [row.detail["change"] for row in rows] == ["installed", "removed", "installed"]
    assert len(ward.held()) == 1


def test_two_hospitals_stay_apart(ward, tmp_path):
    ward.licence()
    folder = tmp_path / "other"
    folder.mkdir()
    other = make_ward(folder)
    assert other.held() == []
    assert not other.route(other.receive(1)).ran


def test_a_day_that_is_a_minute_short_changes_nothing(ward, clock):
    ward.licence(expires=now() + DAY)
    clock.move(DAY - timedelta(minutes=1))
    assert routed(ward, 1).ran
