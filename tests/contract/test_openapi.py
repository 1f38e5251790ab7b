"""The schema at `/api/v1/schema/` says every address that there is, and what plug-ins and rules look like."""

from typing import Any

import pytest
from django.urls import get_resolver
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from tests.flow.tenancy.addresses import API, django_addresses

OURS = (
    "/api/v1/plugins/", "/api/v1/installations/", "/api/v1/rules/", "/api/v1/publisher-keys/",
    "/api/v1/publishing/", "/api/v1/review/",
)  # fmt: skip


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    GENERATOR_STATS.reset()
    said: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return said


def test_every_address_is_in_it(schema):
    served = {
        (method, "/" + route.replace("<uuid:", "{").replace(">", "}"))
        for method, route in django_addresses(get_resolver().url_patterns)
        if route.startswith(API) and route != f"{API}schema/"
    }
    said = {(method.upper(), path) for path, item in schema["paths"].items() for method in item}
    assert said == served


def test_the_generator_has_nothing_to_complain_of(schema):
    assert not GENERATOR_STATS


def test_the_three_ways_to_sign_in_are_named(schema):
    assert set(schema["components"]["securitySchemes"]) == {"bearer", "basic", "session"}


def test_what_plugins_and_rules_answer_has_a_form_with_a_name(schema):
    for path, item in schema["paths"].items():
        if not path.startswith(OURS):
            continue
        for method, operation in item.items():
            answers = [answer for code, answer in operation["responses"].items() if code in ("200", "201")]
            for answer in answers:
                (content,) = answer["content"].values()
                assert "$ref" in content["schema"], f"{method} {path}"
