"""A hospital that lets another one read: exactly what the grant says, until the moment that it ends."""

import time
from contextlib import contextmanager
from typing import Any

import pytest
from django.utils.timezone import now
from tests.flow.tenancy.addresses import DICOMWEB, TABLE, Call, dicomweb_call
from tests.flow.tenancy.fingerprint import fingerprint
from tests.flow.tenancy.serving import client_of, socket_headers
from tests.platform_database import inside
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from allward.audit.models import AuditEvent
from allward.identity.actions import revoke_token
from allward.results.models import Review
from allward.studies.events import StudyChanged
from allward.tenancy.actions import grant_reading, revoke_grant
from allward.tenancy.models import SharingGrant
from allward.worklist.announce import announce_study

READS = (
    "studies/<uuid:study_id>/", "studies/<uuid:study_id>/results/",
    "studies/<uuid:study_id>/patient-candidates/", "segmentations/<uuid:segmentation_id>/labelmap/",
)  # fmt: skip
NEVER = (
    "patients/<uuid:patient_id>/link/", "runs/<uuid:run_id>/cancel/", "runs/<uuid:run_id>/repeat/",
    "deliveries/<uuid:delivery_id>/retry/",
)  # fmt: skip


@contextmanager
def granted(two: Any, *, may_review: bool):
    with inside(two.theirs.hospital):
        grant = grant_reading(reader_tenant_id=two.mine.hospital.tenant_id, may_review=may_review)
    try:
        yield grant
    finally:
        with inside(two.theirs.hospital):
            revoke_grant(grant_id=grant.pk)


def _send(client, call: Call):
    headers = {"content-type": call.content_type} if call.content_type else None
    return client.request(call.method, call.path, json=call.body, content=call.content, headers=headers)


def _reads(two, client) -> list[int]:
    """Ask for all that a grant opens; return the statuses."""
    calls = [TABLE["GET", f"api/v1/{route}"].own(two.theirs) for route in READS]
    for method, template in DICOMWEB:
        if method == "GET":
            calls.append(dicomweb_call(method, template, two.theirs, content=two.mine, code=two.theirs.code))
    return [_send(client, call).status_code for call in calls]


def _lines(client) -> str:
    return client.get("/api/v1/worklist/").text


@pytest.mark.parametrize("may_review", [False, True])
def test_a_grant_opens_what_there_is_to_read_and_nothing_that_changes_it(two, may_review):
    with client_of(two.url, two.mine.person, "bearer") as client, granted(two, may_review=may_review):
        assert two.theirs.word in _lines(client)
        assert set(_reads(two, client)) == {200}
        readable = client.get("/api/v1/session/").json()["readable_tenants"]
        assert {tenant["code"] for tenant in readable} == {two.mine.code, two.theirs.code}
        before = fingerprint(two.theirs.hospital)
        for route in NEVER:
            for call in TABLE["POST", f"api/v1/{route}"].with_theirs(two.mine, two.theirs):
                assert _send(client, call).status_code == 404, route
        for path in ("destinations/", "deliveries/", "tokens/"):
            assert two.theirs.word not in client.get(f"/api/v1/{path}").text
        post = dicomweb_call("POST", "/studies", two.theirs, content=two.mine, code=two.theirs.code)
        assert _send(client, post).status_code == 404
        assert fingerprint(two.theirs.hospital) == before


def test_what_a_grant_opens_stays_apart_where_no_hospital_is_named(two):
    """The same UIDs: without a code in the path it is our own study, whatever else we may read."""
    with client_of(two.url, two.mine.person, "bearer") as client, granted(two, may_review=False):
        for (method, template), of_bytes in DICOMWEB.items():
            if method == "GET":
                own = _send(client, dicomweb_call(method, template, two.theirs, content=two.mine))
                assert two.theirs.word.encode() not in own.content, template
                named = dicomweb_call(method, template, two.theirs, content=two.mine, code=two.theirs.code)
                assert not of_bytes or _send(client, named).content != own.content, template


def test_looking_at_a_partners_study_stands_in_the_partners_audit_trail(two):
    began = now()
    with client_of(two.url, two.mine.person, "bearer") as client, granted(two, may_review=False):
        client.get(f"/api/v1/studies/{two.theirs.study_id}/").raise_for_status()
    with inside(two.theirs.hospital):
        row = AuditEvent.objects.get(action="view", what_id=str(two.theirs.study_id), at__gte=began)
    assert (row.user_id, row.user_tenant_id) == (two.mine.person.user_id, two.mine.hospital.tenant_id)


