import make
import pytest
from rest_framework.test import APIClient

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "path", ["/voip/calls.json", "/voip/voips.json?provider=", "/voip/calls/1.json", "/voip/nothing.json", "/voip/calls/make_call.json"]
)  # fmt: skip
def test_responses_of_the_api_are_not_stored(alice: APIClient, stranger: APIClient, path: str) -> None:
    answers = [alice.get(path), stranger.get(path), alice.post(path, {})]

    assert {answer["Cache-Control"] for answer in answers} == {"no-store"}


def test_responses_to_visitors_are_not_stored(stranger: APIClient) -> None:
    body = {"widget_token": make.widget().token, "autocall": {"number": "+48501502503"}}

    assert stranger.post("/voip/autocalls/create_from_widget", body)["Cache-Control"] == "no-store"


def test_what_is_public_may_be_kept(stranger: APIClient) -> None:
    answer = stranger.get("/voip/widget_data.json", {"widget_token": make.widget().token})

    assert answer["Cache-Control"].startswith("public")


@pytest.mark.parametrize(
    "path", ["/voip/calls.json?status=", "/voip/sips.json?sip=", "/voip/autocalls.json?number=%20"]
)
def test_an_empty_filter_is_refused_by_name_as_the_schema_says(alice: APIClient, path: str) -> None:
    answer = alice.get(path)

    name = path.partition("?")[2].partition("=")[0]
    assert (answer.status_code, answer.json()["field"]) == (400, name)
