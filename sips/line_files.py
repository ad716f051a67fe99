"""Files of lines from a spreadsheet: CSV or XLSX, with a heading that names the columns as the admin (in any language) or the API does.

The file is read in memory and stored nowhere, because it may hold passwords; for the same reason no error repeats the content of a cell.
"""

import csv
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from io import BytesIO, StringIO
from itertools import islice
from typing import Final

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from sips.models import Sip
from sips.spreadsheets import FORMULA

COLUMNS: Final = (
    "voip",
    "name",
    "sip",
    "username",
    "auth_username",
    "password",
    "number",
    "caller_id",
    "kind",
    "hands_free",
    "active",
)
"""Fields of a line that a file may contain, in display order."""
OTHER_NAMES: Final = {"voip_id": "voip", "voip": "voip", "configuration": "voip"}
LARGEST_FILE: Final = 512 * 1024
LARGEST_UNPACKED: Final = 32 * 1024 * 1024
"""An XLSX is a ZIP file: the limit applies to the declared uncompressed size."""
MOST_ROWS: Final = 5_000
MOST_COLUMNS: Final = 50


class UnreadableFile(Exception):
    """The file is no list of lines; the message says why, in the reader's language."""


@dataclass(frozen=True, slots=True)
class FileRow:
    number: int
    "As the spreadsheet counts: the heading is row 1."
    cells: dict[str, str]
    "By column; only the columns of the file."


@dataclass(frozen=True, slots=True)
class LineFile:
    columns: tuple[str, ...]
    rows: list[FileRow]
    unread: tuple[str, ...] = ()
    "Titles of unknown columns."


def read(content: bytes) -> LineFile:
    """Raises UnreadableFile."""
    if len(content) > LARGEST_FILE:
        raise UnreadableFile(_("The file is larger than %(most)s kB; split it.") % {"most": LARGEST_FILE // 1024})
    rows = _xlsx_rows(content) if content.startswith(b"PK") else _csv_rows(content)
    try:
        return _lines(islice(rows, MOST_ROWS + 2))
    except csv.Error:
        raise UnreadableFile(_("The file is neither CSV nor XLSX.")) from None


def _lines(rows: Iterator[Sequence[str]]) -> LineFile:
    titles = next(rows, ())
    known = _titles()
    columns = [known.get(_plain(title), "") for title in titles]
    named = [column for column in columns if column]
    if not {"sip", "username"} & set(named):
        raise UnreadableFile(
            _("The first row must name the columns, among them the SIP number or the SIP login; see the list below.")
        )
    if twice := [column for column in COLUMNS if named.count(column) > 1]:
        raise UnreadableFile(_("Two columns are called “%(title)s”.") % {"title": title_of(twice[0])})
    found = [
        FileRow(number, {column: cell for column, cell in zip(columns, row, strict=False) if column})
        for number, row in enumerate(rows, start=2)
        if any(row)
    ]
    if len(found) > MOST_ROWS:
        raise UnreadableFile(_("The file has more than %(most)s lines; split it.") % {"most": MOST_ROWS})
    if not found:
        raise UnreadableFile(_("There is no line below the heading."))
    for row in found:
        row.cells.update({column: "" for column in named if column not in row.cells})
        row.cells.update({column: _text(cell) for column, cell in row.cells.items() if column != "password"})
    pairs = zip(titles, columns, strict=True)
    unread = tuple(
        title[:60] for title, column in pairs if title.strip() and not column and not _is_of_an_answer(title)
    )
    return LineFile(tuple(column for column in COLUMNS if column in named), found, unread)


def _text(cell: str) -> str:
    """Without the apostrophe that our export adds before a possible formula."""
    text = cell.strip()
    return text[1:] if text.startswith("'") and FORMULA.match(text[1:]) else text


def _csv_rows(content: bytes) -> Iterator[Sequence[str]]:
    text = _decode(content)
    if "\x00" in text:
        raise UnreadableFile(_("The file is neither CSV nor XLSX."))
    heading = text.partition("\n")[0]
    delimiter = max(";,\t", key=heading.count)
    return iter(csv.reader(StringIO(text, newline=""), delimiter=delimiter))


def _decode(content: bytes) -> str:
    """Decoded as spreadsheets write text: UTF-8, UTF-16 with a byte order mark, or the Windows code page of Central Europe."""
    encodings = ("utf-16",) if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "cp1250")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableFile(_("The file is neither CSV nor XLSX."))


def _xlsx_rows(content: bytes) -> Iterator[Sequence[str]]:
    """The first sheet. openpyxl raises many kinds of errors for broken files."""
    import openpyxl  # noqa: PLC0415 - 14 MB per process, loaded only when a file is imported

    try:
        with zipfile.ZipFile(BytesIO(content)) as parts:
            unpacked = sum(part.file_size for part in parts.infolist())
        if unpacked > LARGEST_UNPACKED:
            raise UnreadableFile(_("The file is larger than it may be; save the list alone."))
        book = openpyxl.load_workbook(BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # the declared size may be wrong
        found = sheet.iter_rows(max_row=MOST_ROWS + 2, max_col=MOST_COLUMNS, values_only=True)
        return iter([[_cell_text(value) for value in row] for row in found])
    except UnreadableFile:
        raise
    except Exception:
        raise UnreadableFile(_("The file cannot be read as XLSX; save it again, or save it as CSV.")) from None


def _cell_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat()
    return "" if value is None else str(value).replace("\x00", "")


def title_of(column: str) -> str:
    """In the reader's language."""
    return str(getattr(Sip._meta.get_field(column), "verbose_name", column))


@cache
def _titles() -> dict[str, str]:
    known = {_plain(column): column for column in COLUMNS} | OTHER_NAMES
    for language, _name in settings.LANGUAGES:
        with override(language):
            known |= {_plain(title_of(column)): column for column in COLUMNS}
    return known


@cache
def _titles_of_answers() -> frozenset[str]:
    """Columns that only the API returns, so that a list of the API may be sent back."""
    names = ("id", "created_at", "updated_at")
    titles = {*names, "password_set"}
    for language, _name in settings.LANGUAGES:
        with override(language):
            titles |= {_plain(title_of(name)) for name in names}
    return frozenset(titles)


def _is_of_an_answer(title: str) -> bool:
    return _plain(title) in _titles_of_answers()


def _plain(title: str) -> str:
    return " ".join(title.replace("\ufeff", "").casefold().split())
