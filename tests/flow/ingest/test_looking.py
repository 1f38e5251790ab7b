"""What stands in the audit trail of who searched and who looked, at home and at a partner's."""

from dataclasses import replace
from uuid import uuid4

import httpx
import pydicom
import pytest
from tests.flow.ingest.nodes import dicomweb
from tests.platform_database import inside, make_hospital
from tests.small_study import receive, write_small_study

from allward.audit.models import AuditEvent
from allward.kernel.clock import now
from allward.tenancy.actions import grant_reading
from allward.tenancy.scope import Scope


@pytest.fixture(scope="module")
def hospital():
    return make_hospital()


@pytest.fixture(scope="module")
def one(hospital, tmp_path_factory):
    """One image of a study that is in the hospital's archive."""
    paths = write_small_study(tmp_path_factory.mktemp("study"), seed=uuid4().int % 10**6)
    receive(hospital, paths)
    return pydicom.dcmread(paths[0])


@pytest.fixture(scope="module")
def url(hospital):
    with dicomweb(Scope.of_tenant(hospital.tenant_id, actor="dr-test")) as address:
        yield address


def _since(hospital, began, **wanted):
    with inside(hospital):
        return list(AuditEvent.objects.filter(at__gte=began, **wanted).order_by("at"))


def test_each_search_leaves_one_row_with_what_was_asked_for(url, hospital, one):
    began = now()
    address = f"{url}/studies?PatientID={one.PatientID}&StudyDate=19000101-&limit=7&fuzzymatching=true"
    for _ in range(2):
        assert len(httpx.get(address).json()) == 1
    rows = _since(hospital, began)
    assert [(row.action, row.what, row.actor) for row in rows] == [("search", "study", "dr-test")] * 2
    assert rows[0].detail == {
        "filters": {"PatientID": [one.PatientID], "StudyDate": ["19000101-"]},
        "found": 1,
        "offset": 0,
    }


def test_a_search_within_a_study_names_it_and_one_without_a_hit_is_a_search_too(url, hospital, one):
    began = now()
    study = f"{url}/studies/{one.StudyInstanceUID}"
    httpx.get(f"{study}/series")
    httpx.get(f"{study}/series/{one.SeriesInstanceUID}/instances?InstanceNumber=1")
    httpx.get(f"{url}/instances?PatientName=nobody*")
    series, instances, nothing = _since(hospital, began)
    assert (series.what, series.what_id) == ("series", one.StudyInstanceUID)
    assert (instances.what, instances.what_id) == ("instance", one.SeriesInstanceUID)
    assert instances.detail["filters"] == {"InstanceNumber": ["1"]}
    assert (nothing.what, nothing.what_id, nothing.detail["found"]) == ("instance", "", 0)


def test_a_search_that_is_refused_finds_nothing_and_leaves_nothing(url, hospital, one):
    began = now()
    for query in ("StudyDate=yesterday", "PatientID=a%00b", "PatientName=%00*"):
        assert httpx.get(f"{url}/studies?{query}").status_code == 400
    assert _since(hospital, began) == []


def test_odd_names_of_parameters_are_warned_of_and_kept(url, hospital, one):
    began = now()
    answer = httpx.get(f"{url}/studies?a%00b%0d%0ac=1&limit=1")
    assert answer.status_code == 200
    assert "a b" in answer.headers["warning"]
    (row,) = _since(hospital, began)
    assert list(row.detail["filters"]) == ["a b  c"]


def test_what_a_partner_does_stands_in_the_owners_trail_under_the_partners_name(hospital, one):
    partner = make_hospital()
    with inside(hospital):
        grant_reading(reader_tenant_id=partner.tenant_id, may_review=False)
    scope = replace(
        Scope.of_tenant(partner.tenant_id, actor="partner"),
        user_id=uuid4(),
        readable=frozenset({partner.tenant_id, hospital.tenant_id}),
    )
    began = now()
    with dicomweb(scope) as address:
        theirs = f"{address}/hospitals/{hospital.code}/studies"
        instance = (
            f"{theirs}/{one.StudyInstanceUID}/series/{one.SeriesInstanceUID}/instances/{one.SOPInstanceUID}"
        )
        for path in (
            f"{theirs}?PatientID={one.PatientID}",
            f"{instance}/metadata",
            f"{instance}/frames/1",
            f"{instance}/rendered",
            instance,
        ):
            assert httpx.get(path).status_code == 200, path
    rows = _since(hospital, began)
    assert {row.action for row in rows} == {"search", "view", "download"}
    assert {(row.tenant_id, row.user_id, row.user_tenant_id, row.actor) for row in rows} == {
        (hospital.tenant_id, scope.user_id, partner.tenant_id, "partner")
    }
    assert _since(partner, began) == []
