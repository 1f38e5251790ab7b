"""Corrections, sights and readings as the pages ask for them."""

import base64
import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import numpy as np
import pytest
from tests.contract.wire.shapes import differences, fixtures_of, has_definitions, refusals, shape_of
from tests.flow.corrections.desk import Desk, centre_of, new_desk
from tests.flow.tenancy.serving import client_of, serving
from tests.flow.tenancy.stocked import make_person
from tests.platform_database import Hospital

from allward.results.models import Reading
from allward.tenancy.scope import within


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving() as address:
        yield address


def _hospital(desk: Desk) -> Hospital:
    return Hospital(desk.scene.system.acting, desk.scene.code, uuid4())


@pytest.fixture
def page(desk: Desk, url: str) -> Iterator[httpx.Client]:
    """A radiologist of the hospital."""
    with client_of(url, make_person(_hospital(desk), "radiologist"), "bearer") as client:
        yield client


@pytest.fixture
def administrator(desk: Desk, url: str) -> Iterator[httpx.Client]:
    with client_of(url, make_person(_hospital(desk), "tenant_administrator"), "bearer") as client:
        yield client


def agreed(schema: str, value: Any) -> Any:
    """Hold a value against the fixtures and the pages' own definition."""
    assert not list(differences(value, shape_of(fixtures_of(schema))))
    if has_definitions():
        assert refusals([(schema, value)]) == [None]
    return value


def correct(page: httpx.Client, desk: Desk, kind: str, **asked: Any) -> httpx.Response:
    body = {"kind": kind, "version": desk.result().version, "accept": False, **asked}
    return page.post(f"/api/v1/results/{desk.result_id}/corrections/", json=body)


def packed(mask: np.ndarray) -> str:
    return base64.b64encode(gzip.compress(mask.astype(np.uint8).tobytes())).decode()


def test_every_kind_of_correction_is_asked_for_and_answered_as_agreed(page, desk):
    one, other = (str(each.pk) for each in desk.records())
    x, y, z = centre_of(desk.records()[0])
    line = [[x, y, z], [x + 7.5, y, z]]
    (k, j, i) = (int(each) for each in np.argwhere(desk.labels() == 1)[0])
    drawn = {"first_kji": [k, j, i], "shape_kji": [1, 2, 2], "mask": packed(np.ones((1, 2, 2)))}
    free = [int(each) for each in np.argwhere(desk.labels() == 0)[0]]
    added = {"first_kji": free, "shape_kji": [1, 1, 1], "mask": packed(np.ones((1, 1, 1)))}
    places = desk.case.geometry.to_lps_mm(np.argwhere(desk.labels() == 2))
    asked: list[tuple[str, dict[str, Any]]] = [
        ("calipers", {"finding_id": one, "long_lps_mm": line, "short_lps_mm": None}),
        ("calipers", {"finding_id": one, "long_lps_mm": line, "short_lps_mm": line[::-1], "accept": True}),
        ("outline", {"finding_id": one, **drawn}),
        ("add", {"point_lps_mm": list(desk.points[2])}),
        ("add_outline", added),
        ("split", {"finding_id": other, "points_lps_mm": [list(places[0]), list(places[-1])]}),
        ("merge", {"finding_ids": [one, other]}),
        ("undo", {}),
    ]
    for number, (kind, fields) in enumerate(asked, start=1):
        answer = correct(page, desk, kind, **fields)
        assert answer.status_code == 200, f"{kind}: {answer.text}"
        said = agreed("corrections", answer.json())
        assert said["version"] == number + 1
        assert said["edits"][-1]["kind"] == kind
    assert said["undo"] == 6
    assert [each["undone"] for each in said["edits"]] == [False] * 6 + [True, False]
    history = page.get(f"/api/v1/results/{desk.result_id}/corrections/").json()
    assert history == said


def test_a_correction_on_an_old_version_is_a_conflict_and_what_cannot_be_says_why(page, desk):
    one = str(desk.records()[0].pk)
    assert correct(page, desk, "undo", version=2).status_code == 409
    for kind, fields, status, code in (
        ("undo", {}, 400, "correction_refused"),
        ("merge", {"finding_ids": [one, str(uuid4())]}, 400, "correction_refused"),
        ("add", {"point_lps_mm": [1e4, 0, 0]}, 400, "correction_refused"),
        ("add", {"point_lps_mm": ["nan", 0, 0]}, 400, "invalid"),
        ("add", {}, 400, "invalid"),
        (
            "calipers",
            {"finding_id": one, "long_lps_mm": [[0, 0, 0]] * 2, "short_lps_mm": None},
            400,
            "invalid",
        ),
    ):
        answer = correct(page, desk, kind, **fields)
        assert (answer.status_code, answer.json()["code"]) == (status, code), f"{kind}: {answer.text}"
    assert desk.result().version == 1


@pytest.mark.parametrize(
    ("shape", "mask"),
    [
        ((1, 1, 2), packed(np.ones((1, 1, 1)))),
        ((1, 1, 1), packed(np.ones((1, 1, 2)))),
        ((1, 1, 1), packed(np.full((1, 1, 1), 2))),
        ((1, 1, 1), base64.b64encode(b"no gzip").decode()),
        ((1, 1, 1), "not base64!"),
        ((1, 1, 3), base64.b64encode(gzip.compress(b"\1\1\1")[:-9]).decode()),
        ((1 << 12, 1 << 12, 1 << 12), packed(np.ones((1, 1, 1)))),
    ],
)
def test_an_outline_that_is_not_what_it_says_is_refused_before_anything_is_measured(page, desk, shape, mask):
    answer = correct(page, desk, "add_outline", first_kji=[0, 0, 0], shape_kji=list(shape), mask=mask)
    assert answer.status_code == 400
    assert answer.json()["code"] in {"no_outline", "too_large", "invalid"}


