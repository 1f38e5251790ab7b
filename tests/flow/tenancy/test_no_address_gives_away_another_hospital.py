"""Every address, web socket and AE title, asked by one hospital with the ids of another: nothing is found.

Both hospitals hold other images under the same UIDs. Generated from what the platform serves; an address
that is missing from the table in `addresses.py` fails.
"""

import json
import subprocess
import time
from uuid import UUID

import httpx
import pytest
from django.urls import get_resolver, path
from tests.flow.ingest.nodes import running_node, storescu
from tests.flow.tenancy.addresses import (
    CATALOGUE,
    DICOMWEB,
    METRICS,
    PAGES,
    TABLE,
    Call,
    dicomweb_call,
    django_addresses,
    raw_addresses,
    same_uids,
    template_of,
    unknown,
)
from tests.flow.tenancy.fingerprint import fingerprint
from tests.flow.tenancy.serving import WAYS, client_of, socket_headers
from tests.flow.tenancy.stocked import make_person
from tests.platform_database import inside, run_pipeline
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Origin

from allward.api.raw import ROUTES
from allward.api.studies import StudyView
from allward.archive.routes import Route
from allward.identity.permissions import VIEW
from allward.ingest.models import SenderRule
from allward.ingest.place import spool
from allward.runs.models import Job
from allward.studies.events import StudyChanged
from allward.studies.models import Instance, InstanceConflict
from allward.worklist.announce import announce_study

GONE = (403, 404)


def send(client: httpx.Client, call: Call) -> httpx.Response:
    headers = {"content-type": call.content_type} if call.content_type else None
    return client.request(call.method, call.path, json=call.body, content=call.content, headers=headers)


def assert_silent(answer: httpx.Response, theirs, *, to_operators: bool = False) -> None:
    """Nothing of another hospital; an operator may be told its id and code, which are no data of its own."""
    said = answer.content + repr(answer.headers.raw).encode()
    known = {str(theirs.hospital.tenant_id).encode(), theirs.code.encode()} if to_operators else set()
    leaked = [secret for secret in theirs.secrets if secret in said and secret not in known]
    assert not leaked, f"{answer.request.method} {answer.request.url} gives away {leaked}"


def raw_table():
    return [(method, template_of(pattern)) for method, pattern in raw_addresses(ROUTES.routes)]


def test_every_address_that_is_served_is_in_the_table_and_no_other():
    served = list(django_addresses(get_resolver().url_patterns))
    assert not unknown(served, [*TABLE, *PAGES])
    assert not unknown(raw_table(), DICOMWEB)


def test_an_address_that_is_missing_from_the_table_is_noticed():
    planted = path("api/v1/planted/<uuid:study_id>/", StudyView.as_view())
    served = list(django_addresses([*get_resolver().url_patterns, planted]))
    assert unknown(served, [*TABLE, *PAGES]) == {("GET", "api/v1/planted/<uuid:study_id>/")}
    route = Route("GET", r"/studies/(?P<study>[0-9.]{1,64})/planted", ROUTES.routes[0].handler, VIEW)
    more = [(m, template_of(p)) for m, p in raw_addresses([*ROUTES.routes, route])]
    assert unknown(more, DICOMWEB) == {("GET", "/studies/{study}/planted")}


def test_both_hospitals_hold_other_bytes_under_the_same_uids(two):
    assert same_uids(two.mine, two.theirs)
    assert two.mine.study_instance_uid == two.theirs.study_instance_uid


@pytest.mark.parametrize("way", WAYS)
def test_no_rest_address_gives_away_or_changes_another_hospitals_things(two, way):
    before = fingerprint(two.theirs.hospital)
    with client_of(two.url, two.mine.person, way) as client:
        for (method, route), address in TABLE.items():
            for call in address.with_theirs(two.mine, two.theirs):
                answer = send(client, call)
                assert_silent(answer, two.theirs, to_operators=address.tells_operators)
                if not address.lists:
                    assert answer.status_code in GONE, f"{method} {route}: {answer.status_code}"
                assert answer.status_code < 500
        for page, call in PAGES.items():
            assert_silent(send(client, call), two.theirs, to_operators=page == METRICS)
        for call in CATALOGUE:
            assert_silent(send(client, call), two.theirs)
    assert fingerprint(two.theirs.hospital) == before


