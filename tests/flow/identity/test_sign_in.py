"""Sessions of the pages: how they begin, what they need to change anything, and how they end."""

from contextlib import ExitStack

import httpx
import pytest
from tests.flow.identity.asking import SESSION, ask_by_basic, assert_refused, user_of
from tests.flow.tenancy.serving import WAYS, client_of, sign_in
from tests.flow.tenancy.stocked import make_person
from tests.platform_database import inside, make_hospital

from allward.identity.actions import add_user
from allward.identity.models import Membership, User


def test_a_page_signs_in_and_out(page, person):
    assert page.get(SESSION).status_code == 401
    assert sign_in(page, person.username, person.password).status_code == 200
    assert page.get(SESSION).json()["username"] == person.username
    assert page.delete(SESSION).status_code == 204
    assert_refused(page.get(SESSION), "not_authenticated")


def test_a_session_key_that_was_copied_is_worth_nothing_after_sign_out(url, page, person):
    sign_in(page, person.username, person.password)
    key = page.cookies["sessionid"]
    with httpx.Client(base_url=url, cookies={"sessionid": key}) as thief:
        assert thief.get(SESSION).status_code == 200
        page.delete(SESSION)
        assert thief.get(SESSION).status_code == 401


@pytest.mark.parametrize("token", [None, "", "wrong", "a" * 32, "b" * 64])
def test_a_session_changes_nothing_without_its_anti_forgery_token(page, person, token):
    sign_in(page, person.username, person.password)
    headers = {name: value for name, value in page.headers.items() if name != "x-csrftoken"}
    page.headers = httpx.Headers(headers if token is None else {**headers, "x-csrftoken": token})
    for answer in (page.post("/api/v1/tokens/", json={"name": "x"}), page.delete(SESSION)):
        assert answer.status_code == 403
        assert_refused(answer, "csrf")
    assert page.get(SESSION).status_code == 200


def test_another_persons_anti_forgery_token_does_not_fit(url, page, person, hospital):
    sign_in(page, person.username, person.password)
    other = make_person(hospital, "radiologist")
    with client_of(url, other, "session") as theirs:
        answer = page.post(
            "/api/v1/tokens/", json={"name": "x"}, headers={"x-csrftoken": theirs.cookies["csrftoken"]}
        )
    assert answer.status_code == 403


def test_signing_in_needs_the_anti_forgery_token_too(page, person):
    page.get(SESSION)
    body = {"username": person.username, "password": person.password}
    assert page.post(SESSION, json=body).status_code == 403


def test_a_planted_session_and_a_planted_token_are_not_taken_over(url, page, person, hospital):
    attacker = make_person(hospital, "radiologist")
    with client_of(url, attacker, "session") as evil:
        for name in ("sessionid", "csrftoken"):
            page.cookies.set(name, evil.cookies[name])
        planted = dict(evil.cookies)
        page.headers["x-csrftoken"] = planted["csrftoken"]
        body = {"username": person.username, "password": person.password}
        assert page.post(SESSION, json=body).status_code == 200
        held = {cookie.name: cookie.value for cookie in page.cookies.jar if cookie.domain}
        assert held["sessionid"] != planted["sessionid"]
        assert held["csrftoken"] != planted["csrftoken"]
        assert evil.get(SESSION).status_code == 401  # the planted session is over, not shared


def test_an_invented_session_key_is_not_taken_over(page, person):
    page.cookies.set("sessionid", "q" * 32)
    page.get(SESSION)
    page.headers["x-csrftoken"] = page.cookies["csrftoken"]
    page.post(SESSION, json={"username": person.username, "password": person.password}).raise_for_status()
    assert "q" * 32 not in {cookie.value for cookie in page.cookies.jar if cookie.domain}


@pytest.mark.parametrize("cookie", ['"\\000aaaaaaaaaaa"', "x", "'; DROP TABLE", "ü" * 32, ""])
def test_a_cookie_that_is_no_session_is_nobody(page, cookie):
    answer = page.get(SESSION, headers={"cookie": f"sessionid={cookie}".encode()})
    assert answer.status_code == 401


def test_a_raw_post_with_a_session_comes_from_our_own_pages(page, person):
    sign_in(page, person.username, person.password)
    page.headers.pop("sec-fetch-site")
    store = "/dicom-web/studies"
    host = page.base_url.netloc.decode()
    for foreign in ({"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {}, {"origin": "null"},
                    {"origin": "https://evil.example"}):  # fmt: skip
        answer = page.post(store, headers=foreign, content=b"")
        assert answer.status_code == 403
        assert_refused(answer, "csrf")
    for own in ({"sec-fetch-site": "same-origin"}, {"origin": f"http://{host}"}):
        assert page.post(store, headers=own, content=b"").status_code == 415


def test_a_new_password_ends_sessions(page, person):
    sign_in(page, person.username, person.password)
    user = user_of(person)
    user.set_password("another one")
    user.save()
    assert page.get(SESSION).status_code == 401
    assert sign_in(page, person.username, "another one").status_code == 200


def test_who_lost_the_membership_is_signed_out_and_can_sign_in_elsewhere(page, person, hospital):
    sign_in(page, person.username, person.password)
    with inside(hospital):
        Membership.objects.filter(user_id=person.user_id).delete()
    assert page.get(SESSION).status_code == 401
    answer = page.post(SESSION, json={"username": person.username, "password": person.password})
    assert answer.status_code == 401
    assert_refused(answer, "wrong_password")
    elsewhere = make_hospital()
    with inside(elsewhere):
        Membership.objects.create(user_id=person.user_id, role="radiologist")
    answer = page.post(SESSION, json={"username": person.username, "password": person.password})
    assert answer.json()["tenant"]["code"] == elsewhere.code


def test_who_is_deactivated_is_nobody_at_once(url, person):
    with ExitStack() as stack:
        clients = [stack.enter_context(client_of(url, person, way)) for way in WAYS]
        for client in clients:
            assert client.get("/api/v1/worklist/").status_code == 200
            assert client.get("/dicom-web/studies").status_code == 200
        User.objects.filter(pk=person.user_id).update(is_active=False)
        for client in clients:
            assert client.get("/api/v1/worklist/").status_code == 401
            assert client.get("/dicom-web/studies").status_code == 401


def test_a_user_without_a_hospital_does_not_get_in(page, hospital):
    user = add_user(username=f"homeless-{hospital.code}", display_name="X", password="right one")
    assert sign_in(page, user.username, "right one").status_code == 401
    assert ask_by_basic(page, user.username, "right one").status_code == 401
