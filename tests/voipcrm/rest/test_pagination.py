import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import make
import pytest
from pytest_django import DjangoAssertNumQueries
from resources import RESOURCES, Resource, at_fault
from rest_framework.test import APIClient

from calls.models import Call

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def ids(page: dict[str, Any]) -> list[int]:
    return [row["id"] for row in page["results"]]


def pages(client: APIClient, address: str, *, direction: str = "next") -> Iterator[dict[str, Any]]:
    """Every page from that address on."""
    following: str | None = address
    while following:
        page = client.get(following).json()
        yield page
        following = page[direction]


def cursor(place: Any) -> str:
    text = place if isinstance(place, bytes) else json.dumps(place).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


@pytest.mark.parametrize("resource", RESOURCES, ids=str)
def test_the_newest_comes_first(bob: APIClient, resource: Resource) -> None:
    older = resource.make().pk
    if resource.name == "autocall":
        make.widget().autocalls.create(number="+48501502503")
    else:
        resource.make() if resource.name != "sip" else make.sip(sip="2")

    found = ids(bob.get(resource.list).json())

    assert found[-1] == older
    assert found == sorted(found, reverse=True)


def test_calls_are_listed_by_their_start_and_then_their_id(bob: APIClient) -> None:
    rows = [make.call(start_time=NOON + timedelta(hours=hours)) for hours in (1, 3, 2, 3)]

    assert ids(bob.get("/voip/calls.json").json()) == [rows[place].pk for place in (3, 1, 2, 0)]


def test_a_page_has_fifty_records_unless_told_otherwise(bob: APIClient) -> None:
    Call.objects.bulk_create(Call(start_time=NOON) for _ in range(201))

    lengths = [
        len(bob.get(f"/voip/calls.json{query}").json()["results"]) for query in ("", "?per_page=1", "?per_page=200")
    ]

    assert lengths == [50, 1, 200]


@pytest.mark.parametrize("per_page", ["0", "201", "-1", "x", "1.5", "1e2", "", "١", "9" * 5000, "%00"])
def test_a_bad_page_size_is_named(bob: APIClient, per_page: str) -> None:
    answer = bob.get(f"/voip/calls.json?per_page={per_page}")

    assert (answer.status_code, at_fault(answer)) == (400, ["per_page"])


@pytest.mark.parametrize("resource", ["/voip/calls.json", "/voip/voips.json"])
@pytest.mark.parametrize("rows", [1, 3, 6, 7])
def test_next_leads_to_every_row_once_and_previous_back(bob: APIClient, resource: str, rows: int) -> None:
    for _ in range(rows):
        make.call(start_time=NOON, voip=make.voip())  # of equal start

    there = list(pages(bob, f"{resource}?per_page=3"))
    last = there[-1]["previous"] or f"{resource}?per_page=3"
    back = list(pages(bob, last, direction="previous"))

    assert len([pk for page in there for pk in ids(page)]) == len({pk for page in there for pk in ids(page)}) == rows
    assert [ids(page) for page in reversed(back)] == [ids(page) for page in there[: max(len(there) - 1, 1)]]
    assert (there[0]["previous"], there[-1]["next"]) == (None, None)


def test_a_filter_stays_on_through_the_pages(bob: APIClient) -> None:
    for status in ("BUSY", "FAILED") * 3:
        make.call(status=status)

    found = list(pages(bob, "/voip/calls.json?per_page=2&status=busy"))

    assert [[row["status"] for row in page["results"]] for page in found] == [["BUSY", "BUSY"], ["BUSY"]]


def test_a_page_behind_a_deleted_row_still_follows(bob: APIClient) -> None:
    rows = [make.call(start_time=NOON).pk for _ in range(4)]
    first = bob.get("/voip/calls.json?per_page=2").json()
    Call.objects.filter(pk=rows[2]).delete()  # the last of the first page

    assert ids(bob.get(first["next"]).json()) == [rows[1], rows[0]]


