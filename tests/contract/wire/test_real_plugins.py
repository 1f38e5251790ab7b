"""What the platform answers of plug-ins and rules is what the pages' fixtures and definitions say it is."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.contract.wire.shapes import differences, fixtures_of, has_definitions, refusals, shape_of
from tests.flow.pipeline.working import MODELS
from tests.flow.tenancy.serving import client_of, serving
from tests.flow.tenancy.stocked import make_person
from tests.platform_database import Hospital, inside, make_hospital
from tests.small_package import SmallPlugin, make_package
from tests.small_plugin import install_small_plugin
from tests.small_study import receive, write_small_study

from allward.registry.actions import import_build, trust_builds_of
from allward.registry.signing import signed_as_built_here

PLUGINS = "/api/v1/plugins/"
RULES = "/api/v1/rules/"
OCTETS = {"content-type": "application/octet-stream"}


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Hospital:
    """A hospital with a study, two versions of a plug-in, and one whose registration ends."""
    made, folder = make_hospital(), tmp_path_factory.mktemp("pages")
    receive(made, write_small_study(folder / "study"))
    for version in ("6.0.0", "6.1.0"):
        install_small_plugin(made, folder, MODELS, SmallPlugin(version=version))
    cleared = SmallPlugin(
        version="6.2.0", status="cleared", plugin_id="org.test.cleared", valid_until="2020-01-31"
    )
    with inside(made):
        import_build(make_package(folder, cleared), models_folder=MODELS)
    return made


@pytest.fixture(scope="module")
def administrator(hospital: Hospital) -> Iterator[httpx.Client]:
    with (
        serving() as url,
        client_of(url, make_person(hospital, "tenant_administrator"), "session") as client,
    ):
        yield client


def _said(answer: httpx.Response) -> Any:
    return answer.raise_for_status().json()


@pytest.fixture(scope="module")
def answers(
    hospital: Hospital, administrator: httpx.Client, tmp_path_factory: pytest.TempPathFactory
) -> list[tuple[str, Any]]:
    """Ask for everything that the two pages ask for, with bodies as the pages send them."""
    listed = _said(administrator.get(PLUGINS))
    found = [("pluginVersions", listed)]
    found += [
        ("pluginDetail", _said(administrator.get(f"{PLUGINS}{one['id']}/"))) for one in listed["plugins"]
    ]
    newest = next(one for one in listed["plugins"] if one["version"] == "6.1.0")
    found.append(("pluginVersion", _taken_in(hospital, administrator, tmp_path_factory.mktemp("more"))))
    where = {"department": None}
    installed = _said(administrator.post(f"{PLUGINS}{newest['id']}/install/", json=where))
    found.append(("pluginVersion", installed))
    row = next(each for each in installed["installations"] if each["department"] is None)
    for move, body in (("enable", {}), ("yank", {"reason": "not here"}), ("uninstall", {})):
        path = f"/api/v1/installations/{row['id']}/{move}/"
        found.append(("pluginVersion", _said(administrator.post(path, json=body))))
    return found + _asked_of_rules(administrator, newest["id"]) + _asked_of_policy(administrator)


def _taken_in(hospital: Hospital, administrator: httpx.Client, folder: Path) -> Any:
    plugin = SmallPlugin(version="6.3.0")
    with inside(hospital):
        trust_builds_of(plugin.plugin_id)
    with signed_as_built_here(make_package(folder, plugin)) as path:
        return _said(administrator.post(f"{PLUGINS}import/", content=path.read_bytes(), headers=OCTETS))


def _asked_of_rules(administrator: httpx.Client, version_id: str) -> list[tuple[str, Any]]:
    (conditions,) = (each["conditions"] for each in fixtures_of("rule"))
    rules = _said(administrator.get(RULES))
    found = [("rules", rules)]
    first = rules["rules"][0]
    change = {"name": "Chests", "enabled": True, "priority": "HIGH", "due_within_s": 600}
    changed = administrator.patch(f"{RULES}{first['id']}/", json=change | {"conditions": conditions})
    found.append(("rule", _said(changed)))
    order = {"installation_id": first["installation"]["id"], "slot": first["slot"]}
    found.append(("rule", _said(administrator.post(RULES, json=change | order | {"conditions": conditions}))))
    for asked in (conditions, {}):
        trial = {"version_id": version_id, "department": "imaging", "conditions": asked}
        found.append(("dryRun", _said(administrator.post(f"{RULES}dry-run/", json=trial))))
    assert found[-1][1]["would_run"] + sum(each["count"] for each in found[-1][1]["not_running"]) > 0
    return found


def _asked_of_policy(administrator: httpx.Client) -> list[tuple[str, Any]]:
    policy, sharing = "/api/v1/regulatory-policy/", "/api/v1/usage-sharing/"
    found = [("followedCatalogue", _said(administrator.get("/api/v1/followed-catalogue/")))]
    for authority in ("NMPA", None):
        found.append(("regulatoryPolicy", _said(administrator.put(policy, json={"authority": authority}))))
    found += [
        ("usageSharing", _said(administrator.put(sharing, json={"shares": yes}))) for yes in (True, False)
    ]
    return found


def test_answers_have_exactly_the_keys_and_types_of_the_fixtures(answers):
    for schema, value in answers:
        shape = shape_of(_without_free_forms(example) for example in fixtures_of(schema))
        assert not list(differences(_without_free_forms(value), shape)), schema


def _without_free_forms(value: Any) -> Any:
    """Leave out what a package writes as it likes, and what differs from one act to the next."""
    if not isinstance(value, dict) or "sbom" not in value:
        return value
    return {**value, "sbom": None, "history": [{**line, "detail": None} for line in value["history"]]}


@pytest.mark.skipif(not has_definitions(), reason="the front end's packages are not installed (make setup)")
def test_the_pages_own_definitions_take_every_answer(answers):
    for (schema, value), said in zip(answers, refusals(answers), strict=True):
        assert said is None, f"{schema}: {said} in {json.dumps(value)[:2000]}"


def test_a_refused_package_names_the_offending_place_in_both_languages(administrator):
    answer = administrator.post(f"{PLUGINS}import/", content=b"no zip", headers=OCTETS)
    said = answer.json()
    assert (answer.status_code, said["code"]) == (400, "package_refused")
    assert said["detail"]["en"].startswith("The package is refused: ")
    assert said["detail"]["zh"].startswith("插件包被拒绝：")


def test_the_pages_may_be_linked_to(administrator):
    for page in ("/plugins", "/rules", "/catalogue-policy"):
        assert administrator.get(page).headers["content-type"].startswith("text/html"), page
