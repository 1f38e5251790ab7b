"""Every address for every role: the permission table decides, cell by cell.

What each address needs stands once more in `needs.py`; an address that is missing there fails.
"""

import time
from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest
from django.urls import get_resolver
from tests.flow.identity.needs import ANYBODY, NEEDS, SELF
from tests.flow.tenancy.addresses import API, PAGES, django_addresses, raw_addresses, template_of
from tests.flow.tenancy.serving import client_of, socket_headers
from tests.flow.tenancy.stocked import Person, make_person
from tests.platform_database import make_hospital
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from allward.api.raw import ROUTES
from allward.identity.models import Role
from allward.identity.permissions import (
    ADMINISTER,
    AUDIT,
    IMPORT,
    OPERATE,
    PERMISSIONS,
    PUBLISH,
    REVIEW,
    VIEW,
)

CELLS = [
    (method, route, role)
    for (method, route), need in NEEDS.items()
    if need != ANYBODY
    for role in Role.values
]


@pytest.fixture(scope="module")
def staff() -> dict[str, Person]:
    hospital = make_hospital()
    return {role: make_person(hospital, role) for role in Role.values}


@pytest.fixture(scope="module")
def clients(url: str, staff: dict[str, Person]) -> Iterator[dict[str, httpx.Client]]:
    opened = {role: client_of(url, person, "basic") for role, person in staff.items()}
    yield {role: client.__enter__() for role, client in opened.items()}
    for client in opened.values():
        client.__exit__(None, None, None)


def _path(route: str) -> str:
    parts = [str(uuid4()) if part.startswith("<") else part for part in route.split("/")]
    return f"/{API}" + "/".join(parts)


def _one_of(need: str | set[str]) -> set[str]:
    return {need} if isinstance(need, str) else need


def test_what_every_address_needs_is_written_down():
    served = set(django_addresses(get_resolver().url_patterns)) - set(PAGES)
    assert served == {(method, API + route) for method, route in NEEDS}


def test_the_three_administrations_are_apart_and_none_of_them_reads_images():
    of = PERMISSIONS
    three = {Role.PLATFORM_OPERATOR: OPERATE, Role.TENANT_ADMINISTRATOR: ADMINISTER, Role.AUDITOR: AUDIT}
    assert {role: set(of[role]) for role in three} == {role: {own} for role, own in three.items()}
    assert set(of) == set(Role.values)
    assert of[Role.VENDOR] == {PUBLISH}
    assert REVIEW not in of[Role.TECHNOLOGIST]


@pytest.mark.parametrize(("method", "route", "role"), CELLS)
def test_a_role_may_what_the_table_says(clients, method, route, role):
    need = NEEDS[method, route]
    answer = clients[role].request(method, _path(route), json={} if method == "POST" else None)
    if need == SELF or _one_of(need) & PERMISSIONS[role]:
        assert answer.status_code in (200, 201, 204, 400, 404, 409), answer.text
    else:
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


@pytest.mark.parametrize("role", Role.values)
def test_dicomweb_asks_the_same_table(clients, role):
    filled = {"study": "1.2", "series": "1.2.3", "instance": "1.2.3.4", "frames": "1", "path": "00420011"}
    for method, pattern in raw_addresses(ROUTES.routes):
        path = "/dicom-web" + template_of(pattern).format(**filled)
        answer = clients[role].request(method, path, content=b"" if method == "POST" else None)
        if (IMPORT if method == "POST" else VIEW) in PERMISSIONS[role]:
            assert answer.status_code in (200, 404, 415), path
        else:
            assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied"), path


@pytest.mark.parametrize("role", Role.values)
def test_metrics_are_for_who_operates_the_platform(clients, role):
    answer = clients[role].get("/metrics")
    if OPERATE in PERMISSIONS[role]:
        assert (answer.status_code, answer.headers["content-type"][:10]) == (200, "text/plain")
    else:
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


def test_metrics_without_credentials_or_with_wrong_ones_say_nothing(url):
    bare = httpx.get(f"{url}/metrics")
    assert (bare.status_code, bare.json()["code"]) == (401, "not_authenticated")
    wrong = httpx.get(f"{url}/metrics", headers={"authorization": "Bearer None"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "authentication_failed")
    assert "Bearer" in wrong.headers["www-authenticate"]


@pytest.mark.parametrize("role", Role.values)
def test_the_web_socket_is_for_who_may_view(url, staff, role):
    headers = socket_headers(url, staff[role], "bearer")
    with connect(url.replace("http", "ws", 1) + "/ws/", additional_headers=headers) as socket:
        time.sleep(0.2)
        if VIEW in PERMISSIONS[role]:
            with pytest.raises(TimeoutError):
                socket.recv(timeout=0.3)
        else:
            with pytest.raises(ConnectionClosed):
                socket.recv(timeout=5)


@pytest.mark.parametrize(("method", "route"), NEEDS)
def test_without_credentials_there_is_nothing(url, method, route):
    answer = httpx.request(method, url + _path(route), json={} if method == "POST" else None)
    if NEEDS[method, route] == ANYBODY:
        assert answer.status_code in (200, 204, 403)
    else:
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
