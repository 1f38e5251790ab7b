from pathlib import Path

import pytest
from tests.contract.refused.signed_packages import Workshop, open_workshop
from tests.contract.refused.table import MUTATIONS, TAMPERINGS, Mutation, Tampering

from allward_sdk import graph_limits, graphs
from allward_sdk.errors import ManifestError, UntrustedError
from allward_sdk.package import extract_models
from allward_sdk.trust.envelope import SignedPackage, verify_package
from allward_sdk.trust.keys import TrustStore


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return open_workshop(tmp_path_factory.mktemp("shop"))


def take(content: bytes, trust: TrustStore, folder: Path) -> SignedPackage:
    """Take a package as a hospital does: its signature, its content, then what its graphs ask for."""
    path = folder / "offered.allward"
    path.write_bytes(content)
    signed = verify_package(path, trust)
    for name, file in extract_models(signed.package, folder / "models").items():
        for fault in graph_limits.faults_of_demands(graphs.load_graph(file)):
            raise ManifestError(f"{signed.package.manifest.models[name].file}: {fault}")
    return signed


def test_the_table_lists_thirty_manifests_and_twenty_packages_at_least() -> None:
    assert len({row.name for row in MUTATIONS}) == len(MUTATIONS) >= 30
    assert len({row.name for row in TAMPERINGS}) == len(TAMPERINGS) >= 20


def test_the_untouched_package_passes(shop: Workshop, tmp_path: Path) -> None:
    signed = take(shop.good, shop.trust(), tmp_path)
    assert signed.publisher == "Test GmbH"
    assert signed.package.manifest.plugin.id == "org.test.bright"


def test_the_untouched_manifest_signed_in_the_same_way_passes(shop: Workshop, tmp_path: Path) -> None:
    assert shop.with_manifest(shop.contents["plugin.toml"]) == shop.good
    take(shop.with_manifest(shop.contents["plugin.toml"] + b"\n"), shop.trust(), tmp_path)


@pytest.mark.parametrize("row", MUTATIONS, ids=lambda row: row.name)
def test_a_mutated_manifest_is_refused_at_its_place(row: Mutation, shop: Workshop, tmp_path: Path) -> None:
    text = shop.contents["plugin.toml"].decode()
    assert row.old in text
    mutated = text.replace(row.old, row.new, 1).encode()
    with pytest.raises((ManifestError, UntrustedError)) as refused:
        take(shop.with_manifest(mutated), shop.trust(), tmp_path)
    assert row.words in str(refused.value)
    assert str(refused.value).startswith("offered.allward: ")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("row", TAMPERINGS, ids=lambda row: row.name)
def test_a_tampered_package_is_refused_at_its_place(row: Tampering, shop: Workshop, tmp_path: Path) -> None:
    with pytest.raises((ManifestError, UntrustedError)) as refused:
        take(row.change(shop), shop.trust(**row.key), tmp_path)
    assert row.words in str(refused.value)
