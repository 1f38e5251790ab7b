"""The app store's side of the platform: a package comes in, is installed, enabled, and taken out again."""

import json
from pathlib import Path

import pytest
from tests.flow.administration.forms import faults_of
from tests.flow.pipeline.working import MODELS
from tests.flow.tenancy.serving import client_of
from tests.flow.tenancy.stocked import make_person
from tests.platform_database import inside
from tests.small_package import SmallPlugin, make_package

from allward.api.plugin_forms import VersionDetailForm, VersionForm, VersionsForm
from allward.api.publisher_keys import PublisherKeysForm
from allward.audit.models import AuditEvent
from allward.registry.actions import import_build, trust_builds_of
from allward.registry.models import TrustedKey
from allward.registry.signing import signed_as_built_here
from allward.routing.models import RoutingRule
from allward_sdk.cli import main

PLUGINS = "/api/v1/plugins/"
OCTETS = {"content-type": "application/octet-stream"}


def signed(folder: Path, plugin: SmallPlugin) -> bytes:
    with signed_as_built_here(make_package(folder, plugin)) as path:
        return path.read_bytes()


def take_in(administrator, hospital, folder, plugin):
    with inside(hospital):
        trust_builds_of(plugin.plugin_id)
    answer = administrator.post(f"{PLUGINS}import/", content=signed(folder, plugin), headers=OCTETS)
    assert answer.status_code == 201, answer.text
    return answer.json()


def installed(administrator, version, department="imaging"):
    answer = administrator.post(f"{PLUGINS}{version['id']}/install/", json={"department": department})
    assert answer.status_code == 201, answer.text
    return answer.json()["installations"][0]


def move(administrator, installation, name, **body):
    return administrator.post(f"/api/v1/installations/{installation['id']}/{name}/", json=body or None)


def state_of(answer, installation):
    assert answer.status_code == 200, answer.text
    return next(row["state"] for row in answer.json()["installations"] if row["id"] == installation["id"])


def test_a_package_goes_its_whole_way_through_the_hospital(administrator, hospital, tmp_path):
    version = take_in(administrator, hospital, tmp_path, SmallPlugin(version="5.0.0"))
    assert not faults_of(VersionForm(), version)
    assert version["publisher"]["name"] == "Built on this machine"
    assert (version["blocked"], version["warnings"], version["installations"]) == (None, [], [])
    first = installed(administrator, version)
    assert (first["state"], first["may"]) == ("verified", ["enable", "yank", "uninstall"])
    with inside(hospital):
        assert not RoutingRule.objects.exists()
    assert state_of(move(administrator, first, "enable"), first) == "enabled"
    newer = take_in(administrator, hospital, tmp_path, SmallPlugin(version="5.1.0"))
    second = installed(administrator, newer)
    enabled = move(administrator, second, "enable")
    assert state_of(enabled, second) == "enabled"
    assert "roll-back" in enabled.json()["installations"][0]["may"]
    assert state_of(move(administrator, second, "roll-back"), second) == "rolled back"
    listed = administrator.get(PLUGINS).json()
    assert not faults_of(VersionsForm(), listed)
    assert [(one["version"], one["installations"][0]["state"]) for one in listed["plugins"]] == [
        ("5.1.0", "rolled back"), ("5.0.0", "enabled"),
    ]  # fmt: skip
    yanked = move(administrator, second, "yank", reason="wrong on thin slices")
    assert state_of(yanked, second) == "yanked"
    assert yanked.json()["yanked"]["reason"] == "wrong on thin slices"
    assert yanked.json()["blocked"]["code"] == "yanked"
    assert state_of(move(administrator, first, "uninstall"), first) == "uninstalled"
    with inside(hospital):
        assert not RoutingRule.objects.exists()


