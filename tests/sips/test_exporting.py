import csv
import json
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import make
import pytest
from django.test import Client
from staff import staff, superuser

from sips import spreadsheets
from sips.exporting import PROGRESS

pytestmark = pytest.mark.django_db
CALLS = "/admin/calls/call/export"


def content(client: Client, address: str, **headers: str) -> bytes:
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200
    return b"".join(answer)


def rows_of(client: Client, address: str) -> list[dict[str, str]]:
    text = content(client, address).decode("utf-8-sig")
    return list(csv.DictReader(StringIO(text, newline="")))


def cells_of(file: bytes) -> str:
    """The XML of the first sheet and of the texts beside it."""
    with ZipFile(BytesIO(file)) as book:
        return "".join(
            book.read(name).decode() for name in book.namelist() if name.endswith(("sheet1.xml", "Strings.xml"))
        )


def frames(file: bytes) -> Iterator[tuple[dict[str, Any], bytes]]:
    while file:
        line, _newline, file = file.partition(b"\n")
        frame = json.loads(line)
        yield frame, file[: frame["bytes"]]
        file = file[frame["bytes"] :]


def test_a_csv_is_for_people() -> None:
    line = make.sip(name="Reception")
    make.call(number_from="+48501502503", status="NO ANSWER", sip=line, start_time=datetime(2026, 3, 2, 8, tzinfo=UTC))

    (row,) = rows_of(superuser(), f"{CALLS}.csv")

    assert (row["From"], row["Status"], row["Line"], row["Start"]) == (
        "+48501502503", "no answer", "Reception", "2026-03-02 09:00:00",
    )  # fmt: skip


def test_the_words_are_the_readers() -> None:
    make.call(status="NO ANSWER")

    (row,) = rows_of(superuser(language="pl"), f"{CALLS}.csv")

    assert "Status" in row
    assert "no answer" not in row.values()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("query", ["status__exact=BUSY", "q=501502503", "answered=false&kind_known=true"])
def test_only_the_listed_rows_are_exported(kind: str, query: str) -> None:
    make.call(status="BUSY", kind="incoming", number_from="+48501502503", description="wanted")
    make.call(status="ANSWERED", kind="incoming", number_from="+48601602603", description="unwanted")

    file = content(superuser(), f"{CALLS}.{kind}?{query}")

    text = cells_of(file) if kind == "xlsx" else file.decode()
    assert "wanted" in text
    assert "unwanted" not in text


def test_a_formula_is_text_in_both() -> None:
    make.call(description="=1+1")
    client = superuser()

    (row,) = rows_of(client, f"{CALLS}.csv")
    sheet = cells_of(content(client, f"{CALLS}.xlsx"))

    assert row["Description"] == "'=1+1"
    assert "=1+1" in sheet
    assert "<f>" not in sheet


def test_call_backs_are_exported_too() -> None:
    make.autocall(name="Łukasz")

    (row,) = rows_of(superuser(), "/admin/autocalls/autocall/export.csv")

    assert row["Name"] == "Łukasz"


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_progress_counts_the_rows_and_holds_the_file(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "CHUNK", 2)
    for _call in range(5):
        make.call()
    client = superuser()

    told = list(frames(content(client, f"{CALLS}.{kind}", accept=PROGRESS)))

    assert {frame["of"] for frame, _piece in told} == {5}
    assert {2, 4, 5} <= {frame["rows"] for frame, _piece in told}
    file = b"".join(piece for _frame, piece in told)
    assert (cells_of(file).count("<row "), file[:2]) == (6, b"PK") if kind == "xlsx" else file.count(b"\r\n") == 6


def test_a_full_sheet_is_followed_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "ROWS_OF_A_SHEET", 2)
    for _call in range(3):
        make.call()

    with ZipFile(BytesIO(content(superuser(), f"{CALLS}.xlsx"))) as book:
        assert len([name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]) == 2


def test_an_empty_list_is_a_heading() -> None:
    assert "Start" in cells_of(content(superuser(), f"{CALLS}.xlsx"))


def test_exporting_needs_the_right_to_view() -> None:
    assert staff("sips.view_sip").get(f"{CALLS}.csv").status_code == 403
    assert Client().get(f"{CALLS}.csv").status_code == 302


def test_another_kind_of_file_leads_back_to_the_list() -> None:
    assert superuser().get(f"{CALLS}.pdf")["Location"] == "/admin/calls/call/"


def test_no_password_is_in_a_file() -> None:
    make.call(sip=make.sip(password="very secret"))

    assert b"very secret" not in content(superuser(), f"{CALLS}.csv")


def test_a_long_spreadsheet_takes_no_more_memory_than_a_short_one(tmp_path: Path) -> None:
    def peak(pieces: int) -> int:
        rows: Iterator[list[Any]] = (
            [[number, "+48501502503", "wants two lamps", 7] for number in range(500)] for _piece in range(pieces)
        )
        tracemalloc.start()
        for _written in spreadsheets.xlsx_progress(
            ["Id", "From", "Description", "Seconds"], rows, tmp_path / "rows.xlsx"
        ):
            pass
        _now, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(1)  # what is loaded once

    assert peak(12) < peak(2) + 200_000
