"""What all lists of the back-office share."""

from datetime import UTC, datetime
from typing import Any

import make
import pytest
from django.db import connection
from staff import cells, superuser, told

from calls.models import Call
from voipcrm.backoffice import changelist
from voipcrm.backoffice.json_input import lay_out

pytestmark = pytest.mark.django_db


@pytest.fixture
def smallest_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changelist, "LARGEST_COUNT", 2)


def many_calls(count: int, **fields: Any) -> None:
    Call.objects.bulk_create([Call(**fields) for _ in range(count)])


def test_a_short_list_tells_its_exact_count() -> None:
    many_calls(3)

    assert "calls: 3" in told(superuser().get("/admin/calls/call/").content.decode())


@pytest.mark.usefixtures("smallest_cap")
def test_a_long_list_tells_postgresqls_estimate() -> None:
    many_calls(5)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pg_class SET reltuples = 2000000 WHERE relname = 'calls_call'")

    assert "calls: the first 2 of about 2,000,000" in told(superuser().get("/admin/calls/call/").content.decode())


@pytest.mark.usefixtures("smallest_cap")
def test_a_long_filtered_list_is_counted_no_further_than_the_cap() -> None:
    many_calls(5, status="BUSY")

    html = superuser().get("/admin/calls/call/?status__exact=BUSY").content.decode()

    assert "calls: the first 2; narrow the search to see others" in told(html)


def test_no_list_counts_a_table_without_a_limit(django_assert_max_num_queries: Any) -> None:
    many_calls(60)
    client = superuser()

    with django_assert_max_num_queries(13) as queries:
        client.get("/admin/calls/call/")

    counts = [query["sql"] for query in queries.captured_queries if "COUNT(" in query["sql"]]
    assert counts
    assert all("LIMIT 10001" in sql for sql in counts)


def test_a_list_shows_fifty_rows() -> None:
    many_calls(60)

    assert len(cells(superuser().get("/admin/calls/call/").content.decode(), "start")) == 50


@pytest.mark.parametrize(
    ("chosen", "shown"),
    [
        ("start_time_from=2026-03-10&start_time_to=2026-03-10", ["10 Mar 2026, 23:59", "10 Mar 2026, 00:00"]),
        ("start_time_from=2026-03-11", ["11 Mar 2026, 00:00"]),
        ("start_time_to=2026-03-09", ["9 Mar 2026, 23:59"]),
    ],
)
def test_days_are_those_of_the_staffs_wall_clock(chosen: str, shown: list[str]) -> None:
    for hour, minute, day in ((22, 59, 9), (23, 0, 9), (22, 59, 10), (23, 0, 10)):
        make.call(start_time=datetime(2026, 3, day, hour, minute, tzinfo=UTC))

    assert cells(superuser().get(f"/admin/calls/call/?{chosen}").content.decode(), "start") == shown


@pytest.mark.parametrize("text", ["yesterday", "0001-01-01", "9999-12-31", "2026-02-30"])
def test_a_day_that_is_none_shows_nothing_and_says_so(text: str) -> None:
    make.call()

    html = superuser().get("/admin/calls/call/", {"start_time_to": text}).content.decode()

    assert f"“{text}” is no date; write it like 31.12.2026." in html
    assert cells(html, "start") == []


def test_the_polish_way_of_writing_a_day_is_understood() -> None:
    make.call(start_time=datetime(2026, 3, 10, 12, tzinfo=UTC))
    make.call(start_time=datetime(2026, 3, 12, 12, tzinfo=UTC))

    html = superuser(language="pl").get("/admin/calls/call/?start_time_to=10.03.2026").content.decode()

    assert cells(html, "start") == ["10 mar 2026, 13:00"]


@pytest.mark.parametrize("chosen", ["voip=0", "voip=abc", "sip=99999999999999999999"])
def test_a_choice_that_does_not_exist_shows_nothing(chosen: str) -> None:
    make.call(voip=make.voip())

    assert cells(superuser().get(f"/admin/calls/call/?{chosen}").content.decode(), "start") == []


@pytest.mark.parametrize("name", ["q", "status__exact", "voip", "provider_call_id", "start_time_from"])
def test_a_nul_character_in_the_address_is_no_fault_of_the_server(name: str) -> None:
    assert superuser().get(f"/admin/calls/call/?{name}=%00").status_code in (200, 302)


def test_objects_are_laid_out_line_by_line() -> None:
    assert (
        lay_out({"a": [["1", "2"]], "b": {"ż": 1}, "c": {}})
        == '{\n  "a": [["1", "2"]],\n  "b": {\n    "ż": 1\n  },\n  "c": {}\n}'
    )
