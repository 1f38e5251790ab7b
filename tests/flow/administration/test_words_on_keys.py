"""A key of which a person and a catalogue both speak: what limits it more holds, and both words are shown."""

import json
from dataclasses import replace
from importlib import import_module

import pytest
from django.db import connections, transaction
from tests.contract.wire.shapes import has_definitions, refusals
from tests.flow.administration import test_catalogue
from tests.flow.administration.test_catalogue import Scene
from tests.flow.tenancy.serving import client_of
from tests.flow.tenancy.stocked import make_person
from tests.platform_database import inside

from allward.registry.actions import (
    catalogue_of_hospital,
    follow_catalogue,
    name_catalogue,
    trust_builds_of,
    trust_key,
)
from allward.registry.models import TrustedKey
from allward.registry.trust import trust_of

scene = test_catalogue.scene
KEYS = "/api/v1/publisher-keys/"


def by_hand(made: Scene, **said) -> None:
    with inside(made.hospital):
        trust_key(replace(made.key, **said))


def by_catalogue(made: Scene, **said) -> None:
    said_of = replace(made.key, **said)
    made.repository.set_publishers([said_of] if said_of.keyid == made.key.keyid else [made.key, said_of])
    with inside(made.hospital):
        opened = catalogue_of_hospital(str(made.repository.folder), trusted_root=made.root)
        follow_catalogue(opened)


def followed(made: Scene) -> None:
    with inside(made.hospital):
        name_catalogue(str(made.repository.folder), made.root.read_bytes())


def key_of(made: Scene) -> TrustedKey:
    with inside(made.hospital):
        return TrustedKey.objects.get(keyid=made.key.keyid)


def told_of(made: Scene, url: str) -> dict:
    with client_of(url, make_person(made.hospital, "tenant_administrator"), "bearer") as client:
        answer = client.get(KEYS).json()
    assert not has_definitions() or refusals([("publisherKeys", answer)]) == [None]
    (key,) = [key for key in answer["keys"] if key["keyid"] == made.key.keyid]
    return key


def test_a_catalogue_does_not_widen_what_a_person_decided(scene, url):
    by_hand(scene, prefixes=("org.narrow.one.", "org.other."))
    by_catalogue(scene, prefixes=("org.narrow.", "com.wide."))
    assert key_of(scene).prefixes == ["org.narrow.one."]
    key = told_of(scene, url)
    assert key["by_hand"]["prefixes"] == ["org.narrow.one.", "org.other."]
    assert key["by_catalogue"]["prefixes"] == ["org.narrow.", "com.wide."]
    assert "org.other." in key["conflict"]["en"]
    assert "com.wide." in key["conflict"]["en"]
    assert key["conflict"]["zh"] != key["conflict"]["en"]


def test_a_person_does_not_widen_what_the_catalogue_lists_either(scene):
    followed(scene)
    by_catalogue(scene, prefixes=("org.narrow.",))
    by_hand(scene, prefixes=("org.narrow.", "com.wide."))
    assert key_of(scene).prefixes == ["org.narrow."]


def test_where_both_agree_on_no_name_the_key_signs_nothing_and_others_are_believed_as_ever(scene, url):
    by_hand(scene, prefixes=("org.one.",))
    by_catalogue(scene, prefixes=("org.two.",))
    assert key_of(scene).prefixes == []
    with inside(scene.hospital):
        trusted = trust_of(scene.hospital.tenant_id).keys[scene.key.keyid]
    assert not trusted.may_sign("org.one.thing")
    assert "nothing" in told_of(scene, url)["conflict"]["en"]


def test_a_revocation_by_hand_outlives_every_word_of_the_catalogue(scene, url):
    by_catalogue(scene)
    by_hand(scene, state="revoked", reason="not here")
    for state in ("active", "rotated", "revoked", "active"):
        by_catalogue(scene, state=state, reason="the catalogue says so")
        assert (key_of(scene).state, key_of(scene).reason) == ("revoked", "not here")
        if state == "rotated":
            assert "not here" in told_of(scene, url)["conflict"]["en"]


