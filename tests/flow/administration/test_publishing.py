"""A vendor hands a package in, it is checked, an operator decides, and the catalogue lists it."""

import pytest
from tests.flow.administration.forms import faults_of
from tests.flow.administration.vendors import (
    KEYS,
    REVIEW,
    SUBMISSIONS,
    decide,
    in_review,
    read_catalogue,
    vendor_at,
)
from tests.flow.tenancy.serving import client_of
from tests.flow.tenancy.stocked import make_person
from tests.platform_database import inside, run_pipeline

from allward.api.publishing_forms import (
    CheckLogForm,
    ReviewDetailForm,
    ReviewQueueForm,
    SubmissionDetailForm,
    SubmissionForm,
    VendorKeysForm,
)
from allward.audit.models import AuditEvent
from allward.publishing.models import VendorKey
from allward_sdk.check import RULES
from allward_sdk.trust.keys import PublisherKey, new_key

pytestmark = pytest.mark.timeout(600)


def published(vendor, operator, **more):
    one = in_review(vendor, **more)
    assert decide(operator, one, "accept").status_code == 200
    run_pipeline()
    said = vendor.submission(one)
    assert said["state"] == "published"
    return said


def test_a_package_goes_its_whole_way_into_the_catalogue(vendor, operators, catalogue, tmp_path):
    tenant, operator = operators
    keys = vendor.client.get(KEYS).json()
    assert not faults_of(VendorKeysForm(), keys)
    assert keys["publisher"] == f"Hospital {vendor.tenant.code}"
    one = vendor.taken(vendor.package())
    assert not faults_of(SubmissionForm(), one)
    assert (one["state"], one["may"]) == ("submitted", [])
    assert vendor.log(one) == {"state": "submitted", "check": 0, "rules": len(RULES) + 2, "lines": []}
    run_pipeline()
    log = vendor.log(one)
    assert not faults_of(CheckLogForm(), log)
    assert [line["number"] for line in log["lines"]] == list(range(1, len(RULES) + 3))
    assert {line["verdict"] for line in log["lines"]} <= {"done", "exempt"}
    assert vendor.log(one, check=1, after=len(RULES) + 1)["lines"] == log["lines"][-1:]
    assert len(vendor.log(one, check=7, after=3)["lines"]) == len(log["lines"])
    queue = operator.get(REVIEW).json()
    assert not faults_of(ReviewQueueForm(), queue)
    assert one["id"] in [case["id"] for case in queue["cases"]]
    case = operator.get(f"{REVIEW}{one['id']}/").json()
    assert not faults_of(ReviewDetailForm(), case)
    assert (case["tenant"]["code"], case["obstacles"]) == (vendor.tenant.code, [])
    assert case["model_card"].startswith("# Bright things")
    assert case["difference"] is None
    assert decide(operator, one, "accept", "welcome").json()["state"] == "accepted"
    run_pipeline()
    said = vendor.submission(one)
    assert not faults_of(SubmissionDetailForm(), said)
    assert (said["state"], said["decision"]["words"], said["may"]) == ("published", "welcome", ["yank"])
    read = read_catalogue(tmp_path / "cache")
    (entry,) = [e for e in read.entries() if e.plugin == one["plugin_id"]]
    assert (entry.digest, entry.keyid) == (one["digest"], vendor.key.keyid)
    listed = {key.keyid: key for key in read.publishers()}[vendor.key.keyid]
    assert (listed.publisher, listed.state) == (f"Hospital {vendor.tenant.code}", "active")
    with inside(vendor.tenant):
        acts = AuditEvent.objects.filter(what="submission", what_id=one["id"]).order_by("at")
        assert [row.detail["change"] for row in acts] == ["submitted", "in review", "accepted", "published"]
        assert acts[2].user_tenant_id == tenant.tenant_id
    with inside(tenant):
        acts = AuditEvent.objects.filter(what="submission", what_id=one["id"]).order_by("at")
        assert [row.detail["change"] for row in acts] == ["read", "accepted"]


