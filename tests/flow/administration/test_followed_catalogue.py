"""A hospital names its catalogue once; what the catalogue says comes in by itself, packages only by hand."""

import shutil
from dataclasses import replace
from typing import ClassVar

import psycopg
import pytest
from django.conf import settings
from tests.conftest import HOME
from tests.flow.administration import test_catalogue
from tests.flow.administration.forms import faults_of
from tests.flow.administration.test_catalogue import Scene
from tests.flow.tenancy.serving import client_of
from tests.flow.tenancy.stocked import make_person
from tests.platform_database import inside, make_hospital
from tests.unit.sdk.small_catalogue import Quiet, served

from allward.api.followed_catalogue import FollowedForm
from allward.audit.models import AuditEvent
from allward.config.tasks import sync_catalogue_of
from allward.registry.actions import name_catalogue
from allward.registry.models import Installation, PluginVersion, TrustedKey, VersionImport
from allward_sdk.catalogue import durable
from allward_sdk.errors import TemporaryError

scene = test_catalogue.scene
FOLLOWED = "/api/v1/followed-catalogue/"


@pytest.fixture
def administrator(url, scene):
    with client_of(url, make_person(scene.hospital, "tenant_administrator"), "bearer") as client:
        yield client


def name(client, made: Scene):
    body = {"location": str(made.repository.folder), "root_json": made.root.read_text()}
    return client.put(FOLLOWED, json=body)


def by_the_clock(made: Scene) -> None:
    sync_catalogue_of(str(made.hospital.tenant_id))


def test_it_is_named_read_by_the_clock_and_installs_nothing_by_itself(administrator, scene):
    answer = name(administrator, scene)
    assert answer.status_code == 200, answer.text
    assert not faults_of(FollowedForm(), answer.json())
    (entry,) = answer.json()["catalogue"]["entries"]
    assert (entry["version"], entry["yanked"], entry["taken_in"]) == ("1.0.0", None, False)
    scene.add("1.1.0")
    by_the_clock(scene)
    said = administrator.get(FOLLOWED).json()["catalogue"]
    assert [each["version"] for each in said["entries"]] == ["1.0.0", "1.1.0"]
    assert (said["stale"], said["fault"]) == (False, None)
    assert said["age_s"] >= 0
    with inside(scene.hospital):
        assert not VersionImport.objects.exists()
        assert TrustedKey.objects.filter(keyid=scene.key.keyid).exists()
    taken = administrator.post(f"{FOLLOWED}take-in/", json={"plugin": scene.plugin, "version": "1.1.0"})
    assert taken.status_code == 201, taken.text
    assert (taken.json()["version"], taken.json()["installations"]) == ("1.1.0", [])
    with inside(scene.hospital):
        assert VersionImport.objects.get().listed
        assert not Installation.objects.exists()


def test_withdrawals_and_revoked_keys_come_in_by_the_clock(administrator, scene):
    name(administrator, scene).raise_for_status()
    administrator.post(
        f"{FOLLOWED}take-in/", json={"plugin": scene.plugin, "version": "1.0.0"}
    ).raise_for_status()
    assert scene.refusal("1.0.0") is None
    scene.repository.yank(scene.plugin, "1.0.0", "left and right are swapped")
    by_the_clock(scene)
    assert scene.refusal("1.0.0") == "yanked"
    scene.repository.set_publishers([replace(scene.key, state="revoked", reason="stolen")])
    by_the_clock(scene)
    with inside(scene.hospital):
        assert TrustedKey.objects.get(keyid=scene.key.keyid).state == "revoked"


def test_a_stick_that_is_away_is_said_once_in_the_audit_trail_and_nothing_is_lost(administrator, scene):
    name(administrator, scene).raise_for_status()
    away = scene.repository.folder.with_name("away")
    shutil.move(scene.repository.folder, away)
    for _ in range(2):
        answer = administrator.post(f"{FOLLOWED}sync/").json()["catalogue"]
        assert answer["fault"]["zh"].startswith("无法读取目录")
        assert len(answer["entries"]) == 1
    shutil.move(away, scene.repository.folder)
    by_the_clock(scene)
    assert administrator.get(FOLLOWED).json()["catalogue"]["fault"] is None
    with inside(scene.hospital):
        noted = AuditEvent.objects.filter(what="catalogue").order_by("at")
        assert [row.detail["change"] for row in noted] == ["named", "cannot be read", "read again"]


