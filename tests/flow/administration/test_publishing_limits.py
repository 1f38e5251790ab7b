"""A vendor takes no more of the platform than its share, and nothing that is somebody else's."""

from uuid import UUID

import pytest
from tests.flow.administration.forms import faults_of
from tests.flow.administration.vendors import SUBMISSIONS, decide, in_review
from tests.platform_database import inside, run_pipeline

from allward.api.publishing_forms import SubmissionDetailForm
from allward.publishing.actions import begin_check, change_key, submitting
from allward.publishing.events import PackageSubmitted, SubmissionTurnedDown, VendorKeyChanged
from allward.publishing.kept import key_of
from allward.publishing.models import Submission, VendorKey
from allward.publishing.states import KeyState
from allward.publishing.steps import check_submission, discard_package, tell_catalogue_of_key
from allward.storage.place import storage
from allward.tenancy.scope import Scope, carrying
from allward_sdk.errors import TemporaryError

pytestmark = pytest.mark.timeout(600)


def kept(vendor, one):
    return storage().path(key_of(vendor.tenant.tenant_id, UUID(one["id"])))


def pipeline_of(vendor):
    return carrying(Scope.of_tenant(vendor.tenant.tenant_id, actor="pipeline"))


def test_the_bytes_of_a_declined_package_go_and_its_row_stays(vendor, operator):
    one = in_review(vendor)
    assert kept(vendor, one).exists()
    decide(operator, one, "decline", "not yet")
    run_pipeline()
    assert not kept(vendor, one).exists()
    with pipeline_of(vendor):
        discard_package(SubmissionTurnedDown(UUID(one["id"])))  # a killed worker does it once more
    said = vendor.submission(one)
    assert not faults_of(SubmissionDetailForm(), said)
    assert (said["state"], said["digest"], said["model_card"]) == ("declined", one["digest"], "")
    waiting = vendor.taken(vendor.package())
    with pipeline_of(vendor):
        discard_package(SubmissionTurnedDown(UUID(waiting["id"])))
    assert kept(vendor, waiting).exists()


def test_changed_bytes_are_refused_before_they_are_checked_and_go(vendor):
    one = vendor.taken(vendor.package())
    with kept(vendor, one).open("ab") as file:
        file.write(b"more")
    run_pipeline()
    said = vendor.submission(one)
    assert said["state"] == "refused"
    assert "not those that were handed in" in said["refusal"]["en"]
    assert not kept(vendor, one).exists()


def test_changed_bytes_are_not_published(vendor, operator, catalogue):
    one = in_review(vendor)
    assert decide(operator, one, "accept").status_code == 200
    with kept(vendor, one).open("ab") as file:
        file.write(b"more")
    run_pipeline()
    assert vendor.submission(one)["state"] == "in review"
    assert one["plugin_id"] not in [entry.plugin for entry in catalogue.entries()]


def test_what_waits_is_bounded_in_bytes_and_checks_without_an_end_in_a_day(vendor, monkeypatch):
    package = vendor.package()
    monkeypatch.setattr(submitting, "MOST_WAITING_BYTES", package.stat().st_size - 1)
    refused = vendor.submit(package)
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_open")
    monkeypatch.undo()
    one = vendor.taken(package)
    with inside(vendor.tenant):
        Submission.objects.filter(pk=one["id"]).update(state="refused", refusal={"en": "-", "zh": "-"})
    monkeypatch.setattr(submitting, "MOST_BROKEN_OFF", 1)
    refused = vendor.submit(package)
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_open")
    assert "tomorrow" in refused.json()["detail"]["en"]
    assert len(vendor.client.get(SUBMISSIONS).json()["submissions"]) == 1


def test_one_package_of_a_vendor_is_checked_at_a_time(vendor):
    first, second = (vendor.taken(vendor.package(version)) for version in ("1.0.0", "1.1.0"))
    with pipeline_of(vendor):
        begin_check(UUID(first["id"]))
        with pytest.raises(TemporaryError, match="another package of this vendor"):
            check_submission(PackageSubmitted(UUID(second["id"])))


def test_who_registers_a_key_that_the_command_line_listed_does_not_own_it(vendor, operator, catalogue):
    one = in_review(vendor)
    catalogue.list_publisher(vendor.key)
    (said,) = operator.get(f"/api/v1/review/submissions/{one['id']}/").json()["obstacles"]
    assert "belongs to Whoever" in said["en"]
    catalogue.add_package(kept(vendor, one))
    found = operator.get(f"/api/v1/review/submissions/{one['id']}/").json()["obstacles"]
    assert "already" in found[-1]["en"]
    assert decide(operator, one, "accept").json()["code"] == "cannot_be_published"


def test_a_revocation_waits_for_a_catalogue_that_is_away(vendor, operator, catalogue):
    one = in_review(vendor)
    decide(operator, one, "accept")
    run_pipeline()
    assert vendor.submission(one)["state"] == "published"
    aside = catalogue.folder.with_name("catalogue-aside")
    with inside(vendor.tenant):
        row = change_key(VendorKey.objects.get().pk, state=KeyState.REVOKED, reason="stolen")
    catalogue.folder.rename(aside)
    try:
        with pipeline_of(vendor), pytest.raises(TemporaryError):
            tell_catalogue_of_key(VendorKeyChanged(row.pk))
    finally:
        aside.rename(catalogue.folder)
    run_pipeline()
    (listed,) = [key for key in catalogue.publishers() if key.keyid == vendor.key.keyid]
    assert (listed.state, listed.reason) == ("revoked", "stolen")
