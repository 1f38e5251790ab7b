"""Advice over accepted findings, answers that nobody overwrites unseen, and a hospital's own guidelines."""

import threading
from typing import Any

import pytest
from django.db import ProgrammingError
from tests.contract.wire.shapes import differences, fixtures_of, has_definitions, refusals, shape_of
from tests.platform_database import make_hospital

from allward.audit.models import AuditEvent
from allward.counsel.advising import counsel_on
from allward.counsel.models import GuidelineUse, ReaderAnswers
from allward.results.models import FindingRecord, Result
from allward.studies.queries import first_header_of_series, headers_of_series
from allward.tenancy.scope import within

SCREENED = {
    "screening": True, "known_lung_cancer": False, "prior_ct": False, "lungs_evaluable": True,
    "infection_suspected": False, "other_significant_finding": False,
}  # fmt: skip


def address(result: Result) -> str:
    return f"/api/v1/results/{result.pk}/counsel/"


def use(ward: Any, *names: str) -> None:
    body = {"app": "lung_nodule", "version": 0, "in_use": list(names)}
    ward.as_role("tenant_administrator").put("/api/v1/guidelines/", json=body).raise_for_status()


def needed(said: Any) -> set[tuple[str | None, str]]:
    return {(one["finding_id"], one["name"]) for one in said["questions"] if one["needed"]}


def of_lung_rads(said: Any) -> list[tuple[str | None, str | None]]:
    return [
        (one["finding_id"], one["category"]) for one in said["advice"] if "Lung-RADS" in one["source"]["en"]
    ]


def records(ward: Any, result: Result) -> list[str]:
    with within(ward.scene.system):
        rows = FindingRecord.objects.filter(result=result).order_by("ordinal")
        return [str(row.pk) for row in rows]


def test_only_accepted_findings_are_counted_and_the_others_are_named(ward):
    use(ward, "lung_rads_2022")
    result = ward.result(8.4, 20.0, 5.0)
    first, second, third = records(ward, result)
    radiologist = ward.as_role("radiologist")
    said = radiologist.get(address(result)).json()
    assert (said["counted"], said["advice"], said["preliminary"]) == ([], [], True)
    assert [one["state"] for one in said["not_counted"]] == ["unreviewed"] * 3
    ward.scene.review(result, "accept", "reject", "-")
    of_findings = {first: {"benign_pattern": "none", "juxtapleural": False, "suspicious_features": ""}}
    said = radiologist.get(address(result)).json()
    body = {"version": 0, "of_patient": SCREENED, "of_findings": {}}
    asked = {name for _, name in needed(said)}
    body["of_patient"] = {name: value for name, value in SCREENED.items() if name in asked}
    while True:
        said = radiologist.post(address(result), json=body)
        assert said.status_code == 200, said.text
        said = said.json()
        open_ones = needed(said)
        more = {name: value for name, value in SCREENED.items() if (None, name) in open_ones}
        each = {name: value for name, value in of_findings[first].items() if (first, name) in open_ones}
        if not more and not each:
            break
        body = {"version": said["version"], "of_patient": more, "of_findings": {first: each} if each else {}}
    assert set(of_lung_rads(said)) == {(None, "4A"), (first, "4A")}
    assert said["counted"] == [first]
    assert [(one["finding_id"], one["state"]) for one in said["not_counted"]] == [
        (second, "rejected"), (third, "unreviewed"),
    ]  # fmt: skip
    assert said["preliminary"] is True
    assert said["version"] == body["version"] + 1


def test_no_finding_at_all_is_no_category_until_a_reader_has_looked(ward):
    use(ward, "lung_rads_2022")
    result = ward.result()
    radiologist = ward.as_role("radiologist")
    said = radiologist.get(address(result)).json()
    assert (None, "no_nodule_confirmed") in needed(said)
    body: dict[str, Any] = {"version": 0, "of_patient": {"screening": True, "known_lung_cancer": False}}
    said = radiologist.post(address(result), json=body).json()
    more = {name: value for name, value in SCREENED.items() if (None, name) in needed(said)}
    more["prior_being_located"] = False
    said = radiologist.post(address(result), json={"version": 1, "of_patient": more}).json()
    assert of_lung_rads(said) == []
    looked = {"version": 2, "of_patient": {"no_nodule_confirmed": True}}
    said = radiologist.post(address(result), json=looked).json()
    assert of_lung_rads(said) == [(None, "1")]
    taken_back = {"version": 3, "of_patient": {"no_nodule_confirmed": None}}
    assert of_lung_rads(radiologist.post(address(result), json=taken_back).json()) == []


def test_answers_made_on_an_older_version_are_refused_and_nothing_is_overwritten(ward):
    result = ward.result(9.0)
    ward.scene.review(result, "accept")
    radiologist = ward.as_role("radiologist")
    body = {"version": 0, "of_patient": {"age_years": 63}}
    assert radiologist.post(address(result), json=body).status_code == 200
    again = radiologist.post(address(result), json={"version": 0, "of_patient": {"age_years": 36}})
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    said = radiologist.get(address(result)).json()
    age = next(one for one in said["questions"] if one["name"] == "age_years")
    assert (age["answer"], said["version"]) == (63, 1)


