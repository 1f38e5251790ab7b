"""A hospital calls archives under AE titles of its own alone, so it gets from a PACS what is its own."""

from importlib import import_module
from uuid import uuid4

import pytest
from django.db import connections, transaction
from tests.flow.tenancy.serving import client_of, serving
from tests.flow.tenancy.stocked import make_person
from tests.platform_database import inside, make_hospital

from allward.identity.models import Role
from allward.retrieval.actions import ArchiveSettings, add_archive, change_archive, give_title
from allward.retrieval.archive import ArchiveRefusedError
from allward.retrieval.models import OwnTitle, SourceArchive
from allward.retrieval.reaching import asked
from allward_sdk.errors import BadInputError


def pacs(**more: object) -> ArchiveSettings:
    return ArchiveSettings(
        **{"name": "pacs", "method": "c_move", "host": "10.1.2.3", "called_ae_title": "PACS", **more}
    )


def fresh_title() -> str:
    return f"T{uuid4().hex[:10].upper()}"


def test_the_title_of_another_hospital_is_refused_as_caller_and_as_destination():
    north, south, title = make_hospital(), make_hospital(), fresh_title()
    with inside(north):
        give_title(title)
        assert add_archive(pacs(calling_ae_title=title, move_destination=title)).calling_ae_title == title
    with inside(south):
        for field in ("calling_ae_title", "move_destination"):
            with pytest.raises(BadInputError, match=f"{field}.*no AE title of this hospital"):
                add_archive(pacs(**{field: title.lower()}))
        archive = add_archive(pacs())
        with pytest.raises(BadInputError, match="no AE title of this hospital"):
            change_archive(archive.pk, pacs(calling_ae_title=title))
        with pytest.raises(BadInputError, match="belongs to another hospital"):
            give_title(title.lower())


def test_a_title_that_belongs_to_nobody_is_not_taken_by_naming_it():
    hospital, title = make_hospital(), fresh_title()
    with inside(hospital):
        with pytest.raises(BadInputError, match="allward retrieve title"):
            add_archive(pacs(calling_ae_title=title))
        assert not OwnTitle.objects.filter(ae_title=title).exists()


def test_without_a_word_each_hospital_calls_under_a_title_of_its_own_and_is_sent_to_the_platforms():
    titles = set()
    for hospital in (make_hospital(), make_hospital()):
        with inside(hospital):
            first = add_archive(pacs())
            second = add_archive(pacs(name="second", method="c_get"))
        assert first.calling_ae_title == second.calling_ae_title
        assert first.move_destination == "ALLWARD"
        assert len(first.calling_ae_title) <= 16
        titles.add(first.calling_ae_title)
    assert len(titles) == 2


def test_an_archive_that_lost_its_title_is_not_asked():
    with inside(make_hospital()):
        archive = add_archive(pacs())
        archive.calling_ae_title = ""
    with pytest.raises(ArchiveRefusedError, match="enter it anew"):
        asked(archive)


def test_over_rest_the_refusal_names_the_field():
    north, title = make_hospital(), fresh_title()
    with inside(north):
        give_title(title)
    administrator = make_person(make_hospital(), Role.TENANT_ADMINISTRATOR)
    body = {"name": "pacs", "method": "c_get", "host": "10.1.2.3", "called_ae_title": "PACS"}
    with serving() as url, client_of(url, administrator, "bearer") as client:
        refused = client.post("/api/v1/archives/", json={**body, "calling_ae_title": title})
        assert refused.status_code == 400
        assert "calling_ae_title" in refused.text
        entered = client.post("/api/v1/archives/", json={**body, "calling_ae_title": ""}).json()
    assert entered["calling_ae_title"] not in ("", title, "ALLWARD")


def test_what_was_entered_before_titles_had_owners_is_taken_over_unless_hospitals_share_it():
    alone, shared = fresh_title(), fresh_title()
    rows = []
    for title in (alone, shared, shared.lower()):
        with inside(make_hospital()):
            row = add_archive(pacs())
            SourceArchive.objects.filter(pk=row.pk).update(calling_ae_title=title)
            rows.append(str(row.pk))
    take_over = import_module("allward.retrieval.migrations.0004_protection_of_titles").TAKE_OVER
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(
            "ALTER TABLE retrieval_owntitle NO FORCE ROW LEVEL SECURITY; TRUNCATE retrieval_owntitle"
        )
        cursor.execute(take_over)
        cursor.execute("ALTER TABLE retrieval_sourcearchive NO FORCE ROW LEVEL SECURITY")
        cursor.execute(
            "SELECT id::text, enabled, calling_ae_title FROM retrieval_sourcearchive"
            " WHERE id::text = ANY (%s)",
            [rows],
        )
        found = {row: rest for row, *rest in cursor.fetchall()}
        cursor.execute("SELECT ae_title FROM retrieval_owntitle")
        own = {title for (title,) in cursor.fetchall()}
        transaction.set_rollback(True, using="owner")
    assert [found[row] for row in rows] == [[True, alone], [False, ""], [False, ""]]
    assert alone in own
    assert not own & {shared, shared.lower()}