def test_who_administers_a_hospital_learns_nothing_of_others_from_the_engine(two):
    with inside(two.theirs.hospital):
        assert Job.objects.filter(state="scheduled").exists()
    administrator = make_person(two.mine.hospital, "tenant_administrator")
    with client_of(two.url, administrator, "bearer") as client:
        answer = client.get("/api/v1/engine/").raise_for_status()
        assert_silent(answer, two.theirs)
        assert {row["hospital"]["code"] for row in answer.json()["queue"]} <= {two.mine.hospital.code}
        assert client.get("/metrics").status_code == 403


@pytest.mark.parametrize("way", WAYS)
def test_no_dicomweb_address_gives_away_or_changes_another_hospitals_images(two, way):
    before = fingerprint(two.theirs.hospital)
    theirs = client_of(two.url, two.theirs.person, "bearer")
    with client_of(two.url, two.mine.person, way) as client, theirs as owner:
        for (method, template), of_bytes in DICOMWEB.items():
            mine = send(client, dicomweb_call(method, template, two.theirs, content=two.mine))
            assert mine.status_code == 200, f"{method} {template}: {mine.text}"
            assert_silent(mine, two.theirs)
            asked = dicomweb_call(method, template, two.theirs, content=two.mine, code=two.theirs.code)
            refused = send(client, asked)
            assert refused.status_code in GONE, f"{method} {asked.path}: {refused.status_code}"
            assert_silent(refused, two.theirs)
            if of_bytes:
                whole = send(owner, dicomweb_call(method, template, two.theirs, content=two.theirs))
                assert whole.status_code == 200
                assert whole.content != mine.content, f"{template} is the same in both hospitals"
    after = fingerprint(two.theirs.hospital)
    changed = {table for table in before if before[table] != after[table]}
    assert changed <= {"audit_auditevent"}  # the owner's own looks


def test_nobody_gets_anything_without_credentials(two):
    with httpx.Client(base_url=two.url) as client:
        for address in TABLE.values():
            for call in (
                [address.own(two.theirs)] if address.own(two.theirs).path != "/api/v1/session/" else []
            ):
                answer = send(client, call)
                assert answer.status_code == (200 if "schema" in call.path else 401), call
                assert_silent(answer, two.theirs)
        for method, template in DICOMWEB:
            for code in ("", two.theirs.code):
                call = dicomweb_call(method, template, two.theirs, content=two.mine, code=code)
                answer = send(client, call)
                assert answer.status_code == 401
                assert_silent(answer, two.theirs)


def _announce(hospital) -> None:
    with inside(hospital.hospital):
        announce_study(StudyChanged(study_id=hospital.study_id))


@pytest.mark.parametrize("way", WAYS)
def test_the_web_socket_tells_each_hospital_its_own_words_alone(two, way):
    address = two.url.replace("http", "ws", 1) + "/ws/"
    headers = [socket_headers(two.url, each.person, way) for each in (two.mine, two.theirs)]
    with (
        connect(address, additional_headers=headers[0]) as mine,
        connect(address, additional_headers=headers[1]) as theirs,
    ):
        mine.send(json.dumps({"type": "live.word", "tenant_id": str(two.theirs.hospital.tenant_id)}))
        time.sleep(0.5)  # until both have joined their groups
        _announce(two.theirs)
        _announce(two.mine)
        word = mine.recv(timeout=10)
        assert two.mine.word in word
        assert not [secret for secret in two.theirs.secrets if secret.decode() in word]
        with pytest.raises(TimeoutError):
            mine.recv(timeout=0.3)
        assert two.theirs.word in theirs.recv(timeout=10)


