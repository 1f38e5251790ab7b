"""The web process, a hospital, a person of it, and a browser that nobody has signed in with yet."""

from collections.abc import Iterator

import httpx
import pytest
from tests.flow.tenancy.serving import serving
from tests.flow.tenancy.stocked import Person, make_person
from tests.platform_database import Hospital, make_hospital


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
