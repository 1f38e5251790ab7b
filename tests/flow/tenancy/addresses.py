"""Every address of the platform, and how it is called with the ids of one hospital by a person of another.

`TABLE` covers the Django branch, `DICOMWEB` the raw branch. `unknown` compares them with what the platform
really serves: an address that nobody wrote down here fails the test.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pydicom
from django.urls import URLPattern, URLResolver
from tests.flow.tenancy import corrected, fetched, published, reported, tried
from tests.flow.tenancy.stocked import Stocked

from allward.archive.routes import Route

_VERBS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Call:
    """One request."""

    method: str
    path: str
    body: Any = None
    content: bytes | None = None
    content_type: str = ""


Make = Callable[[Stocked], Call]


@dataclass(frozen=True, slots=True)
class Address:
    """How to call one address.

    Attributes
    ----------
    own
        The owner's call, which succeeds.
    with_theirs
        Calls of a person of the first hospital with ids of the second.
    lists
        Whether such calls may succeed (a list without the other hospital's lines) or have to be refused.
    """

    own: Make
    with_theirs: Callable[[Stocked, Stocked], list[Call]]
    lists: bool = False
    last: int = 0
    """Ends what other calls need: its own call comes after those with a smaller number."""
    tells_operators: bool = False
    """Says to who operates the whole platform which hospitals there are and how much of their work waits."""


def django_addresses(
    patterns: Iterable[URLPattern | URLResolver], prefix: str = ""
) -> Iterator[tuple[str, str]]:
    """Yield (method, route) of everything that a URL table serves."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from django_addresses(pattern.url_patterns, route)
            continue
        view = getattr(pattern.callback, "view_class", None) or getattr(pattern.callback, "cls", None)
        verbs = [verb for verb in _VERBS if hasattr(view, verb)] if view else ["get"]
        yield from ((verb.upper(), route) for verb in verbs)


def unknown(served: Iterable[tuple[str, str]], table: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return what is served and not in the table, or in the table and not served."""
    return set(served) ^ set(table)


def raw_addresses(routes: Iterable[Route]) -> Iterator[tuple[str, str]]:
    """Yield (method, pattern) of every route of the raw branch."""
    for route in routes:
        yield route.method, route.pattern


API = "api/v1/"


def _at(method: str, path: str, **ids: Callable[[Stocked], Any]) -> Callable[[Stocked, Any], Call]:
    def make(hospital: Stocked, body: Any = None) -> Call:
        filled = path.format(**{name: value(hospital) for name, value in ids.items()})
        return Call(method, f"/{API}{filled}", body)

    return make


def _plain(method: str, path: str, body: Any = None, **options: Any) -> Address:
    """An address without parameters: what comes back must be the caller's own."""
    call = Call(method, f"/{API}{path}", body)
    return Address(lambda _: call, lambda _mine, _theirs: [call], lists=True, **options)


def _by_id(make: Callable[..., Call], body: Any = None, **options: Any) -> Address:
    """An address that names one thing: another hospital's does not exist for us."""
    return Address(lambda own: make(own, body), lambda _, theirs: [make(theirs, body)], **options)


def _worklist(_: Stocked, theirs: Stocked) -> list[Call]:
    """The list by itself, and every filter and cursor filled with what the other hospital has."""
    wanted = [theirs.word, theirs.word.lower()[:3], f"{theirs.word}-1", f"{theirs.word[:8]}1", "模体"]
    paths = ["worklist/", *(f"worklist/?q={text}" for text in wanted)]
    return [Call("GET", f"/{API}{path}") for path in paths]


def _links(mine: Stocked, theirs: Stocked) -> list[Call]:
    """Ours to theirs, theirs to ours, theirs to theirs."""
    link = _at("POST", "patients/{id}/link/", id=lambda h: h.patient_ids[0])
    return [
        link(mine, {"other_id": str(theirs.patient_ids[1]), "same": True}),
        link(theirs, {"other_id": str(mine.patient_ids[1]), "same": True}),
        link(theirs, {"other_id": str(theirs.patient_ids[1]), "same": True}),
    ]


def _session_post(own: Stocked) -> Call:
    body = {"username": own.person.username, "password": own.person.password}
    return Call("POST", f"/{API}session/", body)


_INSTALL = {"department": "imaging"}
_YANK = {"reason": "withdrawn by its publisher"}
_RULE_CHANGE = {"name": "renamed", "conditions": {"min_slices": 3}}


def _import(own: Stocked) -> Call:
    content = own.package.read_bytes()
    return Call("POST", f"/{API}plugins/import/", content=content, content_type="application/octet-stream")


def _rule(_: Stocked, names: Stocked) -> list[Call]:
    body = {
        "installation_id": str(names.installation_id), "slot": "any_imaging.segmentation", "name": "second"
    }  # fmt: skip
    return [Call("POST", f"/{API}rules/", body)]


def _dry_run(_: Stocked, names: Stocked) -> list[Call]:
    return [Call("POST", f"/{API}rules/dry-run/", {"version_id": str(names.version_id)})]


_DESTINATION = {"name": "second", "host": "127.0.0.1", "port": 104, "called_ae_title": "PACS2"}
_GUIDELINES = {"app": "lung_nodule", "version": 0, "in_use": ["lung_rads_2022"]}
_REVIEW = {"decision": "accept", "reason": None, "version": 1}


def _entitlement(hospital: Stocked) -> Call:
    """A token of the hospital's own publisher, whom nobody else trusts."""
    return Call("POST", f"/{API}entitlements/", json.loads(hospital.entitlement))


def _followed(method: str, path: str, body: Callable[[Stocked], Any], **options: Any) -> Address:
    """An address that names a catalogue: it is no hospital's secret, what a hospital made of it is."""

    def make(named: Stocked) -> Call:
        return Call(method, f"/{API}followed-catalogue/{path}", body(named))

    return Address(make, lambda _, theirs: [make(theirs)], lists=True, **options)


TABLE: dict[tuple[str, str], Address] = {
    ("GET", f"{API}schema/"): _plain("GET", "schema/"),
    ("GET", f"{API}session/"): _plain("GET", "session/"),
    ("POST", f"{API}session/"): Address(_session_post, lambda mine, _: [_session_post(mine)], lists=True),
    ("DELETE", f"{API}session/"): Address(
        lambda _: Call("DELETE", f"/{API}session/"), lambda _mine, _theirs: [], last=9
    ),
    ("GET", f"{API}tokens/"): _plain("GET", "tokens/"),
    ("POST", f"{API}tokens/"): _plain("POST", "tokens/", {"name": "new"}),
    ("DELETE", f"{API}tokens/<uuid:token_id>/"): _by_id(
        _at("DELETE", "tokens/{id}/", id=lambda h: h.spare_token_id), last=1
    ),
    ("GET", f"{API}worklist/"): Address(lambda _: Call("GET", f"/{API}worklist/"), _worklist, lists=True),
    ("GET", f"{API}studies/<uuid:study_id>/"): _by_id(_at("GET", "studies/{id}/", id=lambda h: h.study_id)),
    ("GET", f"{API}studies/<uuid:study_id>/results/"): _by_id(
        _at("GET", "studies/{id}/results/", id=lambda h: h.study_id)
    ),
    ("GET", f"{API}studies/<uuid:study_id>/patient-candidates/"): _by_id(
        _at("GET", "studies/{id}/patient-candidates/", id=lambda h: h.study_id)
    ),
    ("POST", f"{API}patients/<uuid:patient_id>/link/"): Address(
        lambda own: Call(
            "POST", f"/{API}patients/{own.patient_ids[0]}/link/",
            {"other_id": str(own.patient_ids[1]), "same": True},
        ),
        _links,
    ),  # fmt: skip
    ("GET", f"{API}segmentations/<uuid:segmentation_id>/labelmap/"): _by_id(
        _at("GET", "segmentations/{id}/labelmap/", id=lambda h: h.result_id)
    ),
    ("POST", f"{API}findings/<uuid:finding_id>/review/"): _by_id(
        _at("POST", "findings/{id}/review/", id=lambda h: h.finding_ids[0]), _REVIEW
    ),
    ("GET", f"{API}results/<uuid:result_id>/counsel/"): _by_id(
        _at("GET", "results/{id}/counsel/", id=lambda h: h.result_id)
    ),
    ("POST", f"{API}results/<uuid:result_id>/counsel/"): _by_id(
        _at("POST", "results/{id}/counsel/", id=lambda h: h.result_id), {"version": 0}
    ),
    ("GET", f"{API}guidelines/"): _plain("GET", "guidelines/"),
    ("PUT", f"{API}guidelines/"): _plain("PUT", "guidelines/", _GUIDELINES),
    ("GET", f"{API}guidelines/tables/"): _plain("GET", "guidelines/tables/"),
    ("POST", f"{API}runs/<uuid:run_id>/cancel/"): _by_id(
        _at("POST", "runs/{id}/cancel/", id=lambda h: h.waiting_run_id), last=1
    ),
    ("POST", f"{API}runs/<uuid:run_id>/repeat/"): _by_id(
        _at("POST", "runs/{id}/repeat/", id=lambda h: h.ended_run_id)
    ),
    ("GET", f"{API}destinations/"): _plain("GET", "destinations/"),
    ("POST", f"{API}destinations/"): _plain("POST", "destinations/", _DESTINATION),
    ("GET", f"{API}deliveries/"): _plain("GET", "deliveries/"),
    ("POST", f"{API}deliveries/<uuid:delivery_id>/retry/"): _by_id(
        _at("POST", "deliveries/{id}/retry/", id=lambda h: h.delivery_id), last=1
    ),
    ("GET", f"{API}plugins/"): _plain("GET", "plugins/"),
    ("POST", f"{API}plugins/import/"): Address(
        _import,
        lambda _mine, _theirs: [Call("POST", f"/{API}plugins/import/", content=b"no package")],
        lists=True,
    ),
    ("GET", f"{API}plugins/<uuid:version_id>/"): _by_id(
        _at("GET", "plugins/{id}/", id=lambda h: h.version_id)
    ),
    ("GET", f"{API}plugins/<uuid:version_id>/delivered/"): _by_id(
        _at("GET", "plugins/{id}/delivered/", id=lambda h: h.version_id)
    ),
    ("GET", f"{API}regulatory-policy/"): _plain("GET", "regulatory-policy/"),
    ("PUT", f"{API}regulatory-policy/"): _plain("PUT", "regulatory-policy/", {"authority": None}),
    ("GET", f"{API}followed-catalogue/"): _plain("GET", "followed-catalogue/"),
    ("PUT", f"{API}followed-catalogue/"): _followed(
        "PUT", "", lambda h: {"location": h.catalogue, "root_json": h.catalogue_root}
    ),
    ("POST", f"{API}followed-catalogue/sync/"): _plain("POST", "followed-catalogue/sync/", last=1),
    ("POST", f"{API}followed-catalogue/take-in/"): _followed(
        "POST", "take-in/", lambda h: {"plugin": h.listed_plugin, "version": "1.0.0"}, last=1
    ),
    ("DELETE", f"{API}followed-catalogue/"): _plain("DELETE", "followed-catalogue/", last=1),
    ("POST", f"{API}plugins/<uuid:version_id>/install/"): _by_id(
        _at("POST", "plugins/{id}/install/", id=lambda h: h.version_id), _INSTALL
    ),
    ("PUT", f"{API}installations/<uuid:installation_id>/parameters/"): _by_id(
        _at("PUT", "installations/{id}/parameters/", id=lambda h: h.installation_id), {"values": {}}
    ),
    ("GET", f"{API}installations/<uuid:installation_id>/shadow/"): _by_id(
        _at("GET", "installations/{id}/shadow/", id=lambda h: h.earlier_installation_id)
    ),
    ("POST", f"{API}installations/<uuid:installation_id>/shadow/"): _by_id(
        _at("POST", "installations/{id}/shadow/", id=lambda h: h.earlier_installation_id),
        {"share_percent": 50},
    ),
    ("POST", f"{API}installations/<uuid:installation_id>/shadow/end/"): _by_id(
        _at("POST", "installations/{id}/shadow/end/", id=lambda h: h.earlier_installation_id)
    ),
    ("GET", f"{API}installations/<uuid:installation_id>/drift/"): _by_id(
        _at("GET", "installations/{id}/drift/", id=lambda h: h.installation_id)
    ),
    ("POST", f"{API}installations/<uuid:installation_id>/roll-back/"): _by_id(
        _at("POST", "installations/{id}/roll-back/", id=lambda h: h.installation_id)
    ),
    ("POST", f"{API}installations/<uuid:installation_id>/enable/"): _by_id(
        _at("POST", "installations/{id}/enable/", id=lambda h: h.installation_id), last=1
    ),
    ("POST", f"{API}installations/<uuid:installation_id>/yank/"): _by_id(
        _at("POST", "installations/{id}/yank/", id=lambda h: h.installation_id), _YANK, last=1
    ),
    ("POST", f"{API}installations/<uuid:installation_id>/uninstall/"): _by_id(
        _at("POST", "installations/{id}/uninstall/", id=lambda h: h.installation_id), last=1
    ),
    ("GET", f"{API}entitlements/"): _plain("GET", "entitlements/"),
    ("POST", f"{API}entitlements/"): Address(
        _entitlement, lambda _, theirs: [_entitlement(theirs)], lists=True
    ),
    ("DELETE", f"{API}entitlements/<uuid:entitlement_id>/"): _by_id(
        _at("DELETE", "entitlements/{id}/", id=lambda h: h.entitlement_id), last=1
    ),
    ("GET", f"{API}usage/"): _plain("GET", "usage/"),
    ("GET", f"{API}publisher-keys/"): _plain("GET", "publisher-keys/"),
    ("POST", f"{API}publisher-keys/"): _plain("POST", "publisher-keys/", {"publishers": []}),
    ("GET", f"{API}rules/"): _plain("GET", "rules/"),
    ("POST", f"{API}rules/"): Address(lambda own: _rule(own, own)[0], _rule),
    ("POST", f"{API}rules/dry-run/"): Address(lambda own: _dry_run(own, own)[0], _dry_run),
    ("PATCH", f"{API}rules/<uuid:rule_id>/"): _by_id(
        _at("PATCH", "rules/{id}/", id=lambda h: h.rule_id), _RULE_CHANGE
    ),
    ("DELETE", f"{API}rules/<uuid:rule_id>/"): _by_id(
        _at("DELETE", "rules/{id}/", id=lambda h: h.rule_id), last=1
    ),
    ("GET", f"{API}engine/"): _plain("GET", "engine/", tells_operators=True),
    ("POST", f"{API}engine/quarantine/release/"): _plain("POST", "engine/quarantine/release/", {"key": "x"}),
}  # fmt: skip
TABLE |= fetched.table(Call, Address)
TABLE |= published.table(Call, Address)
TABLE |= reported.table(Call, Address)
TABLE |= tried.table(Call, Address)
TABLE |= corrected.table(Call, Address)

METRICS = ("GET", "metrics")
PAGES = {
    ("GET", "healthz"): Call("GET", "/healthz"),
    ("GET", "readyz"): Call("GET", "/readyz"),
    METRICS: Call("GET", "/metrics"),
    ("GET", r"^(?!api/|assets/|dicom-web/).*$"): Call("GET", "/worklist"),
}
"""Addresses outside of the REST face: they say the same to everybody, or to every operator."""

CATALOGUE = (Call("GET", "/catalogue/metadata/timestamp.json"), Call("GET", "/catalogue/targets/x"))
"""The branch of the catalogue, which knows files of one folder and no hospital."""

_BULK = "00111001"
_FILL: dict[str, Callable[[Stocked], str]] = {
    "study": lambda h: h.study_instance_uid,
    "series": lambda h: h.series_instance_uid,
    "instance": lambda h: h.sop_instance_uid,
    "frames": lambda _: "1",
    "path": lambda _: _BULK,
}
"""How the groups of a route's pattern are filled."""

DICOMWEB: dict[tuple[str, str], bool] = {
    **{("GET", path): False for path in ("/studies", "/series", "/instances")},
    **{
        ("GET", path): False
        for path in (
            "/studies/{study}/series", "/studies/{study}/instances",
            "/studies/{study}/series/{series}/instances",
        )
    },
    **{
        ("GET", f"{level}{tail}"): True
        for level in ("/studies/{study}", "/studies/{study}/series/{series}",
                      "/studies/{study}/series/{series}/instances/{instance}")
        for tail in ("", "/metadata")
    },
    **{
        ("GET", f"/studies/{{study}}/series/{{series}}/instances/{{instance}}{tail}"): True
        for tail in ("/frames/{frames}", "/frames/{frames}/rendered", "/rendered", "/thumbnail",
                     "/bulkdata/{path}")
    },
    ("GET", "/studies/{study}/series/{series}/thumbnail"): True,
    ("POST", "/studies"): False,
    ("POST", "/studies/{study}"): False,
}  # fmt: skip
"""Every address of the raw branch: whether its answer is made of stored bytes, which differ by hospital."""

_GROUP = re.compile(r"\(\?P<(\w+)>")


def template_of(pattern: str) -> str:
    """Return a route's pattern with a name in braces for each group."""
    said, at = "", 0
    while found := _GROUP.search(pattern, at):
        said += pattern[at : found.start()] + "{" + found[1] + "}"
        at = _end_of_group(pattern, found.start())
    return said + pattern[at:]


def _end_of_group(pattern: str, start: int) -> int:
    depth, index = 0, start
    while True:
        depth += {"(": 1, ")": -1}.get(pattern[index], 0)
        index += 1
        if depth == 0:
            return index


def dicomweb_call(method: str, template: str, names: Stocked, *, content: Stocked, code: str = "") -> Call:
    """Return the request of one DICOMweb address, below a hospital's code if one is given."""
    filled = template.format(**{name: fill(names) for name, fill in _FILL.items()})
    path = "/dicom-web" + (f"/hospitals/{code}" if code else "") + filled
    if method != "POST":
        return Call(method, path)
    body = (
        b"--xyz\r\nContent-Type: application/dicom\r\n\r\n"
        + content.files[0].read_bytes()
        + b"\r\n--xyz--\r\n"
    )
    kind = 'multipart/related; type="application/dicom"; boundary=xyz'
    return Call(method, path, content=body, content_type=kind)


def same_uids(one: Stocked, other: Stocked) -> bool:
    """Tell whether two hospitals hold different bytes under the same UIDs."""
    pairs = list(zip(one.files, other.files, strict=True))
    uids = [
        tuple(str(pydicom.dcmread(p, stop_before_pixels=True).SOPInstanceUID) for p in pair) for pair in pairs
    ]
    return all(a == b for a, b in uids) and all(a.read_bytes() != b.read_bytes() for a, b in pairs)