def test_a_socket_without_credentials_or_from_another_site_is_closed(two):
    address = two.url.replace("http", "ws", 1) + "/ws/"
    cookie = socket_headers(two.url, two.theirs.person, "session")
    with connect(address) as stranger, pytest.raises(ConnectionClosed) as closed:
        stranger.recv(timeout=10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401
    with (
        pytest.raises(Exception, match="HTTP 403"),
        connect(address, additional_headers=cookie, origin=Origin("https://evil.example")),
    ):
        pass


def _conflicts(hospital) -> int:
    with inside(hospital):
        return InstanceConflict.objects.count()


def test_what_is_sent_to_one_hospitals_ae_title_reaches_no_other(two):
    with inside(two.mine.hospital):
        titles = set(SenderRule.objects.values_list("called_ae_title", flat=True))
    with inside(two.theirs.hospital):
        titles |= set(SenderRule.objects.values_list("called_ae_title", flat=True))
    assert titles == {two.mine.ae_title, two.theirs.ae_title}
    with running_node(spool()) as node:
        for title in titles:
            where = ["-aec", title, "127.0.0.1", str(node.port)]
            assert subprocess.run(["echoscu", *where], check=False).returncode == 0
            query = ["findscu", "-S", "-k", "QueryRetrieveLevel=STUDY", "-k", "PatientName=*", *where]
            found = subprocess.run(query, capture_output=True, check=False)
            said = found.stdout + found.stderr
            for each in (two.mine, two.theirs):
                assert not [secret for secret in each.secrets if secret in said and secret != title.encode()]
    for sender, receiver in ((two.mine, two.theirs), (two.theirs, two.mine)):
        untouched = fingerprint(receiver.hospital)
        with running_node(spool()) as node:
            code, said = storescu(node.port, *sender.files[:2], called=sender.ae_title)
        assert code == 0, said
        assert not [secret for secret in receiver.secrets if secret.decode() in said]
        assert fingerprint(receiver.hospital) == untouched


def test_other_bytes_under_a_known_uid_never_replace_the_first_ones(two):
    before = _conflicts(two.theirs.hospital)
    untouched = fingerprint(two.mine.hospital)
    with running_node(spool()) as node:
        assert storescu(node.port, two.mine.files[0], called=two.theirs.ae_title)[0] == 0
    assert _conflicts(two.theirs.hospital) == before + 1
    assert fingerprint(two.mine.hospital) == untouched
    with inside(two.theirs.hospital):
        keys = Instance.objects.values_list("storage_key", flat=True)
        assert all(UUID(key.split("/")[0]) == two.theirs.hospital.tenant_id for key in keys)


def test_the_owner_gets_all_of_it(two):
    """The control: the same calls succeed for whom they belong to, so the refusals above mean something."""
    owner = two.theirs
    ordered = sorted(TABLE.items(), key=lambda item: item[1].last)
    seen = b""
    with client_of(two.url, owner.person, "session") as client:
        for (method, template), _ in DICOMWEB.items():
            for code in ("", owner.code):
                answer = send(client, dicomweb_call(method, template, owner, content=owner, code=code))
                expected = 404 if method == "POST" and code else 200
                assert answer.status_code == expected, f"{method} {template}: {answer.text}"
    with client_of(two.url, owner.person, "session") as client:
        for (method, route), address in ordered:
            answer = send(client, address.own(owner))
            client.headers["x-csrftoken"] = client.cookies.get("csrftoken") or ""  # sign-in gives a new one
            assert answer.is_success, f"{method} {route}: {answer.status_code} {answer.text}"
            seen += answer.content
    for told in (owner.word, owner.study_id, owner.finding_ids[0], owner.delivery_id, owner.destination_id):
        assert str(told).encode() in seen
    run_pipeline()
