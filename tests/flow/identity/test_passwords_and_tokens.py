"""Passwords, what is remembered of them, and bearer tokens: every way in which they end."""

import json
import time
from datetime import timedelta

import httpx
import pytest
from tests.flow.identity.asking import SESSION, ask_by_basic, assert_refused, user_of
from tests.flow.tenancy.serving import client_of, sign_in
from tests.flow.tenancy.stocked import Person, make_person
from tests.platform_database import inside

from allward.identity.actions import LOCK_AFTER, issue_token, revoke_token
from allward.identity.models import ApiToken, User
from allward.kernel.clock import now


def test_a_wrong_password_is_told_and_five_lock_the_account(page, person):
    for _ in range(LOCK_AFTER):
        answer = sign_in(page, person.username, "wrong")
        assert answer.status_code == 401
        assert_refused(answer, "wrong_password")
    for answer in (
        sign_in(page, person.username, person.password),
        ask_by_basic(page, person.username, person.password),
        page.get("/dicom-web/studies", auth=httpx.BasicAuth(person.username, person.password)),
    ):
        assert answer.status_code == 423
        assert_refused(answer, "locked")
        assert "ten minutes" in answer.json()["detail"]["en"]
    User.objects.filter(pk=person.user_id).update(locked_until=now() - timedelta(seconds=1))
    assert sign_in(page, person.username, person.password).status_code == 200


def test_wrong_passwords_by_basic_count_as_well(page, person):
    for _ in range(LOCK_AFTER):
        assert ask_by_basic(page, person.username, "wrong").status_code == 401
    assert ask_by_basic(page, person.username, person.password).status_code == 423


def test_a_right_password_forgives_the_wrong_ones_before_it(page, person):
    for _ in range(LOCK_AFTER - 1):
        sign_in(page, person.username, "wrong")
    assert sign_in(page, person.username, person.password).status_code == 200
    assert user_of(person).failed_sign_ins == 0


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
    basic = ask_by_basic(page, username, "x")
    assert basic.status_code == 401
    assert_refused(basic, "authentication_failed")
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
        assert_refused(answer, "authentication_failed")


def test_wrong_credentials_are_not_mended_by_a_session(page, person):
    sign_in(page, person.username, person.password)
    assert page.get(SESSION, headers={"authorization": "Bearer wrong"}).status_code == 401


# the memory of verified passwords


def _changed(person: Person) -> None:
    user = user_of(person)
    user.set_password("another one")
    user.save()


def _locked(person: Person) -> None:
    User.objects.filter(pk=person.user_id).update(locked_until=now() + timedelta(minutes=1))


def _inactive(person: Person) -> None:
    User.objects.filter(pk=person.user_id).update(is_active=False)


@pytest.mark.parametrize(("end", "status"), [(_changed, 401), (_locked, 423), (_inactive, 401)])
def test_a_remembered_password_is_forgotten_when_it_ends(page, person, end, status):
    assert ask_by_basic(page, person.username, person.password).status_code == 200
    end(person)
    assert ask_by_basic(page, person.username, person.password).status_code == status
    again = page.get("/dicom-web/studies", auth=httpx.BasicAuth(person.username, person.password))
    assert again.status_code == status


def test_a_remembered_password_costs_no_second_hash(page, person):
    ask_by_basic(page, person.username, person.password)
    began = time.process_time()
    for _ in range(3):
        assert ask_by_basic(page, person.username, person.password).status_code == 200
    assert (time.process_time() - began) / 3 < 0.1
    assert ask_by_basic(page, person.username, person.password + "x").status_code == 401


# tokens


def _with(page: httpx.Client, token: str) -> int:
    return page.get("/api/v1/worklist/", headers={"authorization": f"Bearer {token}"}).status_code


def test_a_token_ends_when_it_is_revoked_or_expires(page, person, hospital):
    assert _with(page, person.token) == 200
    assert _with(page, person.token + "x") == 401
    with inside(hospital):
        assert revoke_token(token_id=person.token_id)
        short = issue_token(user=user_of(person), name="short", expires_at=now() + timedelta(hours=1))
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
    assert_refused(answer, "permission_denied")


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