def test_all_are_accepted_only_by_who_has_seen_each_as_it_is_now(page, desk, url):
    path = f"/api/v1/results/{desk.result_id}/accept-all/"
    one, other = desk.records()
    for each in (one, other):
        answer = page.post(f"/api/v1/findings/{each.pk}/seen/", json={"edits": 0})
        agreed("seen", answer.json())
    x, y, z = centre_of(one)
    with client_of(url, make_person(_hospital(desk), "radiologist"), "bearer") as colleague:
        line = [[x, y, z], [x + 7.5, y, z]]
        correct(colleague, desk, "calipers", finding_id=str(one.pk), long_lps_mm=line, short_lps_mm=None)
        refused = colleague.post(path, json={"version": 2})
    assert refused.json()["fields"]["unseen"] == [str(other.pk)]  # who corrects has seen what comes out
    refused = page.post(path, json={"version": 2})
    assert (refused.status_code, refused.json()["code"]) == (409, "unseen")
    assert refused.json()["fields"]["unseen"] == [str(one.pk)]
    assert {each.review_state for each in desk.records()} == {"unreviewed"}
    assert page.post(f"/api/v1/findings/{one.pk}/seen/", json={"edits": 0}).status_code == 409
    assert page.post(f"/api/v1/findings/{one.pk}/seen/", json={"edits": 1}).status_code == 200
    assert page.post(path, json={"version": 1}).status_code == 409
    answer = agreed("acceptedAll", page.post(path, json={"version": 2}).json())
    assert answer["accepted"] == [str(one.pk), str(other.pk)]
    assert desk.result().status == "current"
    assert agreed("acceptedAll", page.post(path, json={"version": 2}).json())["accepted"] == []


def test_a_rejected_finding_stays_rejected_when_all_others_are_accepted(page, desk):
    desk.scene.review(desk.result(), "reject", "-")
    seen = desk.records()[1]
    page.post(f"/api/v1/findings/{seen.pk}/seen/", json={"edits": 0})
    answer = page.post(f"/api/v1/results/{desk.result_id}/accept-all/", json={"version": 1})
    assert answer.json()["accepted"] == [str(seen.pk)]
    assert [each.review_state for each in desk.records()] == ["rejected", "accepted"]


def test_a_reading_is_timed_by_its_page_and_never_longer_than_it_lasted(page, desk, administrator):
    study = desk.result().study_id
    opened = agreed("reading", page.post(f"/api/v1/studies/{study}/readings/", json={"app": "spots"}).json())
    path = f"/api/v1/readings/{opened['reading_id']}/"
    said = agreed("reading", page.post(path, json={"active_s": 1e5, "ended": False}).json())
    assert 0 < said["active_s"] < 1e4
    less = page.post(path, json={"active_s": 0, "ended": True}).json()
    assert less["active_s"] == said["active_s"]
    assert less["ended_at"] is not None
    assert page.post(path, json={"active_s": 1, "ended": True}).status_code == 409
    assert page.post(f"/api/v1/studies/{study}/readings/", json={"app": "other"}).status_code == 400
    rows = agreed("readingStatistics", administrator.get("/api/v1/reading-statistics/").json())["rows"]
    (row,) = rows
    assert (row["app"], row["cases"], row["readers"], row["q1_s"]) == ("spots", 1, 1, None)
    assert row["median_s"] == pytest.approx(said["active_s"])
    assert row["person"] is None
    named = administrator.get("/api/v1/reading-statistics/?by=person").json()["rows"]
    assert agreed("readingStatistics", {"rows": named})["rows"][0]["person"] is not None


def test_nobody_times_the_reading_of_somebody_else(page, desk, url):
    study = desk.result().study_id
    opened = page.post(f"/api/v1/studies/{study}/readings/", json={"app": None}).json()
    with client_of(url, make_person(_hospital(desk), "radiologist"), "bearer") as colleague:
        answer = colleague.post(
            f"/api/v1/readings/{opened['reading_id']}/", json={"active_s": 1, "ended": True}
        )
    assert answer.status_code == 404
    with within(desk.scene.system):
        assert Reading.objects.get().ended_at is None


def test_what_a_plug_in_says_by_itself_can_be_seen_and_says_why_it_is_not_corrected(page, desk):
    result = desk.scene.new_result()
    answer = page.get(f"/api/v1/results/{result.pk}/corrections/").json()
    assert agreed("corrections", answer)["refused"]["en"].startswith("This app draws no outlines")
    assert len(answer["findings"]) > 0


def test_the_label_map_of_a_corrected_result_is_the_new_one(page, desk):
    correct(page, desk, "add", point_lps_mm=list(desk.points[2]))
    content = page.get(f"/api/v1/segmentations/{desk.result_id}/labelmap/").content
    labels = np.frombuffer(content, np.uint8).reshape(desk.case.geometry.shape_kji)
    np.testing.assert_array_equal(labels, desk.labels())
    assert 3 in labels


def test_a_result_without_any_spot_gets_its_first_one(tmp_path: Path, url: str):
    desk = new_desk(tmp_path, found=0)
    with client_of(url, make_person(_hospital(desk), "radiologist"), "bearer") as page:
        answer = correct(page, desk, "add", point_lps_mm=list(desk.points[0]))
    assert answer.status_code == 200, answer.text
    assert [each["outline"] for each in answer.json()["findings"]] == ["SEMIAUTOMATIC"]