@pytest.mark.parametrize("resource", RESOURCES, ids=str)
@pytest.mark.parametrize(
    "place",
    [
        b"", b"\xff\xfe", b"[" * 30_000, b"{}", [0, None], [2, None, 1], [0, "now", 1], [0, "2026-01-01T00:00:00", 1], [0, 5, 1], [0, [], 1],
        [0, "2026-01-01T00:00:00+00:00", 2**63], [0, "2026-01-01T00:00:00+00:00", -1], [0, None, 10**400], [0, None, "1"], b"[0, null, 1e400]",
        [0, "0001-01-01T00:00:00+23:59", 1], [0, "9999-12-31T23:59:59-23:59", 1],
    ],
    ids=lambda place: str(place)[:40],
)  # fmt: skip
def test_a_cursor_that_is_none_of_ours_is_named(bob: APIClient, resource: Resource, place: Any) -> None:
    answer = bob.get(f"{resource.list}?cursor={cursor(place)}")

    assert (answer.status_code, at_fault(answer)) == (400, ["cursor"])


@pytest.mark.parametrize("text", ["x", "ż", "%00", "!!!!", "a" * 300, "[0,null,1]"])
def test_a_text_that_is_no_cursor_is_named(bob: APIClient, text: str) -> None:
    answer = bob.get(f"/voip/calls.json?cursor={text}")

    assert (answer.status_code, at_fault(answer)) == (400, ["cursor"])


def test_a_cursor_of_another_list_is_refused(bob: APIClient) -> None:
    make.voip()
    make.voip()
    of_voips = bob.get("/voip/voips.json?per_page=1").json()["next"]

    assert bob.get(of_voips.replace("voips.json", "calls.json")).status_code == 400


@pytest.mark.parametrize("resource", RESOURCES, ids=str)
def test_a_list_costs_the_same_few_queries_at_any_length(
    bob: APIClient, resource: Resource, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    row = resource.make()
    bob.get(resource.list)  # notes the use of the token
    copies = [
        type(row)(**{name: value for name, value in vars(row).items() if not name.startswith("_")}) for _ in range(49)
    ]
    for number, copy in enumerate(copies):
        copy.pk = None
        for unique, value in (
            ("sip", str(number)),
            ("token", str(number)),
            ("webhook_digest", str(number)),
            ("widget_id", None),
        ):
            if hasattr(copy, unique) and not hasattr(type(copy), f"{unique}_id"):
                setattr(copy, unique, value)
    type(row)._default_manager.bulk_create(copies)

    # the token with its user, the rights (two), the list; and the lines of all widgets of the page, or the dials of all call-backs
    with django_assert_num_queries(5 if resource.name in ("widget", "autocall") else 4):
        assert len(bob.get(resource.list).json()["results"]) == 50


def test_the_first_page_leads_on_also_where_one_has_come_back_to_it(bob: APIClient) -> None:
    rows = [make.call(start_time=NOON + timedelta(hours=hours)).pk for hours in range(3)]
    first = bob.get("/voip/calls.json?per_page=2").json()
    second = bob.get(first["next"]).json()

    again = bob.get(second["previous"]).json()

    assert (ids(again), again["previous"]) == ([rows[2], rows[1]], None)
    assert ids(bob.get(again["next"]).json()) == [rows[0]]


@pytest.mark.parametrize("pk", [-1, 2**63, 10**30])
@pytest.mark.parametrize(("address", "moment"), [("/voip/calls.json", NOON.isoformat()), ("/voip/voips.json", None)])
def test_a_cursor_of_an_id_that_no_record_can_have_is_none(bob: APIClient, address: str, moment: Any, pk: int) -> None:
    answer = bob.get(f"{address}?cursor={cursor([0, moment, pk])}")

    assert (answer.status_code, at_fault(answer)) == (400, ["cursor"])
