"""After a renewal, studies that lately lacked an entitlement are analysed; older ones stay as they are."""

import json
from datetime import timedelta

import pytest
from tests.flow.administration.entitling import Ward, make_ward
from tests.flow.pipeline.working import settle
from tests.flow.tenancy.serving import client_of
from tests.flow.tenancy.stocked import make_person
from tests.platform_database import inside, run_pipeline

from allward.kernel.clock import now
from allward.routing.actions import REFUSED_LATELY
from allward.runs.models import AppRun, DecisionTrace


@pytest.fixture
def ward(tmp_path) -> Ward:
    return make_ward(tmp_path)


def test_what_was_refused_lately_is_routed_again_and_what_is_older_is_not(url, ward):
    lately, long_ago = ward.receive(1), ward.receive(2)
    settle()
    with inside(ward.hospital):
        assert set(DecisionTrace.objects.values_list("study_id", "clause")) == {
            (lately, "entitlement"), (long_ago, "entitlement"),
        }  # fmt: skip
    with inside(ward.hospital):
        earlier = now() - REFUSED_LATELY - timedelta(hours=1)
        DecisionTrace.objects.filter(study_id=long_ago).update(at=earlier)
    with client_of(url, make_person(ward.hospital, "tenant_administrator"), "bearer") as client:
        token = json.loads(ward.publisher.token(ward.hospital))
        answer = client.post("/api/v1/entitlements/", json=token)
        assert answer.status_code == 201, answer.text
        run_pipeline()
        assert client.post("/api/v1/entitlements/", json=token).status_code == 201
        run_pipeline()
    with inside(ward.hospital):
        assert list(AppRun.objects.values_list("study_id", flat=True)) == [lately]
        assert DecisionTrace.objects.get(study_id=lately).ran
