import re
from typing import Any

import make
import pytest
import yaml
from drf_spectacular.generators import SchemaGenerator
from published import reference
from resources import PUBLIC_ENDPOINTS
from rest_framework.test import APIClient

from voipcrm import schema_view
from voipcrm.api import router


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    return reference()


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method, path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def test_every_route_of_the_api_is_published(published: dict[str, Any]) -> None:
    routes = {
        (method, "/voip/" + re.sub(r"\(\?P<pk>[^)]*\)", "{id}", str(url.pattern)).replace("\\", "").strip("^$"))
        for url in router.urls
        for method in url.callback.actions  # type: ignore[union-attr]
        if method not in {"head", "put"}  # PUT is answered with 405
    }

    routes |= {
        ("get", f"/voip/{name}") for name in ("stats.json", "calls.csv", "autocalls.csv")
    }  # beside the resources
    assert routes == {key for key in operations(published) if key[1] not in PUBLIC_ENDPOINTS}


def test_the_document_is_made_once_whatever_its_readers_ask_for(
    stranger: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema_view._document.cache_clear()
    made: list[str] = []
    generate: Any = SchemaGenerator.get_schema

    def count(*given: Any, **named: Any) -> Any:
        made.append("one")
        return generate(*given, **named)

    monkeypatch.setattr(SchemaGenerator, "get_schema", count)

    for query in ("", "?lang=xx", "?version=9", "?lang=pl&x=1", ""):
        assert stranger.get(f"/voip/schema/{query}").status_code == 200

    assert made == ["one"]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/html, */*", "application/vnd.oai.openapi"),
        ("application/json", "application/json"),
        ("*/*", "application/vnd.oai.openapi"),
    ],
)
def test_the_document_comes_in_the_format_asked_for(stranger: APIClient, accept: str, kind: str) -> None:
    answer = stranger.get("/voip/schema/", headers={"accept": accept})

    assert answer["Content-Type"] == kind
    assert yaml.load(answer.content, yaml.CSafeLoader)["info"]["title"] == "voipcrm"


def test_a_token_may_come_in_the_header_or_in_the_query(published: dict[str, Any]) -> None:
    needed = {
        str(operation["security"])
        for (_, path), operation in operations(published).items()
        if path not in PUBLIC_ENDPOINTS
    }

    assert needed == {str([{"bearer": []}, {"api_token": []}])}
    assert published["components"]["securitySchemes"] == {
        "bearer": {"type": "http", "scheme": "bearer"},
        "api_token": {"type": "apiKey", "in": "query", "name": "api_token"},
    }


@pytest.mark.parametrize("path", PUBLIC_ENDPOINTS)
def test_public_endpoints_need_no_token(published: dict[str, Any], path: str) -> None:
    [operation] = published["paths"][path].values()

    assert operation.get("security", [{}]) == [{}]
    assert "401" not in operation["responses"]


def test_every_operation_says_how_it_refuses(published: dict[str, Any]) -> None:
    for (method, path), operation in operations(published).items():
        if path in PUBLIC_ENDPOINTS:
            continue
        expected = {"401", "403"}
        expected |= {"404"} if "{id}" in path else set()
        expected |= {"400", "413", "415"} if "requestBody" in operation else set()
        expected |= {"409"} if method != "get" else set()
        assert expected <= set(operation["responses"]), (method, path)


def test_operations_have_names_of_their_own_without_json(published: dict[str, Any]) -> None:
    names = [operation["operationId"] for operation in operations(published).values()]

    assert len(set(names)) == len(names)
    assert not [name for name in names if "json" in name or "__" in name]


def test_no_secret_is_ever_read(published: dict[str, Any]) -> None:
    shown = {
        name
        for component, schema in published["components"]["schemas"].items()
        if not component.endswith("Request")
        for name in schema.get("properties", {})
    }

    assert shown.isdisjoint({"password", "api_key", "webhook_secret", "digest"})
    assert {"password_set", "api_key_set", "webhook_url"} <= shown


@pytest.mark.django_db
def test_a_widget_shows_exactly_what_is_published(stranger: APIClient, published: dict[str, Any]) -> None:
    shown = published["components"]["schemas"]["WidgetShown"]

    answer = stranger.get(f"/voip/widget_data.json?widget_token={make.widget().token}").json()

    assert set(answer) == set(shown["properties"]) == set(shown["required"])


@pytest.mark.django_db
def test_the_document_is_public(stranger: APIClient) -> None:
    answer = stranger.get("/voip/schema/", HTTP_ACCEPT="application/json")

    assert (answer.status_code, answer.json()["info"]["title"]) == (200, "voipcrm")


@pytest.mark.django_db
def test_the_page_for_people_loads_nothing_from_outside(stranger: APIClient) -> None:
    answer = stranger.get("/voip/docs/")
    page = answer.content.decode()

    assert answer.status_code == 200
    assert not re.findall(r"""(?:src|href|url)\s*[=:(]\s*["']?(?:https?:)?//[^"')\s]+""", page)
    assert set(re.findall(r"(\S+-src) ([^;]*)", answer["Content-Security-Policy"])) >= {("default-src", "'self'")}
