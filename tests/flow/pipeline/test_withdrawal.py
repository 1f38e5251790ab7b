"""What no longer holds begins no run: asked when a study is routed, and again before each job."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from django.conf import settings
from django.test import override_settings
from tests.flow.pipeline.test_upgrade import NEW, OLD, SPEC, copies, installed
from tests.flow.pipeline.working import MODELS, settle, work_off
from tests.platform_database import inside, make_hospital, run_pipeline
from tests.small_package import SmallPlugin, make_package
from tests.small_plugin import install_small_plugin
from tests.small_study import receive, study_of, write_small_study

from allward.audit.models import AuditEvent
from allward.registry import trust
from allward.registry.actions import import_build, import_package, trust_key, yank
from allward.registry.models import Installation, PluginVersion, TrustedKey
from allward.registry.own_keys import hospital_signer, own_prefix
from allward.registry.states import InstallationState
from allward.registry.trust import NotPermittedError, publisher_key
from allward.routing.actions import enable_installation
from allward.runs.actions import repeat_run
from allward.runs.models import AppRun, DecisionTrace, Job
from allward.runs.states import Fault, JobState, RunState
from allward.tenancy.models import Tenant
from allward.worklist.detail import results_in_full
from allward_sdk.errors import ManifestError, UntrustedError

CLEARED = SmallPlugin(version="2.0.0", status="cleared", valid_until="2030-06-30")


def queued(hospital, folder, *, plugin=OLD):
    """Give a study whose job waits."""
    install_small_plugin(hospital, folder, MODELS, plugin)
    study_id = receive(hospital, next(copies(folder, 1)))
    settle()
    with inside(hospital):
        assert Job.objects.get().state == JobState.SCHEDULED
    return study_id


def failed_job(hospital):
    assert work_off(hospital) == 1  # without an engine: it was not asked
    with inside(hospital):
        job = Job.objects.get()
    assert (job.state, job.fault) == (JobState.FAILED, Fault.PLUGIN)
    return job


def change_builds_key(hospital, **said):
    with inside(hospital):
        key = TrustedKey.objects.get(own=False)
        trust_key(replace(publisher_key(key), **said))


def test_a_job_whose_version_was_withdrawn_meanwhile_fails_with_the_reason_and_can_be_repeated(tmp_path):
    hospital = make_hospital()
    study_id = queued(hospital, tmp_path)
    with inside(hospital):
        yank(Installation.objects.get().pk, reason="wrong on thin slices")
    job = failed_job(hospital)
    assert job.reasons[0]["en"] == "This version was withdrawn: wrong on thin slices"
    assert job.reasons[0]["zh"] == "该版本已撤回：wrong on thin slices"
    with inside(hospital):
        run = AppRun.objects.get(study_id=study_id)
        assert run.state == RunState.CANCELED
        assert repeat_run(run_id=run.pk).state == RunState.SCHEDULED
        assert Job.objects.get().state == JobState.SCHEDULED


def test_a_revoked_key_stops_jobs_and_new_runs_until_it_is_trusted_again(tmp_path, engine):
    hospital = make_hospital()
    study_id = queued(hospital, tmp_path)
    change_builds_key(hospital, state="revoked", reason="stolen")
    assert "was revoked" in failed_job(hospital).reasons[0]["en"]
    second = receive(hospital, next(copies(tmp_path / "first", 1)))
    settle()
    with inside(hospital):
        trace = DecisionTrace.objects.get(study_id=second)
        assert (trace.ran, trace.clause) == (False, "key_revoked")
        assert not AppRun.objects.filter(study_id=second).exists()
    change_builds_key(hospital, state="active", reason="")
    with inside(hospital):
        repeat_run(run_id=AppRun.objects.get(study_id=study_id).pk)
    run_pipeline()
    assert work_off(hospital) == 1
    with inside(hospital):
        assert Job.objects.get().state == JobState.COMPLETED


def test_results_of_a_withdrawn_version_stay_and_say_so(tmp_path, engine):
    hospital = make_hospital()
    study_id = queued(hospital, tmp_path)
    work_off(hospital)
    with inside(hospital):
        (before,) = results_in_full(study_of(hospital, study_id))
        row = yank(Installation.objects.get().pk, reason="withdrawn")
        (after,) = results_in_full(study_of(hospital, study_id))
    assert row.state == InstallationState.YANKED
    assert before["plugins"][0]["yanked"] is None
    assert before["plugins"][0]["unsigned"] is False
    assert after["plugins"][0]["yanked"]["reason"] == "withdrawn"
    assert after["findings"] == before["findings"]


def test_what_was_withdrawn_is_not_enabled_again(tmp_path):
    hospital = make_hospital()
    install_small_plugin(hospital, tmp_path, MODELS, OLD)
    with inside(hospital):
        first = Installation.objects.get()
        enable_installation(installed(hospital, tmp_path, NEW).pk)
        yank(first.pk, reason="withdrawn")
    with pytest.raises(NotPermittedError, match="withdrawn"), inside(hospital):
        enable_installation(first.pk)


def test_after_the_last_day_of_its_registration_a_version_begins_no_run(tmp_path, monkeypatch):
    hospital = make_hospital(use="clinical")
    queued(hospital, tmp_path, plugin=CLEARED)
    monkeypatch.setattr(trust, "now", lambda: datetime(2030, 7, 1, 12, tzinfo=UTC))
    assert "ended on 2030-06-30" in failed_job(hospital).reasons[0]["en"]
    second = receive(hospital, write_small_study(tmp_path / "second", seed=62, spec=SPEC))
    settle()
    with inside(hospital):
        assert DecisionTrace.objects.get(study_id=second).clause == "registration_expired"


def test_a_version_that_another_ones_registration_covers_is_not_enabled(tmp_path):
    hospital = make_hospital(use="clinical")
    plugin = replace(CLEARED, version="2.0.1", registered="2.0.0")
    row = installed(hospital, tmp_path, plugin)
    with pytest.raises(NotPermittedError, match=r"for version 2\.0\.0, this is 2\.0\.1"), inside(hospital):
        enable_installation(row.pk)
    assert date.fromisoformat(plugin.valid_until) > date(2026, 1, 1)  # it is the version alone


def test_an_unsigned_package_is_refused_with_words_on_what_to_do(tmp_path):
    hospital = make_hospital()
    path = make_package(tmp_path, SmallPlugin(version="3.0.0"))
    with pytest.raises(UntrustedError, match=r"not signed\. Ask its publisher"), inside(hospital):
        import_package(path, models_folder=MODELS)
    with inside(hospital):
        assert not Installation.objects.exists()


def test_only_a_development_server_takes_an_unsigned_package_and_it_stops_with_the_setting(tmp_path):
    hospital = make_hospital()
    path = make_package(tmp_path, SmallPlugin(version="3.1.0"))
    with override_settings(ALLWARD=replace(settings.ALLWARD, unsigned_plugins=True)), inside(hospital):
        version = import_package(path, models_folder=MODELS)
        assert trust.refusal_here(version, hospital.tenant_id) is None
    with inside(hospital):
        refusal = trust.refusal_here(version, hospital.tenant_id)
        assert refusal is not None
        assert refusal.code == "unsigned"


def test_what_a_hospital_builds_under_its_own_name_is_signed_with_its_own_key(tmp_path):
    hospital, other = make_hospital(), make_hospital()
    plugin_id = own_prefix(hospital.code) + "bright"
    path = make_package(tmp_path, SmallPlugin(plugin_id=plugin_id))
    with inside(hospital):
        version = import_package(path, models_folder=MODELS)
        key = TrustedKey.objects.get(keyid=version.signer_keyid)
        assert (key.own, key.prefixes) == (True, [own_prefix(hospital.code)])
        assert AuditEvent.objects.filter(what="trusted key", what_id=key.keyid).count() == 1
        tenant = Tenant.objects.get(pk=hospital.tenant_id)
    file = settings.ALLWARD.home / "keys" / f"{tenant.code}.pem"
    assert file.stat().st_mode & 0o777 == 0o600
    assert hospital_signer(tenant.code).public_key.keyid == version.signer_keyid
    with inside(hospital):
        again = import_package(path, models_folder=MODELS)
    assert again.pk == version.pk
    with pytest.raises(UntrustedError), inside(other):
        import_package(path, models_folder=MODELS)


def test_a_hospital_that_does_not_trust_a_key_refuses_what_another_one_took_in(tmp_path):
    hospital, other = make_hospital(), make_hospital()
    path = make_package(tmp_path, SmallPlugin(version="3.2.0"))
    with inside(hospital):
        version = import_build(path, models_folder=MODELS)
    from allward.storage.place import storage

    signed = storage().path(version.storage_key)
    with pytest.raises(UntrustedError, match="not trusted here"), inside(other):
        import_package(signed, models_folder=MODELS)
    with inside(other):
        assert PluginVersion.objects.filter(pk=version.pk).exists()  # the bytes are known to the platform
        assert trust.refusal_here(version, other.tenant_id).code == "unknown"  # and new to this hospital


def test_other_content_under_a_published_version_is_refused(tmp_path):
    hospital = make_hospital()
    with inside(hospital):
        import_build(make_package(tmp_path / "a", SmallPlugin(version="3.3.0")), models_folder=MODELS)
    other = make_package(tmp_path / "b", SmallPlugin(version="3.3.0", above_hu=99.0))
    with pytest.raises(ManifestError, match="raise the version"), inside(hospital):
        import_build(other, models_folder=MODELS)