@pytest.mark.parametrize("source", ["/etc", "/media/../etc", ""])
def test_a_folder_elsewhere_on_the_machine_is_not_read(administrator, scene, source):
    refused = administrator.put(FOLLOWED, json={"location": source, "root_json": scene.root.read_text()})
    assert refused.status_code == 400
    if source:
        assert "ALLWARD_CATALOGUE_FOLDERS" in refused.json()["detail"]["en"]


def test_another_root_than_the_catalogues_is_refused_and_nothing_is_followed(administrator, scene):
    refused = administrator.put(FOLLOWED, json={"location": str(scene.repository.folder), "root_json": "{}"})
    assert (refused.status_code, refused.json()["code"]) == (400, "catalogue_refused")
    assert administrator.get(FOLLOWED).json() == {"catalogue": None}
    assert administrator.post(f"{FOLLOWED}sync/").status_code == 409
    by_the_clock(scene)  # a hospital that follows none is passed over


def test_who_follows_none_any_more_keeps_what_was_withdrawn(administrator, scene):
    name(administrator, scene).raise_for_status()
    assert administrator.delete(FOLLOWED).json() == {"catalogue": None}
    with inside(scene.hospital):
        assert TrustedKey.objects.filter(keyid=scene.key.keyid).exists()


def test_two_hospitals_may_know_other_content_as_the_same_version(scene, tmp_path):
    from tests.flow.pipeline.working import MODELS
    from tests.small_package import SmallPlugin, make_package

    from allward.registry.actions import import_build

    one, other = make_hospital(), make_hospital()
    taken = []
    for hospital, above_hu in ((one, 60.0), (other, 75.0)):
        plugin = SmallPlugin(version="9.0.0", plugin_id="org.both.bright", above_hu=above_hu)
        with inside(hospital):
            taken.append(import_build(make_package(tmp_path / hospital.code, plugin), models_folder=MODELS))
    assert taken[0].digest != taken[1].digest
    assert PluginVersion.objects.filter(plugin_id="org.both.bright", version="9.0.0").count() == 2


def test_nobody_waits_for_another_who_reads_the_same_catalogue(administrator, scene):
    name(administrator, scene).raise_for_status()
    with durable.alone(HOME / "catalogues" / scene.hospital.code):
        by_the_clock(scene)
        for answer in (name(administrator, scene), administrator.post(f"{FOLLOWED}sync/")):
            assert (answer.status_code, answer.json()["code"]) == (409, "catalogue_busy")
    assert administrator.get(FOLLOWED).json()["catalogue"]["fault"] is None


class Watching(Quiet):
    """Looks at the database while it is asked: whether a transaction of the web process waits for it."""

    waiting: ClassVar[list[int]] = []

    def do_GET(self) -> None:  # noqa: N802 (the standard library's name)
        with psycopg.connect(settings.ALLWARD.database_url) as connection:
            row = connection.execute(
                "select count(*) from pg_stat_activity"
                " where datname = current_database() and state like 'idle in transaction%'"
            ).fetchone()
        assert row is not None
        self.waiting.append(row[0])
        super().do_GET()


def test_no_transaction_is_open_while_an_address_is_asked(administrator, scene):
    with served(scene.repository.folder, Watching) as address:
        body = {"location": address, "root_json": scene.root.read_text()}
        administrator.put(FOLLOWED, json=body).raise_for_status()
        administrator.post(f"{FOLLOWED}sync/").raise_for_status()
        order = {"plugin": scene.plugin, "version": "1.0.0"}
        administrator.post(f"{FOLLOWED}take-in/", json=order).raise_for_status()
    assert len(Watching.waiting) > 6
    assert set(Watching.waiting) == {0}


def test_this_machine_is_no_catalogue_unless_the_operator_allows_it(scene, monkeypatch):
    monkeypatch.setattr(settings, "ALLWARD", replace(settings.ALLWARD, local_addresses=False))
    refused = pytest.raises(TemporaryError, match="ALLWARD_LOCAL_ADDRESSES")
    with served(scene.repository.folder) as address, inside(scene.hospital), refused:
        name_catalogue(address, scene.root.read_bytes())


def test_a_catalogue_has_no_say_in_names_of_hospitals_own_plugins(administrator, scene):
    also = (*scene.key.prefixes, "local.", "local.somewhere.")
    scene.repository.set_publishers([replace(scene.key, prefixes=also)])
    name(administrator, scene).raise_for_status()
    with inside(scene.hospital):
        assert TrustedKey.objects.get(keyid=scene.key.keyid).prefixes == list(scene.key.prefixes)