def test_its_page_says_what_the_package_says_and_what_happened_to_it_here(administrator, hospital, tmp_path):
    version = take_in(administrator, hospital, tmp_path, SmallPlugin(version="5.2.0"))
    installation = installed(administrator, version)
    move(administrator, installation, "enable")
    answer = administrator.get(f"{PLUGINS}{version['id']}/")
    detail = answer.json()
    assert not faults_of(VersionDetailForm(), detail)
    assert detail["model_card"].startswith("# Bright things")
    assert detail["licence_text"].startswith("Apache License")
    assert detail["sbom"] == {}
    assert [label["name"] for label in detail["labels"]] == ["liver"]
    told = [line["detail"].get("state", line["detail"].get("change")) for line in detail["history"]]
    assert told == ["enabled", "verified", "imported"]
    assert all(line["actor"].startswith("u-") for line in detail["history"])


def test_who_reads_images_sees_the_model_card_but_not_who_did_what(administrator, hospital, tmp_path, url):
    version = take_in(administrator, hospital, tmp_path, SmallPlugin(version="5.3.0"))
    with client_of(url, make_person(hospital, "radiologist"), "bearer") as radiologist:
        detail = radiologist.get(f"{PLUGINS}{version['id']}/").json()
        assert detail["model_card"]
        assert detail["history"] == []
        assert radiologist.post(f"{PLUGINS}{version['id']}/install/", json={}).status_code == 403


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda content: content[:-40], "not a package"),
        (lambda content: content + b"more", "nothing may stand"),
        (lambda content: b"", "not a package"),
        (lambda content: content.replace(b"Finds what", b"Finds whom", 1), "sha256"),
    ],
)
def test_a_package_that_is_not_what_was_signed_is_refused_in_both_languages(
    administrator, hospital, tmp_path, spoil, said
):
    plugin = SmallPlugin(version="5.4.0")
    with inside(hospital):
        trust_builds_of(plugin.plugin_id)
    content = spoil(signed(tmp_path, plugin))
    refused = administrator.post(f"{PLUGINS}import/", content=content, headers=OCTETS)
    assert (refused.status_code, refused.json()["code"]) == (400, "package_refused")
    assert said in refused.json()["detail"]["en"]
    assert refused.json()["detail"]["zh"].startswith("插件包被拒绝")
    assert administrator.get(PLUGINS).json()["plugins"] == []


def test_what_a_state_does_not_allow_is_refused_and_changes_nothing(administrator, hospital, tmp_path):
    version = take_in(administrator, hospital, tmp_path, SmallPlugin(version="5.5.0"))
    installation = installed(administrator, version)
    refused = move(administrator, installation, "roll-back")
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_earlier")
    assert state_of(move(administrator, installation, "yank", reason="x"), installation) == "yanked"
    assert move(administrator, installation, "enable").status_code == 409
    assert move(administrator, installation, "yank").status_code == 400  # without a reason


def test_an_end_of_registration_is_warned_of(administrator, hospital, tmp_path):
    plugin = SmallPlugin(version="5.6.0", status="cleared", valid_until="2099-12-31")
    version = take_in(administrator, hospital, tmp_path, plugin)
    (registration,) = version["registrations"]
    assert (registration["authority"], registration["holds"]) == ("NMPA", True)
    lapsed = SmallPlugin(version="5.6.1", status="cleared", valid_until="2020-12-31")
    version = take_in(administrator, hospital, tmp_path, lapsed)
    assert version["blocked"]["code"] == "registration_expired"
    refused = move(administrator, installed(administrator, version), "enable")
    assert (refused.status_code, refused.json()["code"]) == (409, "registration_expired")
    assert "已于 2020-12-31 到期。" in refused.json()["detail"]["zh"]


def test_taking_in_is_audited_once(administrator, hospital, tmp_path):
    plugin = SmallPlugin(version="5.7.0")
    version = take_in(administrator, hospital, tmp_path, plugin)
    take_in(administrator, hospital, tmp_path, plugin)
    with inside(hospital):
        assert AuditEvent.objects.filter(what="plug-in version", what_id=version["id"]).count() == 1


def test_a_slot_that_no_app_has_is_refused(administrator, hospital, tmp_path):
    path = make_package(tmp_path, SmallPlugin(version="5.8.0"))
    folder = tmp_path / "bright-5.8.0"
    text = (folder / "plugin.toml").read_text().replace("any_imaging.segmentation", "no_app.slot")
    (folder / "plugin.toml").write_text(text)
    from allward_sdk.package import pack

    path = pack(folder, tmp_path / "other").path
    with inside(hospital):
        version = import_build(path, models_folder=MODELS)
    refused = administrator.post(f"{PLUGINS}{version.pk}/install/", json={"department": "imaging"})
    assert refused.status_code == 400
    assert "no_app" in refused.json()["detail"]["en"]


