"""A hospital calls archives under AE titles of its own alone, so it gets from a PACS what is its own."""

import threading
from importlib import import_module
from uuid import uuid4

import pytest
from django.db import connections, transaction
from tests.flow.delivery.nodes import free_port
from tests.flow.tenancy.serving import client_of, serving
from tests.flow.tenancy.stocked import make_person
from tests.platform_database import inside, make_hospital

from allward.audit.models import AuditEvent
from allward.identity.models import Role
from allward.retrieval.actions import ArchiveSettings, add_archive, change_archive, give_title, note_test
from allward.retrieval.actions.titles import TitleInUseError, take_title_back
from allward.retrieval.archive import ArchiveRefusedError
from allward.retrieval.models import OwnTitle, SourceArchive
from allward.retrieval.reaching import asked
from allward_sdk.cli import main
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


def test_a_title_is_given_back_once_no_archive_needs_it_and_may_be_anothers_then():
    north, south, title = make_hospital(), make_hospital(), fresh_title()
    with inside(north):
        give_title(title)
        archive = add_archive(pacs(calling_ae_title=title))
    administrator = make_person(north, Role.TENANT_ADMINISTRATOR)
    titles = "/api/v1/archives/titles/"
    with serving() as url, client_of(url, administrator, "bearer") as client:
        (row,) = client.get(titles).json()["titles"]
        assert (row["ae_title"], row["archives"]) == (title, [archive.name])
        refused = client.delete(f"{titles}{row['id']}/")
        assert (refused.status_code, refused.json()["code"]) == (409, "title_in_use")
        assert archive.name in refused.json()["detail"]["zh"]
        with inside(north):
            give_title(other := fresh_title())
            change_archive(archive.pk, pacs(calling_ae_title=other))
        assert [each["ae_title"] for each in client.delete(f"{titles}{row['id']}/").json()["titles"]] == [
            other
        ]
        assert client.delete(f"{titles}{row['id']}/").status_code == 404
    with inside(north):
        noted = AuditEvent.objects.get(what="AE title", what_id=row["id"], detail__change="taken back")
        assert (noted.actor, noted.detail["ae_title"]) == (administrator.username, title)
    with inside(south):
        assert give_title(title.lower()).ae_title == title.lower()


def test_a_title_is_not_given_back_by_another_hospital():
    north, title = make_hospital(), fresh_title()
    with inside(north):
        row = give_title(title)
    stranger = make_person(make_hospital(), Role.TENANT_ADMINISTRATOR)
    with serving() as url, client_of(url, stranger, "bearer") as client:
        assert client.delete(f"/api/v1/archives/titles/{row.pk}/").status_code == 404
    with inside(north):
        assert OwnTitle.objects.filter(pk=row.pk).exists()


def test_the_operators_command_takes_a_title_back(capsys):
    north, title = make_hospital(), fresh_title()
    words = ["retrieve", "title", title, "--tenant", north.code]
    assert main(words) == 0
    assert main([*words, "--take-back"]) == 0
    with inside(north):
        assert not OwnTitle.objects.filter(ae_title=title).exists()
    assert main([*words, "--take-back"]) != 0
    assert "is no AE title of" in capsys.readouterr().err


def test_how_the_last_test_went_is_kept_until_the_archive_is_entered_otherwise():
    hospital = make_hospital()
    with inside(hospital):
        archive = add_archive(pacs(host="127.0.0.1", port=free_port()))
    administrator = make_person(hospital, Role.TENANT_ADMINISTRATOR)
    place = f"/api/v1/archives/{archive.pk}/"
    with serving() as url, client_of(url, administrator, "bearer") as client:

        def told():
            (one,) = client.get("/api/v1/archives/").json()["archives"]
            return one["last_test"]

        assert told() is None
        answer = client.post(f"{place}test/").json()
        assert not answer["answers"]
        kept = told()
        assert (kept["answers"], kept["error"]) == (False, answer["error"])
        body = {
            "name": "renamed",
            "method": "c_move",
            "host": "127.0.0.1",
            "port": archive.port,
            "called_ae_title": "PACS",
        }
        client.put(place, json=body).raise_for_status()
        assert told() == kept
        client.put(place, json={**body, "port": free_port()}).raise_for_status()
        assert told() is None
    with inside(hospital):
        note_test(archive, error="")  # of the address that it had before
        assert SourceArchive.objects.get(pk=archive.pk).last_tested_at is None


@pytest.mark.parametrize("said", [True, False])
def test_a_title_is_not_given_back_while_an_archive_is_entered_under_it(said):
    hospital, title = make_hospital(), fresh_title()
    with inside(hospital):
        row = give_title(title)
    outcome: list[object] = []

    def take_back() -> None:
        try:
            with inside(hospital):
                outcome.append(take_title_back(row.pk))
        except TitleInUseError as error:
            outcome.append(error)
        finally:
            connections.close_all()

    other = threading.Thread(target=take_back)
    with inside(hospital):
        add_archive(pacs(calling_ae_title=title if said else ""))
        other.start()
        other.join(2)  # it waits; with no lock it would be done by now
        assert outcome == []
    other.join(60)
    assert [type(each) for each in outcome] == [TitleInUseError]
