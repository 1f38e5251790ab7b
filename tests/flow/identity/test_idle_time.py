"""Half an hour without a request by the person ends a session; what a page asks by itself does not count."""

import time

from django.contrib.sessions.backends.db import SessionStore
from tests.flow.identity.asking import SESSION
from tests.flow.tenancy.serving import sign_in
from tests.flow.tenancy.stocked import make_person

ENGINE = "/api/v1/engine/"


def _age(page, minutes: float) -> None:
    """Let the last request of a page's session lie so far back."""
    session = SessionStore(session_key=page.cookies["sessionid"])
    session["allward_seen"] = str(time.time() - minutes * 60)
    session.save()


def _sign_in(page, hospital) -> None:
    operator = make_person(hospital, "platform_operator")
    sign_in(page, operator.username, operator.password).raise_for_status()


def test_a_session_ends_after_half_an_hour_without_a_request(page, hospital):
    _sign_in(page, hospital)
    _age(page, 31)
    assert page.get(SESSION).status_code == 401


def test_a_request_of_the_person_prolongs_it(page, hospital):
    _sign_in(page, hospital)
    _age(page, 29)
    page.get("/api/v1/tokens/").raise_for_status()
    session = SessionStore(session_key=page.cookies["sessionid"])
    assert time.time() - float(session["allward_seen"]) < 60


def test_the_engine_page_that_asks_by_itself_does_not(page, hospital):
    _sign_in(page, hospital)
    _age(page, 29)
    for _ in range(3):
        page.get(ENGINE).raise_for_status()
    session = SessionStore(session_key=page.cookies["sessionid"])
    assert time.time() - float(session["allward_seen"]) > 28 * 60
    _age(page, 31)
    assert page.get(ENGINE).status_code == 401
