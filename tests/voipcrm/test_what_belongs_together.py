"""What the API tells of a record from its neighbours, and finds by it."""

from datetime import UTC, datetime
from typing import Any

import make
import pytest
from callback_desk import run
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from autocalls.models import Autocall
from calls.models import Call
from sips.models import Sip

pytestmark = pytest.mark.django_db


def ids(answer: Any) -> list[int]:
    return [row["id"] for row in answer.json()["results"]]


def test_a_call_names_its_line_configuration_and_call_back(alice: APIClient) -> None:
    row = make.autocall(widget=make.widget(voip=make.office(name="Head office")))
    run()
    call = Call.objects.get()

    told = alice.get(f"/voip/calls/{call.pk}.json").json()

    assert (told["voip_name"], told["sip_name"], told["autocall_id"]) == ("Head office", "Reception", row.pk)
    assert told["customer_number"] == "+48501502503"


def test_a_call_without_them_has_null(alice: APIClient) -> None:
    told = alice.post("/voip/calls.json", {"status": "BUSY"}).json()

    assert (told["voip_name"], told["sip_name"], told["autocall_id"], told["customer_number"]) == (None, None, None, "")


def test_what_was_read_may_be_sent_back(alice: APIClient) -> None:
    line = make.sip()
    address = f"/voip/calls/{make.call(sip=line, voip=line.voip).pk}.json"

    answer = alice.patch(address, alice.get(address).json() | {"description": "x"})

    assert (answer.status_code, answer.json()["sip_name"]) == (200, "Reception")


def test_names_are_told_without_touching_a_secret(alice: APIClient) -> None:
    line = make.sip()
    call = make.call(sip=line, voip=line.voip)
    Sip.objects.filter(pk=line.pk).update(password="x")
    with connection.cursor() as cursor:  # as after the loss of a key
        cursor.execute("UPDATE sips_sip SET password = 'broken'")
        cursor.execute("UPDATE sips_voip SET webhook_secret = 'broken'")

    address = f"/voip/calls/{call.pk}.json"

    assert alice.get(address).status_code == alice.patch(address, {"description": "x"}).status_code == 200


@pytest.mark.parametrize("path", ["calls", "autocalls"])
def test_a_list_costs_the_same_however_long_it_is(alice: APIClient, path: str) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert alice.get(f"/voip/{path}.json").status_code == 200
        return len(captured)

    def add() -> None:
        desk = make.office()
        line = Sip.objects.get(voip=desk)
        call = make.call(sip=line, voip=desk)
        make.autocall(voip=desk).calls_made.create(number=1, call=call, sip=line, outcome="busy")

    add()
    alice.get("/voip/calls.json")  # notes the use of the token
    few = queries()
    for _ in range(5):
        add()

    assert queries() == few


def test_calls_are_found_by_the_provider_s_id_and_those_of_nobody(bob: APIClient) -> None:
    theirs = make.call(voip=make.voip(), provider_call_id="1700000000.17", client_id=7, contact_id=8)
    nobody = make.call()

    assert ids(bob.get("/voip/calls.json?provider_call_id=1700000000.17")) == [theirs.pk]
    assert ids(bob.get("/voip/calls.json?client_id=null")) == ids(bob.get("/voip/calls.json?contact_id=null"))
    assert ids(bob.get("/voip/calls.json?client_id=null&contact_id=null")) == [nobody.pk]
    assert ids(bob.get("/voip/calls.json?client_id=7&contact_id=8")) == [theirs.pk]


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("provider_call_id=17", "call_provider_id"),
        ("client_id=null", "call_without_client"),
        ("contact_id=null", "call_without_contact"),
    ],
)
def test_the_filters_use_an_index(bob: APIClient, query: str, index: str) -> None:
    Call.objects.bulk_create(Call(provider_call_id=f"op-{n}", client_id=7, contact_id=8) for n in range(1000))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE calls_call")
        cursor.execute("SET LOCAL enable_sort = off")
    with CaptureQueriesContext(connection) as captured:
        bob.get(f"/voip/calls.json?{query}")
    [listing] = [entry["sql"] for entry in captured if entry["sql"].startswith('SELECT "calls_call"')]

    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {listing}")
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert index in plan


def test_a_call_back_tells_its_page_its_consent_and_its_dials(alice: APIClient) -> None:
    given = datetime(2026, 3, 10, 12, tzinfo=UTC)
    row = make.autocall(
        widget=make.widget(voip=make.office()),
        page_url="https://shop.example.com/lamps",
        consent_at=given,
        consent_version="abc",
    )
    run()

    told = alice.get(f"/voip/autocalls/{row.pk}.json").json()

    assert (told["page_url"], told["consent_at"], told["consent_version"]) == (
        "https://shop.example.com/lamps",
        "2026-03-10T12:00:00Z",
        "abc",
    )
    [dial] = told["dials"]
    assert (dial["attempt"], dial["call_id"], dial["outcome"]) == (1, Call.objects.get().pk, "")
    assert alice.patch(f"/voip/autocalls/{row.pk}.json", told | {"note": "x"}).status_code == 200
    assert Autocall.objects.get().page_url == "https://shop.example.com/lamps"
