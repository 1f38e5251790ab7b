"""A hospital without a network follows a catalogue on a stick: what it lists, withdraws and revokes."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.platform_database import Hospital, inside, make_hospital
from tests.small_package import SmallPlugin, make_package

from allward.registry.actions import (
    catalogue_of_hospital,
    follow_catalogue,
    import_from_catalogue,
    trust_key,
)
from allward.registry.models import Installation, PluginVersion, TrustedKey, VersionImport
from allward.registry.states import InstallationState
from allward.registry.trust import publisher_key, refusal_here
from allward_sdk.catalogue.publishing import Lifetimes
from allward_sdk.catalogue.repository import Repository
from allward_sdk.cli import main
from allward_sdk.errors import CatalogueError
from allward_sdk.trust.envelope import sign_package
from allward_sdk.trust.keys import PublisherKey, load_signer, new_key


@dataclass
class Scene:
    """A vendor's catalogue with one version, and a hospital that has never seen it."""

    repository: Repository
    root: Path
    key: PublisherKey
    plugin: str
    hospital: Hospital
    folder: Path

    def add(self, version: str) -> None:
        plain = make_package(self.folder / "plain", SmallPlugin(version=version, plugin_id=self.plugin))
        signed = sign_package(plain, load_signer(self.folder / "key.pem"), self.folder / "signed")
        self.repository.add_package(signed)

    def install(self, what: str | None = None, *more: str) -> int:
        source = str(self.repository.folder)
        words = ["plugin", "install", what or self.plugin, "--catalogue", source, *more]
        return main([*words, "--tenant", self.hospital.code, "--department", "imaging"])

    def follow(self):
        with inside(self.hospital):
            catalogue = catalogue_of_hospital(str(self.repository.folder), trusted_root=None)
            follow_catalogue(catalogue)
        return catalogue

    def versions(self) -> dict[str, str]:
        with inside(self.hospital):
            return dict(Installation.objects.values_list("plugin_version__version", "state"))

    def refusal(self, version: str) -> str | None:
        with inside(self.hospital):
            row = PluginVersion.objects.get(plugin_id=self.plugin, version=version)
            refusal = refusal_here(row, self.hospital.tenant_id)
        return refusal.code if refusal else None


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    hospital = make_hospital()
    prefix = f"org.{hospital.code.replace('-', '')}."
    key = PublisherKey.of(new_key(tmp_path / "key.pem"), publisher="Vendor", prefixes=[prefix])
    repository = Repository(tmp_path / "stick", tmp_path / "keys")
    repository.create(Lifetimes())
    repository.set_publishers([key])
    root = tmp_path / "stick" / "metadata" / "1.root.json"
    made = Scene(repository, root, key, f"{prefix}bright", hospital, tmp_path)
    made.add("1.0.0")
    return made


def test_the_newest_version_is_installed_and_an_older_one_by_name(scene, capsys):
    scene.add("1.1.0")
    assert scene.install(None, "--root", str(scene.root)) == 0
    assert scene.versions() == {"1.1.0": InstallationState.ENABLED}
    assert scene.install(f"{scene.plugin}@1.0.0") == 0
    assert scene.versions() == {
        "1.0.0": InstallationState.ENABLED, "1.1.0": InstallationState.SUPERSEDED,
    }  # fmt: skip
    with inside(scene.hospital):
        assert set(VersionImport.objects.values_list("listed", flat=True)) == {True}
    assert scene.refusal("1.0.0") is None


def test_a_catalogue_is_not_believed_before_somebody_names_its_root(scene, capsys):
    assert scene.install() == 1
    assert "root" in capsys.readouterr().err
    assert scene.versions() == {}


def test_what_the_catalogue_withdraws_begins_no_run_and_cannot_be_installed(scene, capsys):
    assert scene.install(None, "--root", str(scene.root)) == 0
    scene.repository.yank(scene.plugin, "1.0.0", "left and right are swapped")
    scene.follow()
    assert scene.versions() == {"1.0.0": InstallationState.YANKED}
    assert scene.refusal("1.0.0") == "yanked"
    with inside(scene.hospital):
        assert VersionImport.objects.get().yank_reason == "left and right are swapped"
    assert scene.install(f"{scene.plugin}@1.0.0") == 1
    assert "was withdrawn" in capsys.readouterr().err
    assert scene.install() == 1
    assert "that was not withdrawn" in capsys.readouterr().err


def test_a_withdrawal_is_heard_even_if_what_is_asked_for_cannot_be_installed(scene, capsys):
    assert scene.install(None, "--root", str(scene.root)) == 0
    scene.repository.yank(scene.plugin, "1.0.0", "left and right are swapped")
    assert scene.install(f"{scene.plugin}@1.0.0") == 1
    assert "was withdrawn" in capsys.readouterr().err
    assert scene.refusal("1.0.0") == "yanked"
    assert scene.versions() == {"1.0.0": InstallationState.YANKED}


def test_a_stolen_key_is_answered_by_one_line_in_the_catalogue(scene):
    assert scene.install(None, "--root", str(scene.root)) == 0
    scene.repository.set_publishers([replace(scene.key, state="revoked", reason="stolen")])
    scene.follow()
    assert scene.refusal("1.0.0") == "key_revoked"


def test_a_rotated_key_holds_for_what_is_listed(scene):
    assert scene.install(None, "--root", str(scene.root)) == 0
    scene.repository.set_publishers([replace(scene.key, state="rotated", reason="yearly")])
    scene.follow()
    assert scene.refusal("1.0.0") is None
    with inside(make := make_hospital()):
        catalogue = catalogue_of_hospital(str(scene.repository.folder), trusted_root=scene.root)
        follow_catalogue(catalogue)
        models = scene.folder / "models"
        version = import_from_catalogue(catalogue, plugin=scene.plugin, version=None, models_folder=models)
        assert refusal_here(version, make.tenant_id) is None


def test_what_the_hospital_says_against_a_key_is_not_taken_back_by_the_catalogue(scene):
    assert scene.install(None, "--root", str(scene.root)) == 0
    with inside(scene.hospital):
        row = TrustedKey.objects.get(keyid=scene.key.keyid)
        trust_key(replace(publisher_key(row), state="revoked", reason="not here"))
    scene.follow()
    assert scene.refusal("1.0.0") == "key_revoked"


def test_an_unknown_plugin_is_said_to_be_unknown(scene):
    assert scene.install(None, "--root", str(scene.root)) == 0
    catalogue = scene.follow()
    with inside(scene.hospital), pytest.raises(CatalogueError, match="has no org.other.thing"):
        import_from_catalogue(
            catalogue, plugin="org.other.thing", version="1.0.0", models_folder=scene.folder
        )


def test_a_model_gets_its_name_only_after_it_was_looked_at(scene, tmp_path, monkeypatch):
    folder = tmp_path / "laid-out"

    def killed(models, **_):
        assert all(path.is_file() for path in models.values())
        assert not list(folder.glob("*.onnx"))
        raise KeyboardInterrupt

    with inside(scene.hospital):
        catalogue = catalogue_of_hospital(str(scene.repository.folder), trusted_root=scene.root)
        follow_catalogue(catalogue)
        how = {"plugin": scene.plugin, "version": "1.0.0", "models_folder": folder}
        with monkeypatch.context() as during:
            during.setattr("allward.registry.actions.importing.refuse_graphs", killed)
            with pytest.raises(KeyboardInterrupt):
                import_from_catalogue(catalogue, **how)
        assert not list(folder.iterdir())
        import_from_catalogue(catalogue, **how)
    assert len(list(folder.iterdir())) == len(list(folder.glob("*.onnx"))) == 1
