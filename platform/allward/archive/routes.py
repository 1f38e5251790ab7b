"""Every path of DICOMweb: one table that the server and the tests of tenant separation read.

The store handler stands in another room; whoever builds the table hands it in.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from allward.archive.pixels import (
    retrieve_bulk_data,
    retrieve_frames,
    retrieve_rendered,
    retrieve_thumbnail,
)
from allward.archive.request import Handler, Receive, Request, Send
from allward.archive.respond import refusing
from allward.archive.retrieve import retrieve_metadata, retrieve_objects
from allward.archive.search import search_instances, search_series, search_studies
from allward.identity.permissions import IMPORT, VIEW
from allward.tenancy.scope import Scope

PREFIX = "/dicom-web"

_UID = r"[0-9.]{1,64}"
_FRAMES = r"[1-9]\d{0,8}(?:,[1-9]\d{0,8})*"
_STUDY = rf"/studies/(?P<study>{_UID})"
_SERIES = rf"{_STUDY}/series/(?P<series>{_UID})"
_INSTANCE = rf"{_SERIES}/instances/(?P<instance>{_UID})"
_FRAME = rf"{_INSTANCE}/frames/(?P<frames>{_FRAMES})"
_HOSPITAL = r"/hospitals/(?P<tenant_code>[\w-]{1,50})"


@dataclass(frozen=True, slots=True)
class Route:
    """One path: the pattern below `/dicom-web`, who answers, and what the caller must be allowed to do.

    `of_partners` says whether it also exists below `/hospitals/{code}`, for a hospital that lets ours read.
    """

    method: str
    pattern: str
    handler: Handler
    permission: str
    of_partners: bool = True
    _compiled: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        hospital = f"(?:{_HOSPITAL})?" if self.of_partners else ""
        object.__setattr__(self, "_compiled", re.compile(f"{PREFIX}{hospital}{self.pattern}/?"))

    def params(self, path: str) -> dict[str, str] | None:
        """Return what a path names, or None if it is not this route's."""
        found = self._compiled.fullmatch(path)
        if found is None:
            return None
        return {name: value for name, value in found.groupdict().items() if value is not None}


class Match(NamedTuple):
    """The route of a request and what its path names."""

    route: Route
    params: dict[str, str]

    @property
    def handler(self) -> Handler:
        """Who answers."""
        return self.route.handler


def _get(pattern: str, handler: Handler) -> Route:
    return Route("GET", pattern, refusing(handler), VIEW)


READING = (
    _get("/studies", search_studies),
    _get("/series", search_series),
    _get("/instances", search_instances),
    _get(f"{_STUDY}/series", search_series),
    _get(f"{_STUDY}/instances", search_instances),
    _get(f"{_SERIES}/instances", search_instances),
    _get(_STUDY, retrieve_objects),
    _get(_SERIES, retrieve_objects),
    _get(_INSTANCE, retrieve_objects),
    _get(f"{_STUDY}/metadata", retrieve_metadata),
    _get(f"{_SERIES}/metadata", retrieve_metadata),
    _get(f"{_INSTANCE}/metadata", retrieve_metadata),
    _get(_FRAME, retrieve_frames),
    _get(f"{_FRAME}/rendered", retrieve_rendered),
    _get(f"{_INSTANCE}/rendered", retrieve_rendered),
    _get(f"{_INSTANCE}/thumbnail", retrieve_thumbnail),
    _get(f"{_SERIES}/thumbnail", retrieve_thumbnail),
    _get(rf"{_INSTANCE}/bulkdata/(?P<path>[0-9A-F]{{8}}(?:/\d+/[0-9A-F]{{8}})*)", retrieve_bulk_data),
)
"""What is answered from the archive."""


class Store(Protocol):
    """Answers a store request; see `allward.ingest.stow.stow`."""

    async def __call__(
        self,
        scope: Mapping[str, Any],
        receive: Receive,
        send: Send,
        *,
        tenant_scope: Scope,
        study_instance_uid: str | None = None,
    ) -> None:
        """Take the body, store its objects for the acting tenant, answer."""


def storing(store: Store) -> tuple[Route, Route]:
    """Return the routes of STOW-RS: only into the caller's own hospital."""

    async def handler(request: Request) -> None:
        await store(
            request.scope,
            request.receive,
            request.send,
            tenant_scope=request.tenant_scope,
            study_instance_uid=request.params.get("study"),
        )

    return (
        Route("POST", "/studies", handler, IMPORT, of_partners=False),
        Route("POST", _STUDY, handler, IMPORT, of_partners=False),
    )


@dataclass(frozen=True, slots=True)
class RouteTable:
    """All routes of a server."""

    routes: Sequence[Route]

    def match(self, method: str, path: str) -> Match | None:
        """Return the route of a request; None if there is no such path with this method."""
        wanted = "GET" if method == "HEAD" else method
        for route in self.routes:
            if route.method == wanted and (params := route.params(path)) is not None:
                return Match(route, params)
        return None

    def allowed_methods(self, path: str) -> tuple[str, ...]:
        """Return the methods that a path knows; empty if there is no such path."""
        return tuple(sorted({route.method for route in self.routes if route.params(path) is not None}))


def route_table(*, store: Store) -> RouteTable:
    """Return all routes of DICOMweb, with `store` answering STOW-RS."""
    return RouteTable((*READING, *storing(store)))
