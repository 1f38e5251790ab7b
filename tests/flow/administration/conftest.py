"""The web process of a platform, a hospital in it, and its administrator."""

from collections.abc import Iterator

import httpx
import pytest
from tests.flow.tenancy.serving import client_of, serving
from tests.flow.tenancy.stocked import make_person
from tests.platform_database import Hospital, make_hospital


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    make_hospital()
    with serving() as address:
        yield address


@pytest.fixture
def hospital() -> Hospital:
    return make_hospital()


@pytest.fixture
def administrator(url: str, hospital: Hospital) -> Iterator[httpx.Client]:
    with client_of(url, make_person(hospital, "tenant_administrator"), "bearer") as client:
        yield client
