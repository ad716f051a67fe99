from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
import staff
import time_machine
from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from voipcrm.models import ApiToken

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def token() -> tuple[ApiToken, str]:
    return ApiToken.objects.issue(User.objects.create_superuser("root"), name="crm")


def header(secret: str) -> dict[str, Any]:
    return {"HTTP_AUTHORIZATION": f"Bearer {secret}"}


def test_a_token_in_the_header_opens(stranger: APIClient, token: tuple[ApiToken, str]) -> None:
    assert stranger.get("/voip/calls.json", **header(token[1])).status_code == 200


def test_a_token_in_the_query_opens(stranger: APIClient, token: tuple[ApiToken, str]) -> None:
    assert stranger.get(f"/voip/calls.json?api_token={token[1]}").status_code == 200


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer  "])
def test_the_scheme_may_be_written_in_any_case(stranger: APIClient, token: tuple[ApiToken, str], scheme: str) -> None:
    assert stranger.get("/voip/calls.json", HTTP_AUTHORIZATION=f"{scheme} {token[1]}").status_code == 200


def test_a_token_in_the_query_also_writes(stranger: APIClient, token: tuple[ApiToken, str]) -> None:
    assert stranger.post(f"/voip/sips.json?api_token={token[1]}", {"name": "Desk"}).status_code == 201


def test_of_two_tokens_the_header_counts(stranger: APIClient, token: tuple[ApiToken, str]) -> None:
    assert stranger.get("/voip/calls.json?api_token=vcrm_wrong", **header(token[1])).status_code == 200
    assert stranger.get(f"/voip/calls.json?api_token={token[1]}", **header("vcrm_wrong")).status_code == 401


def test_credentials_of_another_scheme_do_not_shut_out_a_token_in_the_query(
    stranger: APIClient, token: tuple[ApiToken, str]
) -> None:
    answer = stranger.get(f"/voip/calls.json?api_token={token[1]}", HTTP_AUTHORIZATION="Basic cHJveHk6eA==")

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "change",
    [{"active": False}, {"expires_at": NOON - timedelta(seconds=1)}, {"expires_at": NOON}],
    ids=["inactive", "expired", "expiring now"],
)
def test_a_token_switched_off_or_expired_is_refused(
    stranger: APIClient, token: tuple[ApiToken, str], change: dict[str, object]
) -> None:
    ApiToken.objects.update(**change)

    with time_machine.travel(NOON, tick=False):
        assert stranger.get("/voip/calls.json", **header(token[1])).status_code == 401


def test_a_token_opens_until_it_expires(stranger: APIClient, token: tuple[ApiToken, str]) -> None:
    ApiToken.objects.update(expires_at=NOON + timedelta(seconds=1))

    with time_machine.travel(NOON, tick=False):
        assert stranger.get("/voip/calls.json", **header(token[1])).status_code == 200


def test_the_token_of_an_inactive_user_is_refused(stranger: APIClient, token: tuple[ApiToken, str]) -> None:
    User.objects.update(is_active=False)

    assert stranger.get("/voip/calls.json", **header(token[1])).status_code == 401


@pytest.mark.parametrize(
    "written",
    [
        "",
        " ",
        "vcrm_unknown",
        "ż" * 9,
        "\x00",
        "x" * 100_000,
        "vcrm_ x",
        "null",
        "\udcff".encode(errors="replace").decode(),
    ],
)
def test_what_is_no_token_is_refused(stranger: APIClient, written: str) -> None:
    in_header = stranger.get("/voip/calls.json", HTTP_AUTHORIZATION=f"Bearer {written.encode().decode('latin-1')}")
    in_query = stranger.get(f"/voip/calls.json?api_token={quote(written[:1000])}")

    assert (in_header.status_code, in_query.status_code) == (401, 401)
    assert in_query["WWW-Authenticate"] == "Bearer"


def test_a_token_that_is_no_text_is_refused(stranger: APIClient) -> None:
    assert stranger.get("/voip/calls.json?api_token=%FF%FE%00").status_code == 401


def test_a_session_is_no_token() -> None:
    assert staff.superuser().get("/voip/calls.json").status_code == 401


def test_authentication_costs_one_query(
    stranger: APIClient, token: tuple[ApiToken, str], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    stranger.get("/voip/calls.json", **header(token[1]))  # notes the use

    with django_assert_num_queries(2):  # the token with its user, the list
        stranger.get("/voip/calls.json", **header(token[1]))


def test_an_unknown_token_costs_one_query(
    stranger: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        stranger.get("/voip/calls.json", **header("vcrm_unknown"))


def test_the_use_of_a_token_is_noted_at_most_once_a_minute(stranger: APIClient, token: tuple[ApiToken, str]) -> None:
    noted = []
    for seconds in (0, 30, 60, 61):
        with time_machine.travel(NOON + timedelta(seconds=seconds), tick=False):
            stranger.get("/voip/calls.json", **header(token[1]))
        noted.append(ApiToken.objects.get().last_used_at)

    assert noted == [NOON, NOON, NOON, NOON + timedelta(seconds=61)]


def test_only_a_digest_of_the_token_is_stored(token: tuple[ApiToken, str]) -> None:
    row = ApiToken.objects.values().get()

    assert token[1].startswith("vcrm_")
    assert len(token[1]) == len("vcrm_") + 40
    assert not any(token[1] in str(value) for value in row.values())
