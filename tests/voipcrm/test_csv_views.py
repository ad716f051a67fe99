import csv
from io import StringIO

import make
import pytest
from rest_framework.test import APIClient

from sips import spreadsheets

pytestmark = pytest.mark.django_db


def read(client: APIClient, path: str) -> list[dict[str, str]]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.content
    return list(csv.DictReader(StringIO(b"".join(answer).decode(), newline="")))


@pytest.mark.parametrize("name", ["calls", "autocalls"])
def test_a_row_says_what_the_list_says(alice: APIClient, name: str) -> None:
    make.call(number_from="+48501502503", description="Two\nlines, “quoted”", duration=61)
    make.autocall(name="Łukasz")

    (row,) = read(alice, f"/voip/{name}.csv")
    (listed,) = alice.get(f"/voip/{name}.json").json()["results"]

    assert row == {column: "" if listed[column] is None else str(listed[column]) for column in row}
    assert {"id", "created_at", "status"} <= set(row)


def test_all_rows_come_newest_first(alice: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "CHUNK", 2)
    calls = [make.call() for _call in range(5)]

    rows = read(alice, "/voip/calls.csv")

    assert [row["id"] for row in rows] == [str(call.pk) for call in reversed(calls)]


def test_the_filters_of_the_list_apply(alice: APIClient) -> None:
    make.call(status="BUSY")
    make.call(status="ANSWERED")

    assert [row["status"] for row in read(alice, "/voip/calls.csv?status=BUSY")] == ["BUSY"]
    assert alice.get("/voip/calls.csv?statsu=BUSY").status_code == 400


@pytest.mark.parametrize("name", ["per_page", "cursor"])
def test_the_csv_is_not_paginated(alice: APIClient, name: str) -> None:
    assert alice.get(f"/voip/calls.csv?{name}=5").status_code == 400


def test_no_calls_are_a_heading(alice: APIClient) -> None:
    answer = alice.get("/voip/calls.csv", headers={"accept": "text/csv"})

    assert b"".join(answer).startswith(b"id,voip_id,")


@pytest.mark.parametrize("name", ["calls", "autocalls"])
def test_the_csv_needs_the_right_to_view(charlie: APIClient, stranger: APIClient, name: str) -> None:
    codes = [client.get(f"/voip/{name}.csv").status_code for client in (charlie, stranger)]

    assert codes == [403, 401]


@pytest.mark.parametrize("text", ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", " =1", "=cmd|'/c calc'!A0"])
def test_a_formula_is_text(text: str) -> None:
    assert spreadsheets.harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["+48501502503", "-5", "-1,5", "Anna", "a=b", "", "100"])
def test_numbers_and_plain_text_stay(text: str) -> None:
    assert spreadsheets.harmless(text) == text
