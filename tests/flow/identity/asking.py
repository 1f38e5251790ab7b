"""What these tests ask, and what every refusal has."""

import httpx
from tests.flow.tenancy.stocked import Person

from allward.identity.models import User

SESSION = "/api/v1/session/"


def assert_refused(answer: httpx.Response, code: str) -> None:
    said = answer.json()
    assert said["code"] == code
    assert said["detail"]["en"] != said["detail"]["zh"]


def ask_by_basic(page: httpx.Client, username: str, password: str) -> httpx.Response:
    return page.get(SESSION, auth=httpx.BasicAuth(username, password))


def user_of(person: Person) -> User:
    found: User = User.objects.get(pk=person.user_id)
    return found