def test_a_package_must_bear_the_signature_of_a_registered_active_key(url, vendor, tmp_path):
    with vendor_at(url, tmp_path / "other", prefix=vendor.prefix) as other:
        foreign = vendor.submit(other.package())
    assert (foreign.status_code, foreign.json()["code"]) == (400, "package_refused")
    assert "not trusted here" in foreign.json()["detail"]["en"]
    changed = bytearray(vendor.package().read_bytes())
    changed[len(changed) // 2] ^= 1
    (tmp_path / "changed.allward").write_bytes(changed)
    assert vendor.submit(tmp_path / "changed.allward").status_code == 400
    (key,) = vendor.client.get(KEYS).json()["keys"]
    told = {"state": "revoked", "reason": "stolen"}
    assert vendor.client.post(f"{KEYS}{key['id']}/", json=told).json()["state"] == "revoked"
    again = vendor.client.post(f"{KEYS}{key['id']}/", json={"state": "rotated", "reason": "late"})
    assert (again.status_code, again.json()["code"]) == (409, "wrong_state")
    assert "was revoked: stolen" in vendor.submit(vendor.package()).json()["detail"]["en"]
    assert vendor.client.get(SUBMISSIONS).json() == {"submissions": []}


def test_a_key_of_hospitals_and_a_text_that_is_no_key_are_not_registered(vendor):
    told = vendor.key.to_json()
    for wrong in ({**told, "prefixes": ["local.x."]}, {**told, "keyid": "0" * 64}, {"keyid": "x"}):
        answer = vendor.client.post(KEYS, json={"publishers": [wrong]})
        assert answer.status_code == 400, answer.text
    assert len(vendor.client.get(KEYS).json()["keys"]) == 1
    assert vendor.register().status_code == 201  # the same once more
    assert len(vendor.client.get(KEYS).json()["keys"]) == 1


def test_no_vendor_registers_a_whole_top_level_domain(vendor, tmp_path):
    public = new_key(tmp_path / "wide.pem")
    for prefixes in (["com."], [vendor.prefix, "cn."]):
        wide = PublisherKey.of(public, publisher="-", prefixes=prefixes)
        answer = vendor.client.post(KEYS, json={"publishers": [wide.to_json()]})
        assert answer.status_code == 400, answer.text
        assert "is nobody's alone" in answer.json()["detail"]["en"]
    own = PublisherKey.of(public, publisher="-", prefixes=[vendor.prefix])
    assert vendor.client.post(KEYS, json={"publishers": [own.to_json()]}).status_code == 201


def test_a_wide_key_that_was_registered_before_publishes_nothing(vendor, operator, catalogue):
    one = in_review(vendor)
    with inside(vendor.tenant):
        VendorKey.objects.update(prefixes=[vendor.prefix.split(".")[0] + "."])
    refused = decide(operator, one, "accept")
    assert refused.status_code == 409, refused.text
    assert "is nobody's alone" in refused.json()["detail"]["en"]


def test_the_same_version_is_handed_in_once_unless_it_was_refused_or_declined(vendor, operator):
    one = in_review(vendor)
    again = vendor.submit(vendor.package())
    assert (again.status_code, again.json()["code"]) == (409, "already_submitted")
    assert decide(operator, one, "decline", "say what it is not for").json()["state"] == "declined"
    assert vendor.submission(one)["decision"]["words"] == "say what it is not for"
    assert decide(operator, one, "accept").json()["code"] == "wrong_state"
    assert vendor.submit(vendor.package()).status_code == 201


def test_a_package_that_breaks_a_rule_is_refused_with_the_rule_and_no_operator_is_asked(vendor, operator):
    package = vendor.package(instead=("查找亮区。", "Finds what is bright."))
    one = vendor.taken(package)
    run_pipeline()
    said = vendor.submission(one)
    assert said["state"] == "refused"
    assert [line["verdict"] for line in said["failed"]] == ["failed"]
    assert said["failed"][0]["mend"]["zh"]
    assert one["id"] not in [case["id"] for case in operator.get(REVIEW).json()["cases"]]
    assert operator.get(f"{REVIEW}{one['id']}/").status_code == 404


def test_a_reviewer_sees_what_a_version_changes(vendor, operator, catalogue):
    published(vendor, operator, version="1.0.0")
    one = in_review(vendor, version="1.2.0", min_slices=9, above_hu=80.0)
    said = operator.get(f"{REVIEW}{one['id']}/").json()["difference"]
    assert said["version"] == "1.0.0"
    found = {(change["part"], change["path"]): change for change in said["changes"]}
    assert set(found) == {("models", "bright.sha256"), ("wants", "min_slices")}
    assert (found["wants", "min_slices"]["before"], found["wants", "min_slices"]["after"]) == (5, 9)


def test_a_withdrawn_version_and_a_revoked_key_are_told_by_the_catalogue(
    vendor, operator, catalogue, tmp_path
):
    one = published(vendor, operator)
    yanked = vendor.client.post(f"{SUBMISSIONS}{one['id']}/yank/", json={"reason": "left is right"})
    assert (yanked.status_code, yanked.json()["state"]) == (200, "yanked")
    assert yanked.json()["yanked"]["in_catalogue"] is None
    run_pipeline()
    assert vendor.submission(one)["yanked"]["in_catalogue"] is not None
    (key,) = vendor.client.get(KEYS).json()["keys"]
    vendor.client.post(f"{KEYS}{key['id']}/", json={"state": "revoked", "reason": "stolen"})
    run_pipeline()
    read = read_catalogue(tmp_path / "cache")
    (entry,) = [e for e in read.entries() if e.plugin == one["plugin_id"]]
    assert entry.yanked == "left is right"
    (listed,) = [k for k in read.publishers() if k.keyid == key["keyid"]]
    assert (listed.state, listed.reason) == ("revoked", "stolen")


def test_an_operator_withdraws_what_a_vendor_published(vendor, operator, catalogue):
    one = published(vendor, operator)
    answer = operator.post(f"{REVIEW}{one['id']}/yank/", json={"reason": "wrong side"})
    assert answer.json()["state"] == "yanked"
    run_pipeline()
    assert vendor.submission(one)["yanked"]["reason"] == "wrong side"


def test_nobody_publishes_under_the_ids_of_somebody_else(url, vendor, operator, catalogue, tmp_path):
    published(vendor, operator)
    with vendor_at(url, tmp_path / "squatter", prefix=vendor.prefix) as squatter:
        one = in_review(squatter, version="2.0.0")
        (said,) = operator.get(f"{REVIEW}{one['id']}/").json()["obstacles"]
        assert f"Hospital {vendor.tenant.code}" in said["en"]
        refused = decide(operator, one, "accept")
        assert (refused.status_code, refused.json()["code"]) == (409, "cannot_be_published")
        assert squatter.submission(one)["state"] == "in review"


def test_without_a_catalogue_nothing_is_accepted_and_the_operator_is_told_why(vendor, operator, catalogue):
    one = in_review(vendor)
    aside = catalogue.folder.with_name("catalogue-aside")
    catalogue.folder.rename(aside)
    try:
        (said,) = operator.get(f"{REVIEW}{one['id']}/").json()["obstacles"]
        assert "allward catalogue init" in said["en"]
        assert decide(operator, one, "accept").status_code == 409
    finally:
        aside.rename(catalogue.folder)
    assert decide(operator, one, "accept").status_code == 200


def test_a_vendor_sees_nothing_of_another_vendor_and_no_study(url, vendor, operator, tmp_path):
    one = in_review(vendor)
    (key,) = vendor.client.get(KEYS).json()["keys"]
    with vendor_at(url, tmp_path / "other") as other:
        assert other.client.get(SUBMISSIONS).json() == {"submissions": []}
        assert [k["keyid"] for k in other.client.get(KEYS).json()["keys"]] == [other.key.keyid]
        for method, path in (
            ("GET", f"{SUBMISSIONS}{one['id']}/"), ("GET", f"{SUBMISSIONS}{one['id']}/log/"),
            ("POST", f"{SUBMISSIONS}{one['id']}/yank/"), ("POST", f"{KEYS}{key['id']}/"),
        ):  # fmt: skip
            body = {"reason": "x", "state": "revoked"} if method == "POST" else None
            assert other.client.request(method, path, json=body).status_code == 404, path
        for path in ("/api/v1/worklist/", REVIEW, f"{REVIEW}{one['id']}/", "/api/v1/usage/"):
            assert other.client.get(path).status_code == 403, path
    assert vendor.client.get(REVIEW).status_code == 403


def test_nobody_decides_on_what_he_has_handed_in_himself(url, vendor, catalogue):
    both = make_person(vendor.tenant, "vendor", "platform_operator")
    with client_of(url, both, "bearer") as client:
        package = vendor.package(version="3.0.0").read_bytes()
        one = client.post(SUBMISSIONS, content=package).json()
        run_pipeline()
        own = decide(client, one, "accept")
        assert (own.status_code, own.json()["code"]) == (409, "own_submission")
    assert vendor.submission(one)["state"] == "in review"
