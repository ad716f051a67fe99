"""The contract of `/voip/`, endpoint by endpoint."""

import itertools
from datetime import UTC, datetime, timedelta

import make
import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import DjangoAssertNumQueries
from resources import at_fault
from rest_framework.test import APIClient

from calls.models import Call
from voipcrm.models import ApiToken, digest_of

pytestmark = pytest.mark.django_db

LISTS = ("calls", "sips", "voips", "widgets", "autocalls")
MONDAY_NOON = datetime(2026, 3, 2, 11, tzinfo=UTC)


@pytest.mark.parametrize("name", LISTS)
def test_every_list_needs_a_token(stranger: APIClient, name: str) -> None:
    answer = stranger.get(f"/voip/{name}.json")

    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize("name", LISTS)
def test_a_token_without_rights_sees_nothing(charlie: APIClient, name: str) -> None:
    assert charlie.get(f"/voip/{name}.json").status_code == 403


@pytest.mark.parametrize("name", LISTS)
def test_a_reader_may_not_write(bob: APIClient, name: str) -> None:
    assert bob.get(f"/voip/{name}.json").json() == {"next": None, "previous": None, "results": []}
    assert bob.post(f"/voip/{name}.json", {"name": "x"}).status_code == 403


def test_a_token_in_the_query_works_and_stays_out_of_links(stranger: APIClient) -> None:
    _token, secret = ApiToken.objects.issue(User.objects.create_superuser("root"), name="crm")
    make.call()
    make.call()

    answer = stranger.get(f"/voip/calls.json?per_page=1&api_token={secret}")

    assert answer.status_code == 200
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "api_token" not in answer.json()["next"]


