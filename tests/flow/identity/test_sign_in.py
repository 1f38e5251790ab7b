"""Signing in and out: by session, password and token; and every way in which that ends."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta

import httpx
import pytest
from tests.flow.tenancy.serving import WAYS, client_of, serving, sign_in
from tests.flow.tenancy.stocked import Person, make_person
from tests.platform_database import Hospital, inside, make_hospital

from allward.identity.actions import LOCK_AFTER, add_user, issue_token, revoke_token
from allward.identity.models import ApiToken, Membership, User
from allward.kernel.clock import now

SESSION = "/api/v1/session/"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    make_hospital()
    with serving() as address:
        yield address


@pytest.fixture(scope="module")
def hospital() -> Hospital:
    return make_hospital()


@pytest.fixture
def person(hospital: Hospital) -> Person:
    return make_person(hospital, "radiologist")


@pytest.fixture
def page(url: str) -> Iterator[httpx.Client]:
    """Give a browser that nobody has signed in with yet."""
    with httpx.Client(base_url=url, timeout=60) as client:
        yield client


def _both_languages(answer: httpx.Response, code: str) -> None:
    said = answer.json()
    assert said["code"] == code
    assert said["detail"]["en"] != said["detail"]["zh"]


def _basic(page: httpx.Client, username: str, password: str) -> httpx.Response:
    return page.get(SESSION, auth=httpx.BasicAuth(username, password))


def _user(person: Person) -> User:
    found: User = User.objects.get(pk=person.user_id)
    return found


# sessions


def test_a_page_signs_in_and_out(page, person):
    assert page.get(SESSION).status_code == 401
    assert sign_in(page, person.username, person.password).status_code == 200
    assert page.get(SESSION).json()["username"] == person.username
    assert page.delete(SESSION).status_code == 204
    _both_languages(page.get(SESSION), "not_authenticated")


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
        _both_languages(answer, "csrf")
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
        _both_languages(answer, "csrf")
    for own in ({"sec-fetch-site": "same-origin"}, {"origin": f"http://{host}"}):
        assert page.post(store, headers=own, content=b"").status_code == 415


def test_a_new_password_ends_sessions(page, person):
    sign_in(page, person.username, person.password)
    user = _user(person)
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
    _both_languages(answer, "wrong_password")
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
    assert _basic(page, user.username, "right one").status_code == 401


# passwords


def test_a_wrong_password_is_told_and_five_lock_the_account(page, person):
    for _ in range(LOCK_AFTER):
        answer = sign_in(page, person.username, "wrong")
        assert answer.status_code == 401
        _both_languages(answer, "wrong_password")
    for answer in (
        sign_in(page, person.username, person.password),
        _basic(page, person.username, person.password),
        page.get("/dicom-web/studies", auth=httpx.BasicAuth(person.username, person.password)),
    ):
        assert answer.status_code == 423
        _both_languages(answer, "locked")
        assert "ten minutes" in answer.json()["detail"]["en"]
    User.objects.filter(pk=person.user_id).update(locked_until=now() - timedelta(seconds=1))
    assert sign_in(page, person.username, person.password).status_code == 200


def test_wrong_passwords_by_basic_count_as_well(page, person):
    for _ in range(LOCK_AFTER):
        assert _basic(page, person.username, "wrong").status_code == 401
    assert _basic(page, person.username, person.password).status_code == 423


def test_a_right_password_forgives_the_wrong_ones_before_it(page, person):
    for _ in range(LOCK_AFTER - 1):
        sign_in(page, person.username, "wrong")
    assert sign_in(page, person.username, person.password).status_code == 200
    assert _user(person).failed_sign_ins == 0


def test_an_unknown_name_takes_as_much_work_as_a_wrong_password(page, person):
    def took_s(username: str) -> float:
        began = time.process_time()  # the server runs in this process
        assert sign_in(page, username, "wrong").status_code == 401
        return time.process_time() - began

    known = min(took_s(person.username) for _ in range(3))
    unknown = min(took_s(f"nobody-{number}") for number in range(3))
    assert 0.5 < unknown / known < 2.0


@pytest.mark.parametrize(
    "username", ["nobody", "", "a\0b", "x" * 5000, "' OR 1=1 --", "名字"], ids=lambda name: repr(name[:9])
)
def test_no_name_breaks_the_sign_in(page, username):
    basic = _basic(page, username, "x")
    assert basic.status_code == 401
    _both_languages(basic, "authentication_failed")
    assert sign_in(page, username, "x").status_code in (400, 401)


@pytest.mark.parametrize(
    "header",
    ["Basic", "Basic !!!", "Basic /w==", "Bearer", "Bearer x", "Digest x", "Negotiate", "Basic eA=="],
)
def test_a_malformed_authorization_is_refused(page, header):
    for path in (SESSION, "/api/v1/worklist/", "/dicom-web/studies"):
        answer = page.get(path, headers={"authorization": header})
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        _both_languages(answer, "authentication_failed")


def test_wrong_credentials_are_not_mended_by_a_session(page, person):
    sign_in(page, person.username, person.password)
    assert page.get(SESSION, headers={"authorization": "Bearer wrong"}).status_code == 401


# the memory of verified passwords


def _changed(person: Person) -> None:
    user = _user(person)
    user.set_password("another one")
    user.save()


def _locked(person: Person) -> None:
    User.objects.filter(pk=person.user_id).update(locked_until=now() + timedelta(minutes=1))


def _inactive(person: Person) -> None:
    User.objects.filter(pk=person.user_id).update(is_active=False)


@pytest.mark.parametrize(("end", "status"), [(_changed, 401), (_locked, 423), (_inactive, 401)])
def test_a_remembered_password_is_forgotten_when_it_ends(page, person, end, status):
    assert _basic(page, person.username, person.password).status_code == 200
    end(person)
    assert _basic(page, person.username, person.password).status_code == status
    again = page.get("/dicom-web/studies", auth=httpx.BasicAuth(person.username, person.password))
    assert again.status_code == status


def test_a_remembered_password_costs_no_second_hash(page, person):
    _basic(page, person.username, person.password)
    began = time.process_time()
    for _ in range(3):
        assert _basic(page, person.username, person.password).status_code == 200
    assert (time.process_time() - began) / 3 < 0.1
    assert _basic(page, person.username, person.password + "x").status_code == 401


# tokens


def _with(page: httpx.Client, token: str) -> int:
    return page.get("/api/v1/worklist/", headers={"authorization": f"Bearer {token}"}).status_code


def test_a_token_ends_when_it_is_revoked_or_expires(page, person, hospital):
    assert _with(page, person.token) == 200
    assert _with(page, person.token + "x") == 401
    with inside(hospital):
        assert revoke_token(token_id=person.token_id)
        short = issue_token(user=_user(person), name="short", expires_at=now() + timedelta(hours=1))
    assert _with(page, person.token) == 401
    assert _with(page, short) == 200
    ApiToken.objects.filter(user_id=person.user_id, name="short").update(expires_at=now())
    assert _with(page, short) == 401


def test_a_token_is_shown_once_and_kept_as_a_digest(url, person):
    with client_of(url, person, "session") as client:
        made = client.post("/api/v1/tokens/", json={"name": "script"}).json()["token"]
        listed = client.get("/api/v1/tokens/")
        assert made not in listed.text
        (row,) = [row for row in listed.json()["tokens"] if row["name"] == "script"]
        assert _with(client, made) == 200
        assert client.delete(f"/api/v1/tokens/{row['id']}/").status_code == 204
        assert _with(client, made) == 401
    assert not ApiToken.objects.filter(digest=made).exists()


def test_a_token_makes_no_further_tokens(page, person):
    answer = page.post(
        "/api/v1/tokens/", json={"name": "offspring"}, headers={"authorization": f"Bearer {person.token}"}
    )
    assert answer.status_code == 403
    _both_languages(answer, "permission_denied")


def test_a_colleagues_token_is_not_mine_to_end(url, person, hospital):
    colleague = make_person(hospital, "radiologist")
    with client_of(url, person, "session") as client:
        assert client.delete(f"/api/v1/tokens/{colleague.token_id}/").status_code == 404
        assert colleague.username not in client.get("/api/v1/tokens/").text
    assert ApiToken.objects.get(pk=colleague.token_id).revoked_at is None


def test_the_demo_accounts_file_is_for_its_owner_alone(tmp_path):
    from allward.config.demo import ACCOUNTS, accounts_file, provide_demo, read_accounts
    from allward.config.environment import Environment

    environment = Environment.read({"ALLWARD_HOME": str(tmp_path)})
    provide_demo(environment)
    path = accounts_file(environment)
    assert path.stat().st_mode & 0o777 == 0o600
    rows = read_accounts(environment)
    assert [row["username"] for row in rows] == [account.username for account in ACCOUNTS]
    assert len({row["password"] for row in rows}) == len(rows)
    first = path.read_text()
    provide_demo(environment)
    assert path.read_text() == first
    assert json.loads(first)[0].keys() == {"role", "username", "password", "tenant"}
