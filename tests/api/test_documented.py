"""The OpenAPI document: an example of every answer, which is one, and the problems that may come instead."""

from __future__ import annotations

import json

import gpxpy
import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from api.documented import HTML
from api.errors import MEDIA_TYPE
from api.routers import collections, matrix, routes, siting, study, walks

OURS = (
    "/nearest", "/circle", "/walk", "/matrix", "/routes", "/gaps", "/coverage", "/ledger", "/lights", "/tables",
    "/healthz", "/collections", "/conformance", "/site", "/mobile", "/pairing", "/compare", "/links",
)  # fmt: skip


def test_every_answer_has_an_example_that_is_one() -> None:
    asked = [route for part in (collections, matrix, routes, siting, study, walks) for route in part.router.routes]
    found = [route for route in asked if isinstance(route, APIRoute) and route.include_in_schema]
    assert len(found) > 20
    for route in found:
        (media_type, about), *pages = route.responses[200]["content"].items()
        assert [kind for kind, _ in pages] in ([], [HTML]), route.path
        assert about["example"], route.path
        if route.response_model is not None:
            answer = route.response_model.model_validate(about["example"])
            assert answer.model_dump(mode="json", exclude_unset=True) == about["example"]
        elif media_type.endswith("gpx+xml"):
            assert gpxpy.parse(about["example"]).waypoints


@pytest.mark.parametrize("path", ["/openapi.json", "/api"])
def test_problems_are_documented_as_they_come(client: TestClient, path: str) -> None:
    document = client.get(path).json()
    for where, methods in document["paths"].items():
        if not where.startswith(OURS):
            continue
        for operation in methods.values():
            wrong = {code: about for code, about in operation["responses"].items() if code != "200"}
            assert wrong, where
            if "422" in wrong:
                assert MEDIA_TYPE in wrong["422"]["content"], where
    assert "school" not in json.dumps(document["paths"]["/matrix"]["get"]["responses"]["422"])


def test_a_problem_has_the_documented_shape(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    documented = document["paths"]["/matrix"]["get"]["responses"]["422"]["content"][MEDIA_TYPE]["schema"]
    problem = client.get("/matrix?limit=0").json()
    assert set(documented["required"]) <= set(problem) <= set(documented["properties"])


def test_layers_have_paths_with_their_filters(client: TestClient) -> None:
    operation = client.get("/api").json()["paths"]["/collections/facilities/items"]["get"]
    kinds = {given["name"]: given["schema"].get("type") for given in operation["parameters"]}
    assert (kinds["kind"], kinds["located"]) == ("string", "boolean")
    assert {"bbox", "limit", "offset"} <= set(kinds)
    assert "layer" not in kinds