@pytest.mark.parametrize("change", [{"active": False}, {"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}])
def test_a_token_switched_off_or_expired_is_no_token(stranger: APIClient, change: dict[str, object]) -> None:
    _token, secret = ApiToken.objects.issue(User.objects.create_superuser("root"), name="crm")
    ApiToken.objects.filter(digest=digest_of(secret)).update(**change)

    assert stranger.get("/voip/calls.json", HTTP_AUTHORIZATION=f"Bearer {secret}").status_code == 401


def test_the_use_of_a_token_is_noted_once_a_minute(alice: APIClient) -> None:
    noted = set()
    with time_machine.travel(MONDAY_NOON, tick=False) as clock:
        for _request in range(4):
            alice.get("/voip/sips.json")
            noted.add(ApiToken.objects.get().last_used_at)
            clock.shift(timedelta(seconds=25))

    assert len(noted) == 2


@pytest.mark.parametrize("body", [{"name": "Desk", "sip": "100"}, {"sip": {"name": "Desk", "sip": "100"}}])
def test_a_body_may_be_flat_or_wrapped(alice: APIClient, body: dict[str, object]) -> None:
    answer = alice.post("/voip/sips.json", body)

    assert (answer.status_code, answer.json()["sip"]) == (201, "100")


def test_a_password_goes_in_and_never_comes_out(alice: APIClient) -> None:
    sip = alice.post("/voip/sips.json", {"name": "Desk", "password": "s3cret"}).json()

    assert sip["password_set"] is True
    assert "password" not in sip
    with connection.cursor() as cursor:
        cursor.execute("SELECT password FROM sips_sip")
        assert "s3cret" not in cursor.fetchone()[0]


def test_a_second_line_with_the_same_number_is_refused(alice: APIClient) -> None:
    line = make.sip()

    assert alice.post("/voip/sips.json", {"name": "x", "sip": line.sip, "voip_id": line.voip_id}).status_code == 400


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("port", "0"),
        ("port", "65536"),
        ("port", "sip"),
        ("time_zone", "Mars/Base"),
        ("country", "XX"),
        ("provider", "nobody"),
        ("webhook_ips", ["10.0.0.300"]),
        ("address", "http://pbx"),
        ("settings", {"nonsense": 1}),
        ("settings", []),
    ],
)
def test_a_wrong_configuration_is_refused_by_field(alice: APIClient, field: str, value: object) -> None:
    answer = alice.post("/voip/voips.json", {"name": "x", "provider": "telecube", field: value})

    assert answer.status_code == 400
    assert field in answer.json()


def test_what_was_read_can_be_written_back(alice: APIClient) -> None:
    rows = {
        "sips": make.sip(),
        "widgets": make.widget(),
        "voips": make.voip(name="Other"),
        "calls": make.call(via="provider", status="BUSY"),
    }
    for name, row in rows.items():
        address = f"/voip/{name}/{row.pk}.json"
        read = alice.get(address).json()

        written = alice.patch(address, read)

        assert written.status_code == 200, written.json()
        assert {**written.json(), "updated_at": ""} == {**read, "updated_at": ""}


def test_a_reported_call_keeps_its_own_facts(alice: APIClient) -> None:
    call = make.call(via="provider", status="BUSY", voip=make.voip())

    assert alice.patch(f"/voip/calls/{call.pk}.json", {"status": "ANSWERED"}).status_code == 409
    assert alice.patch(f"/voip/calls/{call.pk}.json", {"client_id": 5, "description": "hello"}).json()["client_id"] == 5


@pytest.mark.parametrize(
    ("written", "stored"), [("NOANSWER", "NO ANSWER"), ("no_answer", "NO ANSWER"), ("In Progress", "IN PROGRESS")]
)
def test_a_status_may_be_written_in_any_way(alice: APIClient, written: str, stored: str) -> None:
    assert alice.post("/voip/calls.json", {"status": written, "kind": "przychodzące"}).json()["status"] == stored


def test_a_known_number_brings_its_client_along(alice: APIClient) -> None:
    alice.post("/voip/calls.json", {"number_from": "501 502 503", "kind": "incoming", "client_id": 7})

    assert alice.post("/voip/calls.json", {"number_to": "0048501502503", "kind": "outgoing"}).json()["client_id"] == 7


@pytest.mark.parametrize("number", ["+48501502503", "501 502 503", "0048 501-502-503", "48501502503", "503", "2503"])
def test_a_number_is_found_in_any_writing(alice: APIClient, number: str) -> None:
    call = make.call(number_from="+48501502503")
    make.call(number_from="+48501502777", number_to="101")

    assert [found["id"] for found in alice.get("/voip/calls.json", {"number": number}).json()["results"]] == [call.pk]


def test_last_digits_may_begin_with_zero(alice: APIClient) -> None:
    call = make.call(number_from="+48501120017")
    make.call(number_from="+48501120117")

    assert [found["id"] for found in alice.get("/voip/calls.json", {"number": "017"}).json()["results"]] == [call.pk]


@pytest.mark.parametrize(
    "query",
    [
        "status=LOUD",
        "kind=x",
        "voip_id=x",
        "number=12",
        "start_time_after=yesterday",
        "duration_min=long",
        "statsu=BUSY",
        "per_page=0",
        "per_page=201",
        "cursor=rubbish",
        "cursor=%00",
        "updated_since=0",
        "status=BUSY&status=FAILED",
    ],
)
def test_a_bad_filter_is_an_error_that_names_it(alice: APIClient, query: str) -> None:
    answer = alice.get(f"/voip/calls.json?{query}")

    assert answer.status_code == 400
    assert query.partition("=")[0] in answer.json()


def test_pages_neither_skip_nor_repeat_while_calls_are_added(alice: APIClient) -> None:
    for _number in range(9):
        make.call(start_time=MONDAY_NOON)
    there = set(Call.objects.values_list("pk", flat=True))
    seen: list[int] = []
    address = "/voip/calls.json?per_page=2"

    while address:
        page = alice.get(address).json()
        seen += [call["id"] for call in page["results"] if call["id"] in there]
        make.call()
        make.call(start_time=MONDAY_NOON)
        address = page["next"]

    assert sorted(seen) == sorted(there)


def test_previous_leads_back(alice: APIClient) -> None:
    for number in range(6):
        make.call(start_time=MONDAY_NOON + timedelta(minutes=number))
    first = alice.get("/voip/calls.json?per_page=2").json()
    second = alice.get(first["next"]).json()

    assert alice.get(second["previous"]).json()["results"] == first["results"]


def test_a_list_costs_the_same_number_of_queries_at_any_length(
    alice: APIClient, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    line = make.sip()
    for _number in range(50):
        make.call(sip=line, voip=line.voip)
    alice.get("/voip/calls.json")

    with django_assert_max_num_queries(5):
        assert len(alice.get("/voip/calls.json").json()["results"]) == 50


@pytest.mark.parametrize(
    "body",
    [
        b'{"description": "\\u0000"}',
        b'{"description": "\\ud800"}',
        b'{"duration": 1e400}',
        b'{"duration": NaN}',
        b"[" * 100000,
        b"\xff\xfe",
        b'{"client_id": ' + b"9" * 400 + b"}",
        b'{"start_time": "0001-01-01T00:00:00Z"}',
        b'{"start_time": "9999-12-31T23:59:59-12:00"}',
        b"[]",
    ],
)
def test_no_body_is_a_server_error(alice: APIClient, body: bytes) -> None:
    assert alice.generic("POST", "/voip/calls.json", body, content_type="application/json").status_code == 400  # type: ignore[arg-type]


def test_an_id_beyond_the_database_is_not_found(alice: APIClient) -> None:
    assert alice.get(f"/voip/calls/{10**30}.json").status_code == 404


def test_make_call_stores_the_call_and_its_job(alice: APIClient) -> None:
    line = make.sip()

    answer = alice.post("/voip/calls/make_call.json", {"sip": "100", "number_to": "501502503"})

    assert (answer.status_code, answer.json()["status"], answer.json()["number_to"]) == (201, "QUEUED", "+48501502503")
    assert ProcrastinateJob.objects.get().args == {"call_id": answer.json()["id"]}
    assert answer.json()["sip_id"] == line.pk


@pytest.mark.parametrize(
    ("line", "body", "field"),
    [
        ({}, {"sip": "999", "number_to": "+48501502503"}, "sip"),
        ({}, {"sip": "100", "number_to": "nobody"}, "number_to"),
        ({"active": False}, {"sip": "100", "number_to": "+48501502503"}, "sip"),
        ({"password": ""}, {"sip": "100", "number_to": "+48501502503"}, "sip"),
    ],
)
def test_what_cannot_be_dialed_is_refused_without_a_row(
    alice: APIClient, line: dict[str, object], body: dict[str, str], field: str
) -> None:
    make.sip(**line)

    answer = alice.post("/voip/calls/make_call.json", body)

    assert (answer.status_code, at_fault(answer)) == (400, [field])
    assert not Call.objects.exists()


def test_an_idempotency_key_dials_once(alice: APIClient) -> None:
    make.sip()
    body = {"sip": "100", "number_to": "+48501502503"}

    first, second, other = (
        alice.post("/voip/calls/make_call.json", asked, HTTP_IDEMPOTENCY_KEY="k1")
        for asked in (body, body, body | {"number_to": "+48601602603"})
    )

    assert (first.status_code, second.status_code, other.status_code) == (201, 200, 422)
    assert second["Idempotent-Replayed"] == "true"
    assert Call.objects.count() == 1


def test_a_deleted_call_is_gone_and_stays_gone(alice: APIClient) -> None:
    call = make.call(via="provider", provider_call_id="x", voip=make.voip())

    assert alice.delete(f"/voip/calls/{call.pk}.json").status_code == 204
    assert alice.get(f"/voip/calls/{call.pk}.json").status_code == 404


def test_opening_hours_are_refused_by_day_and_period(alice: APIClient) -> None:
    answer = alice.post(
        "/voip/widgets.json", {"name": "x", "opening_time": {"monday": [["09:00", "12:00"], ["11:00", "13:00"]]}}
    )

    assert answer.status_code == 400
    assert "monday" in answer.json()["opening_time"][0]


def test_widget_data_may_be_read_by_any_page(stranger: APIClient) -> None:
    widget = make.widget()

    answer = stranger.get("/voip/widget_data.json", {"widget_token": widget.token}, HTTP_ORIGIN="https://shop.example")

    assert (answer.json()["active"], answer.json()["open"]) == (True, True)
    assert answer["Access-Control-Allow-Origin"] in ("*", "https://shop.example")


def test_an_inactive_widget_says_only_that(stranger: APIClient) -> None:
    widget = make.widget(active=False)

    assert stranger.get(f"/voip/widget_data.json?widget_token={widget.token}").json() == {"active": False}
    assert stranger.get("/voip/widget_data.json?widget_token=nope").status_code == 404


def test_the_specifications_minimal_request_books_a_call(stranger: APIClient) -> None:
    body = {"widget_token": make.widget().token, "autocall": {"number": "+48123456789"}}

    first, second = (stranger.post("/voip/autocalls/create_from_widget", body) for _ in range(2))

    assert (first.status_code, second.status_code) == (201, 200)
    assert {"status", "call_at", "visitor_token"} <= set(first.json())


def test_a_visitor_of_a_closed_office_is_promised_the_next_opening(stranger: APIClient) -> None:
    widget = make.widget(opening_time={"monday": [["09:00", "10:00"]]})
    with time_machine.travel(MONDAY_NOON, tick=False):
        answer = stranger.post(
            "/voip/autocalls/create_from_widget", {"widget_token": widget.token, "autocall": {"number": "+48123456789"}}
        )

    assert answer.json()["call_at"] == "2026-03-09T08:00:00Z"


def test_the_rest_of_the_api_is_closed_to_other_pages(alice: APIClient) -> None:
    assert "Access-Control-Allow-Origin" not in alice.get("/voip/calls.json", HTTP_ORIGIN="https://shop.example")


def test_a_canceled_call_back_cannot_be_moved(alice: APIClient) -> None:
    make.office()
    made = alice.post("/voip/autocalls.json", {"number": "+48123456789"}).json()
    address = f"/voip/autocalls/{made['id']}.json"

    assert alice.patch(address, {"status": "canceled"}).json()["status"] == "canceled"
    assert alice.patch(address, {"call_at": "2027-01-01T10:00:00Z"}).status_code == 409


def test_health_tells_of_database_and_jobs(stranger: APIClient) -> None:
    assert stranger.get("/healthz").json()["database"] == "ok"


def test_all_addresses_of_the_specification_exist(alice: APIClient) -> None:
    codes = {
        (name, verb): getattr(alice, verb)(f"/voip/{name}/1.json").status_code
        for name, verb in itertools.product(LISTS, ("get", "patch", "delete"))
    }

    assert set(codes.values()) == {404}
