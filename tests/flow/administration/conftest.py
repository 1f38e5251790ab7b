"""The web process of a platform, a hospital in it, and its administrator."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.flow.administration.vendors import Vendor, vendor_at
from tests.flow.tenancy.serving import client_of, serving
from tests.flow.tenancy.stocked import make_person
from tests.platform_database import Hospital, make_hospital

from allward.publishing.catalogue import platform_catalogue
from allward_sdk.catalogue.repository import Repository


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


@pytest.fixture(scope="module")
def catalogue(url: str) -> Repository:
    """The platform's own catalogue, made once for the whole run."""
    repository = platform_catalogue()
    if not (repository.folder / "metadata" / "timestamp.json").exists():
        repository.create()
    return repository


@pytest.fixture(scope="module")
def operators(url: str) -> Iterator[tuple[Hospital, httpx.Client]]:
    """The tenant that runs the platform, and somebody of it who decides."""
    tenant = make_hospital()
    with client_of(url, make_person(tenant, "platform_operator"), "bearer") as client:
        yield tenant, client


@pytest.fixture(scope="module")
def operator(operators: tuple[Hospital, httpx.Client]) -> httpx.Client:
    return operators[1]


@pytest.fixture
def vendor(url: str, tmp_path: Path) -> Iterator[Vendor]:
    with vendor_at(url, tmp_path / "vendor") as one:
        yield one
