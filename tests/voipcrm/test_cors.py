import make
import pytest
from django.conf import LazySettings
from resources import PUBLIC_ENDPOINTS, RESOURCES, Resource
from rest_framework.test import APIClient

pytestmark = pytest.mark.django_db

PAGE = "https://shop.example.com"


@pytest.mark.parametrize("origin", [PAGE, "http://localhost:3000", "null", "https://xn--e1afmkfd.example"])
def test_widget_data_is_open_to_every_page(stranger: APIClient, origin: str) -> None:
    answer = stranger.get(f"/voip/widget_data.json?widget_token={make.widget().token}", HTTP_ORIGIN=origin)

    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (200, origin)
    assert "origin" in answer["Vary"].lower()
    assert "Access-Control-Allow-Credentials" not in answer


def test_a_visitor_asks_from_every_page_and_reads_the_answer(stranger: APIClient) -> None:
    body = {"widget_token": make.widget().token, "autocall": {"number": "+48501502503"}}
    asked = stranger.post("/voip/autocalls/create_from_widget", body, HTTP_ORIGIN=PAGE)
    refused = stranger.post("/voip/autocalls/create_from_widget", {}, HTTP_ORIGIN=PAGE)

    assert (asked.status_code, asked["Access-Control-Allow-Origin"]) == (201, PAGE)
    assert (refused.status_code, refused["Access-Control-Allow-Origin"]) == (400, PAGE)


@pytest.mark.parametrize("path", PUBLIC_ENDPOINTS)
def test_a_preflight_of_public_endpoints_is_answered(stranger: APIClient, path: str) -> None:
    answer = stranger.options(
        path,
        HTTP_ORIGIN=PAGE,
        HTTP_ACCESS_CONTROL_REQUEST_METHOD="POST",
        HTTP_ACCESS_CONTROL_REQUEST_HEADERS="content-type",
    )

    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (200, PAGE)
    assert "POST" in answer["Access-Control-Allow-Methods"]
    assert "content-type" in answer["Access-Control-Allow-Headers"]


@pytest.mark.parametrize("resource", RESOURCES, ids=str)
def test_the_rest_is_closed_to_pages(alice: APIClient, resource: Resource) -> None:
    for path in (resource.list, resource.one(resource.make().pk)):
        assert "Access-Control-Allow-Origin" not in alice.get(path, HTTP_ORIGIN=PAGE)


def test_a_preflight_of_the_rest_allows_nothing(stranger: APIClient) -> None:
    answer = stranger.options("/voip/calls.json", HTTP_ORIGIN=PAGE, HTTP_ACCESS_CONTROL_REQUEST_METHOD="GET")

    assert "Access-Control-Allow-Origin" not in answer


@pytest.mark.parametrize(
    "path",
    [
        "/voip/widget_data.json/",
        "/voip/autocalls/create_from_widget/",
        "/voip/autocalls.json",
        "/admin/login/",
        "/healthz",
    ],
)
def test_paths_next_to_public_endpoints_are_closed(stranger: APIClient, path: str) -> None:
    assert "Access-Control-Allow-Origin" not in stranger.get(path, HTTP_ORIGIN=PAGE)


def test_a_configured_origin_may_use_the_api(alice: APIClient, settings: LazySettings) -> None:
    settings.CORS_ALLOWED_ORIGINS = [PAGE]

    answer = alice.get("/voip/calls.json", HTTP_ORIGIN=PAGE)

    assert answer["Access-Control-Allow-Origin"] == PAGE
    assert "Idempotent-Replayed" in answer["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Origin" not in alice.get("/voip/calls.json", HTTP_ORIGIN="https://evil.example.com")