def test_reading_is_not_reviewing(two):
    path = f"/api/v1/findings/{two.theirs.finding_ids[0]}/review/"
    word = {"decision": "accept", "reason": None, "version": 1}
    with client_of(two.url, two.mine.person, "bearer") as client, granted(two, may_review=False):
        answer = client.post(path, json=word)
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    with inside(two.theirs.hospital):
        assert not Review.objects.exists()


def test_a_partners_review_belongs_to_the_datas_hospital_and_names_the_authors(two):
    path = f"/api/v1/findings/{two.theirs.finding_ids[0]}/review/"
    with client_of(two.url, two.mine.person, "bearer") as client, granted(two, may_review=True):
        answer = client.post(path, json={"decision": "accept", "reason": None, "version": 1})
        assert answer.status_code == 200
        assert answer.json()["review"]["state"] == "accepted"
        back = client.post(path, json={"decision": "reset", "reason": None, "version": 2})
        assert back.status_code == 200
    with inside(two.theirs.hospital):
        reviews = list(Review.objects.all())
    assert len(reviews) == 2
    for review in reviews:
        assert review.tenant_id == two.theirs.hospital.tenant_id
        assert review.author_tenant_id == two.mine.hospital.tenant_id
        assert review.author_id == two.mine.person.user_id
    with inside(two.mine.hospital):
        assert not Review.objects.exists()


def test_a_grant_that_is_narrowed_takes_reviewing_away(two):
    with granted(two, may_review=True), granted(two, may_review=False), inside(two.theirs.hospital):
        valid = SharingGrant.objects.filter(revoked_at=None)
        assert list(valid.values_list("may_review", flat=True)) == [False]


def test_after_the_end_of_a_grant_there_is_nothing(two):
    with client_of(two.url, two.mine.person, "bearer") as client:
        with granted(two, may_review=True):
            assert 200 in _reads(two, client)
        assert set(_reads(two, client)) == {404}
        assert two.theirs.word not in _lines(client)
        review = TABLE["POST", "api/v1/findings/<uuid:finding_id>/review/"].own(two.theirs)
        assert _send(client, review).status_code == 404
    with inside(two.theirs.hospital):
        SharingGrant.objects.create(
            reader_tenant_id=two.mine.hospital.tenant_id, valid_until=now(), granted_by="x", may_review=True
        )
    with client_of(two.url, two.mine.person, "bearer") as client:
        assert set(_reads(two, client)) == {404}


def _announce(stocked) -> None:
    with inside(stocked.hospital):
        announce_study(StudyChanged(study_id=stocked.study_id))


@contextmanager
def listening(two, way: str):
    address = two.url.replace("http", "ws", 1) + "/ws/"
    headers = socket_headers(two.url, two.mine.person, way)
    with connect(address, additional_headers=headers) as socket:
        time.sleep(0.5)
        yield socket, headers


def test_a_socket_that_is_open_hears_a_partner_only_while_the_grant_lasts(two):
    with listening(two, "bearer") as (socket, _):
        with granted(two, may_review=False):
            time.sleep(0.2)
        with granted(two, may_review=False), listening(two, "session") as (other, _):
            _announce(two.theirs)
            assert two.theirs.word in other.recv(timeout=10)
        time.sleep(0.3)
        _announce(two.theirs)
        _announce(two.mine)
        assert two.mine.word in socket.recv(timeout=10)


def test_a_socket_loses_a_partner_at_the_moment_of_revocation(two):
    with granted(two, may_review=False) as grant, listening(two, "basic") as (socket, _):
        _announce(two.theirs)
        assert two.theirs.word in socket.recv(timeout=10)
        with inside(two.theirs.hospital):
            revoke_grant(grant_id=grant.pk)
        _announce(two.theirs)
        _announce(two.mine)
        assert two.mine.word in socket.recv(timeout=10)


def test_sign_out_closes_the_sockets_of_the_session_and_no_others(two):
    with listening(two, "bearer") as (kept, _), client_of(two.url, two.mine.person, "session") as client:
        cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        address = two.url.replace("http", "ws", 1) + "/ws/"
        with connect(address, additional_headers={"cookie": cookies}) as socket:
            time.sleep(0.3)
            assert client.delete("/api/v1/session/").status_code == 204
            with pytest.raises(ConnectionClosed) as closed:
                socket.recv(timeout=10)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4401
        _announce(two.mine)
        assert two.mine.word in kept.recv(timeout=10)


def test_a_revoked_token_closes_its_sockets(two):
    with listening(two, "bearer") as (socket, _):
        with inside(two.mine.hospital):
            assert revoke_token(token_id=two.mine.person.token_id)
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=10)