def test_the_name_that_a_person_gave_a_key_stays(scene):
    by_hand(scene, publisher="Vendor, seen by ourselves")
    by_catalogue(scene, publisher="Somebody else")
    assert key_of(scene).publisher == "Vendor, seen by ourselves"


def test_what_the_followed_catalogue_revoked_is_not_trusted_again_by_hand(scene, url):
    followed(scene)
    by_catalogue(scene, state="revoked", reason="stolen")
    by_hand(scene)
    assert (key_of(scene).state, key_of(scene).reason) == ("revoked", "stolen")
    assert "stolen" in told_of(scene, url)["conflict"]["en"]


def test_once_no_catalogue_is_followed_a_person_has_the_last_word(scene, url):
    by_catalogue(scene, state="revoked", reason="by a catalogue that was the wrong one")
    by_hand(scene)
    assert key_of(scene).state == "active"
    assert told_of(scene, url)["by_catalogue"] is None


def test_a_catalogue_that_changes_its_mind_does_not_bring_its_own_revocation_back(scene):
    by_catalogue(scene, state="revoked", reason="stolen")
    by_catalogue(scene, state="active")
    assert (key_of(scene).state, key_of(scene).reason) == ("revoked", "stolen")


def test_a_catalogue_alone_gives_and_takes_names_and_no_conflict_is_told(scene, url):
    by_catalogue(scene, prefixes=("org.first.",))
    by_catalogue(scene, prefixes=("org.first.", "org.second."))
    assert key_of(scene).prefixes == ["org.first.", "org.second."]
    key = told_of(scene, url)
    assert (key["by_hand"], key["conflict"]) == (None, None)


def test_builds_of_this_machine_do_not_bring_back_its_key_that_a_person_revoked(scene):
    with inside(scene.hospital):
        row = trust_builds_of("org.built.bright")
    built = replace(scene.key, keyid=row.keyid, public=row.public, prefixes=("org.built.",))
    with inside(scene.hospital):
        trust_key(replace(built, state="revoked", reason="this machine was stolen"))
        again = trust_builds_of("org.built.other")
    assert again.state == "revoked"


@pytest.mark.parametrize("state", ["active", "revoked"])
def test_a_catalogue_says_nothing_of_a_hospitals_own_key(scene, url, state):
    with client_of(url, make_person(scene.hospital, "tenant_administrator"), "bearer") as client:
        (own,) = [key for key in client.get(KEYS).json()["keys"] if key["own"]]
    by_catalogue(
        scene, keyid=own["keyid"], public=own["public"], prefixes=("org.taken.",), state=state, reason="x"
    )
    with inside(scene.hospital):
        row = TrustedKey.objects.get(own=True)
    assert (row.state, row.prefixes, row.catalogue_said) == ("active", own["prefixes"], None)


def test_what_was_believed_before_words_were_told_apart_counts_as_a_persons(scene):
    by_catalogue(scene, state="revoked", reason="stolen")
    with inside(scene.hospital):
        TrustedKey.objects.update(catalogue_said=None)
    so_far = import_module("allward.registry.migrations.0008_words_on_keys").BY_HAND_SO_FAR
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(so_far)
        cursor.execute("ALTER TABLE registry_trustedkey NO FORCE ROW LEVEL SECURITY")
        cursor.execute(
            "SELECT hand_said FROM registry_trustedkey WHERE keyid = %s AND tenant_id = %s",
            [scene.key.keyid, scene.hospital.tenant_id],
        )
        (said,) = cursor.fetchone()
        transaction.set_rollback(True, using="owner")
    assert json.loads(said) == {
        "publisher": "Vendor", "prefixes": list(scene.key.prefixes), "state": "revoked", "reason": "stolen",
    }  # fmt: skip