def test_the_command_trusts_a_publisher_and_installs_what_he_signed(hospital, tmp_path, capsys):
    key, publishers = tmp_path / "vendor.pem", tmp_path / "publishers.json"
    from allward_sdk.trust.envelope import sign_package
    from allward_sdk.trust.keys import PublisherKey, load_signer, new_key, publishers_to_json

    public = new_key(key)
    said = PublisherKey.of(public, publisher="Vendor", prefixes=["org.vendor."])
    publishers.write_text(publishers_to_json([said]))
    plugin = SmallPlugin(version="6.0.0", plugin_id="org.vendor.bright")
    path = sign_package(make_package(tmp_path, plugin), load_signer(key), tmp_path / "signed")
    words = ["plugin", "install", str(path), "--tenant", hospital.code, "--department", "imaging"]
    assert main([*words[:-1], "nowhere", "--trust", str(publishers)]) == 1
    assert "there is no department 'nowhere'; known are: imaging" in capsys.readouterr().err
    assert main(words) == 1
    assert "is not trusted here" in capsys.readouterr().err
    assert main([*words, "--trust", str(publishers)]) == 0
    assert "org.vendor.bright 6.0.0 is enabled" in capsys.readouterr().out
    assert json.loads(publishers.read_text())[0]["publisher"] == "Vendor"


def test_an_administrator_enters_a_publishers_key_and_takes_it_back(administrator, hospital, tmp_path):
    from allward_sdk.trust.keys import PublisherKey, new_key

    said = PublisherKey.of(new_key(tmp_path / "key.pem"), publisher="Vendor", prefixes=["org.vendor."])
    entered = administrator.post("/api/v1/publisher-keys/", json={"publishers": [said.to_json()]})
    assert entered.status_code == 201, entered.text
    assert not faults_of(PublisherKeysForm(), entered.json())
    taken_back = {**said.to_json(), "state": "revoked", "reason": "stolen"}
    administrator.post("/api/v1/publisher-keys/", json={"publishers": [taken_back]}).raise_for_status()
    keys = {key["publisher"]: key for key in administrator.get("/api/v1/publisher-keys/").json()["keys"]}
    assert (keys["Vendor"]["state"], keys["Vendor"]["reason"]) == ("revoked", "stolen")
    (own,) = [key for key in keys.values() if key["own"]]
    assert own["prefixes"] == [f"local.{hospital.code}."]
    told = ("keyid", "public", "publisher", "prefixes")
    less = {name: own[name] for name in told} | {"state": "revoked", "reason": "by mistake"}
    refused = administrator.post("/api/v1/publisher-keys/", json={"publishers": [less]})
    assert (refused.status_code, refused.json()["code"]) == (400, "own_key")
    wrong = administrator.post(
        "/api/v1/publisher-keys/", json={"publishers": [{**taken_back, "keyid": "0" * 64}]}
    )
    assert (wrong.status_code, wrong.json()["code"]) == (400, "key_refused")
    with inside(hospital):
        noted = AuditEvent.objects.filter(what="trusted key", what_id=said.keyid).order_by("at")
        assert [row.detail["change"] for row in noted] == ["added", "changed"]


def test_the_command_signs_what_was_built_here_and_refuses_it_without_that_word(hospital, tmp_path, capsys):
    path = make_package(tmp_path, SmallPlugin(version="6.2.0", plugin_id="org.built.bright"))
    words = ["plugin", "install", str(path), "--tenant", hospital.code, "--department", "imaging"]
    assert main(words) == 1
    assert "the package is not signed" in capsys.readouterr().err
    assert main([*words, "--built-here"]) == 0
    with inside(hospital):
        key = TrustedKey.objects.get(publisher="Built on this machine")
        assert key.prefixes == ["org.built."]
