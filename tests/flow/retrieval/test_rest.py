"""Archives and retrievals over REST: what an administrator enters, and how a reader gets priors."""

import httpx
import pytest
from tests.flow.retrieval.nodes import ended, retrieving
from tests.flow.tenancy.serving import client_of, serving
from tests.flow.tenancy.stocked import make_person
from tests.platform_database import inside, make_hospital
from tests.small_study import receive

from allward.audit.models import AuditEvent
from allward.identity.models import Role

WINDOW = {"days": [1, 2, 3, 4, 5], "opens": "22:00", "closes": "06:00", "time_zone": "Asia/Shanghai"}


@pytest.fixture(scope="module")
def url():
    with serving() as address:
        yield address


def entry(surroundings, **more):
    return {
        "name": "old", "method": "c_get", "host": "127.0.0.1", "port": surroundings.archive.dicom_port,
        "called_ae_title": "OLDPACS", **more,
    }  # fmt: skip


def post(client: httpx.Client, path: str, body=None) -> dict:
    answer = client.post(f"/api/v1/{path}", json=body)
    assert answer.status_code < 300, answer.text
    return answer.json()


def test_an_administrator_enters_an_archive_asks_it_and_queues_studies(surroundings, url):
    hospital, old = make_hospital(), surroundings.old_study()
    administrator = make_person(hospital, Role.TENANT_ADMINISTRATOR)
    with client_of(url, administrator, "bearer") as client:
        archive = post(client, "archives/", entry(surroundings, window=WINDOW, bits_per_s=8_000_000))
        assert archive["window"] == WINDOW
        changed = client.put(
            f"/api/v1/archives/{archive['id']}/", json=entry(surroundings, secret="s", max_associations=2)
        ).json()
        assert (changed["window"], changed["max_associations"], changed["has_secret"]) == (None, 2, True)
        assert "secret" not in changed
        assert post(client, f"archives/{archive['id']}/test/") == {"answers": True, "error": None}
        (found,) = post(
            client, f"archives/{archive['id']}/query/", {"accession_number": old.accession_number}
        )["studies"]
        assert (found["study_instance_uid"], found["instances_here"]) == (old.study_instance_uid, 0)
        assert "patient_name" not in found
        lists = {"csv": f"accession_number\n{old.accession_number}\nNOSUCH\n"}
        queued = post(client, "retrievals/", {"archive_id": archive["id"], **lists})["retrievals"]
        assert [row["state"] for row in queued] == ["waiting", "waiting"]
        canceled = post(client, f"retrievals/{queued[1]['id']}/cancel/")
        assert canceled["state"] == "canceled"
        again = client.post(f"/api/v1/retrievals/{queued[1]['id']}/cancel/")
        assert (again.status_code, again.json()["code"]) == (409, "over")
        with retrieving():
            ended(hospital, queued[0]["id"])
        listed = client.get("/api/v1/retrievals/?state=complete").json()["retrievals"]
    assert [(row["id"], row["instances_here"]) for row in listed] == [(queued[0]["id"], len(old.files))]


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"window": {**WINDOW, "time_zone": "Nowhere"}}, "time_zone"),
        ({"called_ae_title": ""}, "called_ae_title"),
        ({"method": "wado_rs", "base_url": "ftp://a/b"}, "base_url"),
        ({"method": "wado_rs", "base_url": "https://user:word@a/b"}, "base_url"),
        ({"fallback_charset": "NOSUCH"}, "fallback_charset"),
    ],
)
def test_what_is_wrong_with_an_archive_is_said_by_name(surroundings, url, more, word):
    administrator = make_person(make_hospital(), Role.TENANT_ADMINISTRATOR)
    with client_of(url, administrator, "bearer") as client:
        answer = client.post("/api/v1/archives/", json=entry(surroundings, **more))
    assert answer.status_code == 400
    assert word in answer.text


def test_a_reader_gets_the_priors_of_a_patient_at_once_and_nobody_elses(surroundings, url):
    hospital = make_hospital()
    prior = surroundings.old_study(patient_id="P-PRIOR")
    current = surroundings.old_study(patient_id="P-PRIOR")
    surroundings.old_study(patient_id="P-PRIOR-2")
    study_id = receive(hospital, current.files)
    administrator = make_person(hospital, Role.TENANT_ADMINISTRATOR)
    reader = make_person(hospital, Role.RADIOLOGIST)
    with client_of(url, reader, "bearer") as client:
        none = client.post(f"/api/v1/studies/{study_id}/priors/")
        assert (none.status_code, none.json()["code"]) == (409, "no_archive")
        assert client.get("/api/v1/archives/").status_code == 403
    with client_of(url, administrator, "bearer") as client:
        never = {**WINDOW, "opens": "00:00", "closes": "00:01", "days": [1]}
        post(client, "archives/", entry(surroundings, window=never))
        post(client, "archives/", entry(surroundings, name="away", port=1))
    with client_of(url, reader, "bearer") as client:
        said = post(client, f"studies/{study_id}/priors/")
    by_name = {each["name"]: each for each in said["archives"]}
    assert by_name["old"]["found"] == 2
    assert "cannot be reached" in by_name["away"]["error"]
    (queued,) = said["retrievals"]
    assert (queued["study_instance_uid"], queued["outside_window"]) == (prior.study_instance_uid, True)
    with retrieving():
        assert ended(hospital, queued["id"]).state == "complete"
    with inside(hospital):
        asked = AuditEvent.objects.filter(action="retrieve", what="source archive").get()
    assert (asked.actor, asked.detail["purpose"], asked.detail["outside_window"]) == (
        reader.username, "prior", True
    )  # fmt: skip
