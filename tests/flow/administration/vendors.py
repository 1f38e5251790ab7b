"""Vendors with keys and signed packages, operators who decide, and the platform's own catalogue."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from tests.flow.tenancy.serving import client_of
from tests.flow.tenancy.stocked import make_person
from tests.platform_database import Hospital, make_hospital, run_pipeline
from tests.small_package import SmallPlugin, make_package

from allward.publishing.catalogue import platform_catalogue
from allward_sdk.catalogue.client import Catalogue
from allward_sdk.package import pack
from allward_sdk.trust.envelope import sign_package
from allward_sdk.trust.keys import PublisherKey, load_signer, new_key

SUBMISSIONS = "/api/v1/publishing/submissions/"
KEYS = "/api/v1/publishing/keys/"
REVIEW = "/api/v1/review/submissions/"
OCTETS = {"content-type": "application/octet-stream"}


@dataclass(frozen=True)
class Vendor:
    """A tenant with somebody who publishes for it, and a key of its own."""

    tenant: Hospital
    client: httpx.Client
    folder: Path
    key: PublisherKey
    prefix: str

    def package(self, version: str = "1.0.0", *, instead: tuple[str, str] = ("", ""), **more: Any) -> Path:
        """Return a package that this vendor has signed; `instead` changes a word of its manifest."""
        plugin = SmallPlugin(plugin_id=f"{self.prefix}bright", version=version, **more)
        plain = make_package(self.folder / "plain", plugin)
        manifest = self.folder / "plain" / f"bright-{version}" / "plugin.toml"
        manifest.write_text(manifest.read_text("utf-8").replace(*instead), encoding="utf-8")
        plain = pack(manifest.parent, self.folder / "plain").path
        return sign_package(plain, load_signer(self.folder / "key.pem"), self.folder / "signed")

    def register(self) -> httpx.Response:
        return self.client.post(KEYS, json={"publishers": [self.key.to_json()]})

    def submit(self, package: Path) -> httpx.Response:
        return self.client.post(SUBMISSIONS, content=package.read_bytes(), headers=OCTETS)

    def taken(self, package: Path) -> dict[str, Any]:
        """Hand a package in that is taken; return what the platform says of it."""
        answer = self.submit(package)
        assert answer.status_code == 201, answer.text
        said: dict[str, Any] = answer.json()
        return said

    def submission(self, one: dict[str, Any]) -> dict[str, Any]:
        said: dict[str, Any] = self.client.get(f"{SUBMISSIONS}{one['id']}/").raise_for_status().json()
        return said

    def log(self, one: dict[str, Any], **query: int) -> dict[str, Any]:
        answer = self.client.get(f"{SUBMISSIONS}{one['id']}/log/", params=query)
        said: dict[str, Any] = answer.raise_for_status().json()
        return said


@contextmanager
def vendor_at(url: str, folder: Path, *, prefix: str = "", registered: bool = True) -> Iterator[Vendor]:
    """Make a vendor whose key is registered; its plug-ins begin with a prefix of its own by default."""
    tenant = make_hospital()
    prefix = prefix or f"org.v{uuid4().hex[:10]}."
    folder.mkdir(parents=True, exist_ok=True)
    public = new_key(folder / "key.pem")
    key = PublisherKey.of(public, publisher="Whoever", prefixes=[prefix])
    with client_of(url, make_person(tenant, "vendor"), "bearer") as client:
        vendor = Vendor(tenant, client, folder, key, prefix)
        if registered:
            assert vendor.register().status_code == 201
        yield vendor


def in_review(vendor: Vendor, **more: Any) -> dict[str, Any]:
    """Hand a package in and let it be checked, which finds no fault."""
    one = vendor.taken(vendor.package(**more))
    run_pipeline()
    said = vendor.submission(one)
    assert said["state"] == "in review", said["failed"] or said["refusal"]
    return said


def decide(operator: httpx.Client, one: dict[str, Any], decision: str, words: str = "well") -> httpx.Response:
    return operator.post(f"{REVIEW}{one['id']}/decision/", json={"decision": decision, "words": words})


def read_catalogue(folder: Path) -> Catalogue:
    """Read the platform's catalogue as a hospital does that trusts its first root."""
    repository = platform_catalogue()
    return Catalogue.open(repository.folder, repository.first_root, folder)
