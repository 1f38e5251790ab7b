"""A check that dies begins anew, and a kill between catalogue and row is mended."""

import os
import signal
import threading
import time
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection
from tests.flow.administration.vendors import decide, in_review, read_catalogue
from tests.platform_database import inside, run_pipeline

from allward.kernel.clock import now
from allward.publishing import steps
from allward.publishing.actions import (
    CheckTakenOverError,
    begin_check,
    claim_key,
    end_check,
    note_line,
)
from allward.publishing.actions.checking import MOST_CHECKS
from allward.publishing.catalogue import changing_catalogue, listed_form
from allward.publishing.checker import NotConfinedError
from allward.publishing.events import PackageSubmitted
from allward.publishing.models import Submission, VendorKey
from allward.publishing.steps import check_submission
from allward.storage.place import storage
from allward.tenancy.scope import Scope, carrying
from allward_sdk.check import RULES
from allward_sdk.errors import TemporaryError

pytestmark = pytest.mark.timeout(600)

LINE = {
    "level": "runs", "rule": {"en": "r", "zh": "规"}, "verdict": "failed", "faults": [], "reason": "",
    "mend": None,
}  # fmt: skip


def lease_ends(tenant, one):
    with inside(tenant):
        Submission.objects.filter(pk=one["id"]).update(check_until=now())


def test_a_check_that_died_begins_anew_and_the_dead_one_is_not_believed(vendor):
    one = vendor.taken(vendor.package())
    with carrying(Scope.of_tenant(vendor.tenant.tenant_id, actor="pipeline")):
        dead = begin_check(UUID(one["id"]))
        note_line(dead, 1, LINE)
        with pytest.raises(TemporaryError):
            check_submission(PackageSubmitted(UUID(one["id"])))
    assert [line["verdict"] for line in vendor.log(one)["lines"]] == ["failed"]
    lease_ends(vendor.tenant, one)
    run_pipeline()
    log = vendor.log(one)
    assert (log["state"], log["check"], len(log["lines"])) == ("in review", 2, len(RULES) + 2)
    with carrying(Scope.of_tenant(vendor.tenant.tenant_id, actor="pipeline")):
        with pytest.raises(CheckTakenOverError):
            note_line(dead, 2, LINE)
        with pytest.raises(CheckTakenOverError):
            end_check(dead)
        assert begin_check(UUID(one["id"])) is None


def test_a_killed_process_of_a_check_is_followed_by_another(vendor):
    one = vendor.taken(vendor.package())
    said = []

    def check():
        try:
            with carrying(Scope.of_tenant(vendor.tenant.tenant_id, actor="pipeline")):
                check_submission(PackageSubmitted(UUID(one["id"])))
        except TemporaryError as error:
            said.append(str(error))
        finally:
            connection.close()

    thread = threading.Thread(target=check)
    thread.start()
    os.kill(process_that_checks(one["id"]), signal.SIGKILL)
    thread.join(timeout=60)
    assert said == ["the process that checks a package ended with -9: "]
    assert vendor.submission(one)["state"] == "checking"
    run_pipeline()
    assert (vendor.log(one)["state"], vendor.log(one)["check"]) == ("in review", 2)


def process_that_checks(submission_id: str) -> int:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                words = (folder / "cmdline").read_bytes()
            except OSError:
                continue
            if b"checking_process" in words and submission_id.encode() in words:
                return int(folder.name)
    raise AssertionError("no process checks the package")


def test_a_package_whose_check_dies_again_and_again_is_refused(vendor):
    one = vendor.taken(vendor.package())
    for _ in range(MOST_CHECKS):
        with carrying(Scope.of_tenant(vendor.tenant.tenant_id, actor="pipeline")):
            begin_check(UUID(one["id"]))
        lease_ends(vendor.tenant, one)
    run_pipeline()
    said = vendor.submission(one)
    assert said["state"] == "refused"
    assert f"{MOST_CHECKS} times" in said["refusal"]["en"]


def test_a_kill_between_the_catalogue_and_the_row_is_mended(
    vendor,
    operator,
    catalogue,
    tmp_path,
):
    one = in_review(vendor)
    assert decide(operator, one, "accept").status_code == 200
    with inside(vendor.tenant), changing_catalogue() as repository:
        row = Submission.objects.get(pk=one["id"])
        claim_key(row.keyid)
        repository.list_publisher(listed_form(VendorKey.objects.get(keyid=row.keyid), repository))
        repository.add_package(storage().path(row.storage_key))
    assert vendor.submission(one)["state"] == "accepted"
    run_pipeline()
    assert vendor.submission(one)["state"] == "published"
    assert [e.version for e in read_catalogue(tmp_path).entries() if e.plugin == one["plugin_id"]] == [
        "1.0.0"
    ]


def test_what_the_catalogue_does_not_take_goes_back_to_the_operators(vendor, operator, catalogue):
    one = in_review(vendor)
    assert decide(operator, one, "accept").status_code == 200
    with inside(vendor.tenant):
        VendorKey.objects.update(state="revoked", reason="stolen meanwhile")
    run_pipeline()
    said = operator.get(f"/api/v1/review/submissions/{one['id']}/").json()
    assert said["state"] == "in review"
    assert "is revoked" in said["fault"]


def test_no_package_is_refused_because_this_machine_cannot_confine_its_check(vendor, monkeypatch):
    one = vendor.taken(vendor.package())

    def unconfined(*_):
        raise NotConfinedError("no means")
        yield

    with monkeypatch.context() as during:
        during.setattr(steps, "checked_lines", unconfined)
        for _ in range(MOST_CHECKS + 1):
            scope = Scope.of_tenant(vendor.tenant.tenant_id, actor="pipeline")
            with carrying(scope), pytest.raises(NotConfinedError):
                check_submission(PackageSubmitted(UUID(one["id"])))
    run_pipeline()
    assert (vendor.log(one)["state"], vendor.log(one)["check"]) == ("in review", 1)