def test_of_many_who_answer_at_once_one_wins_each_version(ward):
    result = ward.result(9.0)
    ward.scene.review(result, "accept")
    clients = [ward.as_role("radiologist") for _ in range(4)]
    codes: list[int] = []

    def post(client: Any, age: int) -> None:
        body = {"version": 0, "of_patient": {"age_years": age}}
        codes.append(client.post(address(result), json=body).status_code)

    threads = [threading.Thread(target=post, args=(one, 40 + n)) for n, one in enumerate(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(codes) == [200, 409, 409, 409]
    with within(ward.scene.system):
        assert ReaderAnswers.objects.filter(result=result).count() == 1


def test_every_answer_stays_with_its_author_and_is_in_the_audit_trail(ward):
    result = ward.result(9.0)
    ward.scene.review(result, "accept")
    radiologist = ward.as_role("radiologist")
    for version, age in enumerate((63, 64)):
        body = {"version": version, "of_patient": {"age_years": age}}
        radiologist.post(address(result), json=body).raise_for_status()
    with within(ward.scene.system):
        rows = ReaderAnswers.objects.filter(result=result).order_by("version")
        assert [row.answers["of_patient"]["age_years"] for row in rows] == [63, 64]
        events = AuditEvent.objects.filter(action="answer", what_id=str(result.pk)).order_by("pk")
        assert [event.detail["of_patient"] for event in events] == [{"age_years": 63}, {"age_years": 64}]
        assert {event.user_id for event in events} == {row.author_id for row in rows}


@pytest.mark.parametrize(
    "answers",
    [
        {"of_patient": {"age_years": 400}}, {"of_patient": {"age_years": True}},
        {"of_patient": {"age_years": "63"}}, {"of_patient": {"female": 1}},
        {"of_patient": {"nobody_asks": True}},
        {"of_patient": {"guideline": "some"}}, {"of_patient": {"age_years": [63]}},
        {"of_findings": {"00000000-0000-4000-8000-000000000000": {"spiculation": True}}},
    ],
)  # fmt: skip
def test_an_answer_that_cannot_be_is_refused_in_words(ward, answers):
    result = ward.result(9.0)
    ward.scene.review(result, "accept")
    said = ward.as_role("radiologist").post(address(result), json={"version": 0, **answers})
    assert said.status_code == 400
    assert {"en", "zh"} == set(said.json()["detail"])
    with within(ward.scene.system):
        assert not ReaderAnswers.objects.filter(result=result).exists()


def test_a_technologist_reads_and_does_not_answer_and_an_administrator_does_neither(ward):
    result = ward.result(9.0)
    technologist, administrator = ward.as_role("technologist"), ward.as_role("tenant_administrator")
    assert technologist.get(address(result)).status_code == 200
    body = {"version": 0, "of_patient": {"age_years": 63}}
    assert technologist.post(address(result), json=body).status_code == 403
    assert administrator.get(address(result)).status_code == 403
    assert technologist.get("/api/v1/guidelines/").status_code == 403
    assert technologist.get("/api/v1/guidelines/tables/").status_code == 403
    assert ward.as_role("radiologist").put("/api/v1/guidelines/", json={}).status_code == 403


def test_another_hospital_sees_nothing_of_it(ward):
    use(ward, "lung_rads_2022")
    result = ward.result(9.0)
    other = make_hospital()
    stranger, administrator = ward.as_role("radiologist", other), ward.as_role("tenant_administrator", other)
    assert stranger.get(address(result)).status_code == 404
    assert stranger.post(address(result), json={"version": 0}).status_code == 404
    said = administrator.get("/api/v1/guidelines/").json()
    nodules = next(one for one in said["apps"] if one["app"] == "lung_nodule")
    assert (nodules["in_use"], nodules["version"], nodules["changed_by"]) == ([], 0, None)


def test_a_superseded_result_is_still_advised_on_and_takes_no_answer(ward):
    result = ward.result(9.0)
    ward.result(9.0)
    radiologist = ward.as_role("radiologist")
    assert radiologist.get(address(result)).status_code == 200
    said = radiologist.post(address(result), json={"version": 0, "of_patient": {"guideline": "none"}})
    assert (said.status_code, said.json()["code"]) == (400, "not_in_force")


def test_an_app_that_advises_nothing_says_so(ward):
    result = ward.scene.new_result()
    said = ward.as_role("radiologist").get(address(result)).json()
    assert (said["advises"], said["advice"], said["questions"]) == (False, [], [])


def test_a_hospital_orders_its_guidelines_and_what_is_advised_follows(ward):
    result = ward.result(9.0)
    ward.scene.review(result, "accept")
    administrator, radiologist = ward.as_role("tenant_administrator"), ward.as_role("radiologist")
    said = radiologist.get(address(result)).json()
    assert (None, "guideline") in needed(said)
    body = {"app": "lung_nodule", "version": 0, "in_use": ["fleischner_2017", "bts_2015"]}
    said = administrator.put("/api/v1/guidelines/", json=body).json()
    nodules = next(one for one in said["apps"] if one["app"] == "lung_nodule")
    assert (nodules["in_use"], nodules["version"]) == (["fleischner_2017", "bts_2015"], 1)
    said = radiologist.get(address(result)).json()
    assert [one["name"] for one in said["guidelines"]] == ["fleischner_2017", "bts_2015"]
    assert (None, "guideline") not in needed(said)
    assert (None, "immunosuppressed") in needed(said)
    assert administrator.put("/api/v1/guidelines/", json=body).status_code == 409
    for in_use in (["fleischner_1999"], ["bts_2015", "bts_2015"]):
        again = administrator.put("/api/v1/guidelines/", json={**body, "version": 1, "in_use": in_use})
        assert (again.status_code, again.json()["code"]) == (400, "unknown_guideline")
    unknown = administrator.put("/api/v1/guidelines/", json={**body, "app": "any_imaging", "version": 0})
    assert unknown.status_code == 400
    with within(ward.scene.system):
        assert GuidelineUse.objects.count() == 1
        event = AuditEvent.objects.get(action="change", what="guidelines")
        assert event.detail == {"before": [], "after": ["fleischner_2017", "bts_2015"]}


def test_what_reports_are_made_from_names_findings_as_the_app_does(ward):
    use(ward, "c_lung_rads_2024")
    result = ward.result(9.0)
    ward.scene.review(result, "accept")
    body = {"version": 0, "of_patient": {"screening": True, "known_lung_cancer": False}}
    ward.as_role("radiologist").post(address(result), json=body).raise_for_status()
    with within(ward.scene.system):
        advised = counsel_on(Result.objects.select_related("run").get(pk=result.pk))
    assert {one.finding_id for one in advised.counsel.advice} == {None, "nodule-1"}
    assert {one.finding_id for one in advised.by_record.advice} == {None, *records(ward, result)}


def test_what_is_served_is_what_the_pages_golden_fixtures_and_definitions_say(ward):
    use(ward, "lung_rads_2022")
    result = ward.result(9.0, 12.0)
    ward.scene.review(result, "accept", "-")
    radiologist, administrator = ward.as_role("radiologist"), ward.as_role("tenant_administrator")
    served = [("counsel", radiologist.get(address(result)).json())]
    for version, patient in enumerate(({"screening": True, "known_lung_cancer": False}, {"age_years": 63})):
        said = radiologist.post(address(result), json={"version": version, "of_patient": patient})
        served.append(("counsel", said.raise_for_status().json()))
    served.append(("counsel", radiologist.get(address(ward.scene.new_result())).json()))
    served.append(("guidelines", administrator.get("/api/v1/guidelines/").json()))
    served.append(("guidelineTables", administrator.get("/api/v1/guidelines/tables/").json()))
    for schema, value in served:
        assert not list(differences(value, shape_of(fixtures_of(schema)))), schema
    if has_definitions():
        assert refusals([("counsel", {})])[0] is not None  # it does refuse
        assert refusals(served) == [None] * len(served)


def test_what_the_header_tells_is_known(ward):
    result = ward.result(9.0)
    ward.scene.review(result, "accept")
    with within(ward.scene.system):
        header = headers_of_series(ward.scene.series_id)[0]
        first = first_header_of_series(ward.scene.series_id)
    assert first is not None
    assert first.text("00080018") == header.text("00080018")
    said = ward.as_role("radiologist").get(address(result)).json()
    female = next(one for one in said["questions"] if one["name"] == "female")
    assert female["known"] == {"F": True, "M": False}.get(header.text("00100040"))


def test_answers_and_guidelines_in_use_are_never_changed_not_even_by_the_program(ward):
    use(ward, "lung_rads_2022")
    result = ward.result(8.4)
    with within(ward.scene.system):
        ReaderAnswers.objects.create(
            result=result, study_id=result.study_id, app="lung_nodule", version=1, answers={},
            author_id=result.pk, author_name="x", author_tenant_id=result.tenant_id,
        )  # fmt: skip
    for table, change in ((ReaderAnswers, {"answers": {}}), (GuidelineUse, {"in_use": []})):
        with pytest.raises(ProgrammingError), within(ward.scene.system):
            table.objects.update(**change)
        with pytest.raises(ProgrammingError), within(ward.scene.system):
            table.objects.all().delete()


@pytest.mark.parametrize(
    "given",
    [
        {"of_patient": {"prior_ct": 10**400}},
        {"of_patient": {"a\0b": None}},
        {"of_patient": {"x" * 101: None}},
        {"of_patient": {f"name{number}": None for number in range(1001)}},
        {"of_findings": {"a\0b": {"name": None}}},
        {"of_patient": {"prior_ct": "no\0"}},
    ],
)
def test_what_can_be_no_answer_is_refused_and_breaks_nothing(ward, given):
    use(ward, "lung_rads_2022")
    result = ward.result(8.4)
    said = ward.as_role("radiologist").post(address(result), json={"version": 0, **given})
    assert said.status_code == 400
    with within(ward.scene.system):
        assert not ReaderAnswers.objects.exists()
