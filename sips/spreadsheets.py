"""Long lists as CSV and XLSX: read and written in chunks, and safe to open in a spreadsheet."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Protocol

from django.db.models import Model, Q, QuerySet

from voipcrm.rest import replica

CHUNK = 2_000
ROWS_OF_A_SHEET: Final = 1_000_000
"""XLSX allows 1 048 576 rows, including the heading."""
LONGEST_CELL: Final = 32_767
FORMULA: Final = re.compile(r"\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
"""Characters that a spreadsheet may interpret as the start of a formula (OWASP, CSV Injection), full-width signs included."""
NUMBER: Final = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?", re.ASCII)
Row = Sequence[object]


class Sheet(Protocol):
    """What we ask of XlsxWriter, which is not typed. Rows and columns are counted from 0."""

    def write_string(self, row: int, column: int, text: str, form: object = None) -> int: ...
    def write(self, row: int, column: int, value: object) -> int: ...
    def freeze_panes(self, row: int, column: int) -> None: ...


class Book(Protocol):
    def add_format(self, properties: dict[str, bool]) -> object: ...
    def add_worksheet(self) -> Sheet: ...


def harmless(text: str) -> str:
    """As text of a CSV file, which knows no types: what could be a formula gets an apostrophe before it, by which spreadsheets know text.

    A sign and digits alone, such as a telephone number in E.164, compute nothing and stay as they are for programs to read.
    """
    return f"'{text}" if FORMULA.match(text) and not NUMBER.fullmatch(text) else text


def newest_first(rows: QuerySet[Model], columns: Sequence[str], *, time: str = "") -> Iterator[list[Row]]:
    """The columns of all rows in chunks, ordered by that time if one is given and by id. Each chunk begins after the last row of the previous one, so
    that neither this process nor the database holds more than a chunk, and no transaction stays open while a client reads slowly."""
    order, width = [time, "pk"] if time else ["pk"], len(columns)
    read = rows.order_by(*(f"-{name}" for name in order)).values_list(*columns, *order)
    beyond = Q()
    while True:
        piece = _piece(read.filter(beyond)[:CHUNK])
        yield [row[:width] for row in piece]
        if len(piece) < CHUNK:
            return
        last = piece[-1]
        beyond = Q(pk__lt=last[-1])
        if time:
            beyond = Q(**{f"{time}__lte": last[-2]}) & (Q(**{f"{time}__lt": last[-2]}) | beyond)


def _piece(rows: "QuerySet[Model, tuple[object, ...]]") -> list[tuple[object, ...]]:
    return replica.read(lambda source: list(rows.using(source)))


def csv_pieces(heading: Row, pieces: Iterable[list[Row]]) -> Iterator[bytes]:
    """RFC 4180, in UTF-8."""
    line = StringIO()
    writer = csv.writer(line)
    writer.writerow([_cell(value) for value in heading])
    for rows in pieces:
        writer.writerows([_cell(value) for value in row] for row in rows)
        yield line.getvalue().encode()
        line.seek(0)
        line.truncate()


def _cell(value: object) -> object:
    return harmless(value) if isinstance(value, str) else value


def xlsx_progress(heading: Row, pieces: Iterable[list[Row]], path: Path) -> Iterator[int]:
    """Write the file row by row; yields the number of rows written so far. Text stays text: no formula, number or link is made from it, so it needs
    no escaping. Times must be without a zone."""
    import xlsxwriter  # 2 MB, which only those who ask for such a file should pay

    with TemporaryDirectory() as folder:
        options = {"constant_memory": True, "tmpdir": folder, "default_date_format": "yyyy-mm-dd hh:mm:ss"}
        book = xlsxwriter.Workbook(str(path), options)
        try:
            yield from _write(book, heading, pieces)
        finally:
            book.close()


def _write(book: Book, heading: Row, pieces: Iterable[list[Row]]) -> Iterator[int]:
    bold, written = book.add_format({"bold": True}), 0
    sheet: Sheet | None = None
    for rows in pieces:
        for row in rows:
            place = written % ROWS_OF_A_SHEET
            if sheet is None or place == 0:
                sheet = _sheet(book, heading, bold)
            _write_row(sheet, place + 1, row)
            written += 1
        if sheet is None:
            sheet = _sheet(book, heading, bold)
        yield written


def _sheet(book: Book, heading: Row, bold: object) -> Sheet:
    sheet = book.add_worksheet()
    for column, title in enumerate(heading):
        sheet.write_string(0, column, str(title), bold)
    sheet.freeze_panes(1, 0)
    return sheet


def _write_row(sheet: Sheet, place: int, row: Row) -> None:
    for column, value in enumerate(row):
        if isinstance(value, str):
            sheet.write_string(place, column, value[:LONGEST_CELL])
        elif value is not None:
            sheet.write(place, column, value)
