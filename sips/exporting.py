"""Export of an admin list, filtered and searched, as CSV or XLSX."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import Field, Model
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from django.utils.translation import get_language, override

from sips.spreadsheets import Row, csv_pieces, newest_first, xlsx_progress
from voipcrm.audit.entries import record_export
from voipcrm.backoffice.model_admin import BackOfficeAdmin
from voipcrm.backoffice.unfold_admin import M
from voipcrm.rest import replica

PIECE = 256 * 1024
PROGRESS = "application/x-voipcrm-progress"
"""The format that the page's script accepts: a line of JSON, `{"rows", "of", "bytes"}`, before each chunk of the file, for the progress bar."""

BOM = "\ufeff".encode()
"""Excel needs it to detect UTF-8."""
TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


class Exporting(BackOfficeAdmin[M]):
    """A ModelAdmin with two export URLs that take the list's filters, and links to them."""

    export_columns: ClassVar[Sequence[str]]
    "Columns of the model or of a related record (`voip__name`); only columns that the list may show."
    export_time = ""
    "The column by which the list is sorted, newest first; the id by default."
    list_after_template = "admin/export_links.html"

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        view = self.admin_site.admin_view(self.export_view)
        return [path("export.<str:kind>", view, name=name), *super().get_urls()]

    def export_view(self, request: HttpRequest, kind: str) -> HttpResponse | StreamingHttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        back = redirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))
        if kind not in TYPES:
            return back
        try:
            rows = self.get_changelist_instance(request).queryset
        except IncorrectLookupParameters:
            return back
        heading = [_heading(self.model, column) for column in self.export_columns]
        pieces = _readable(
            self.model, self.export_columns, newest_first(rows, self.export_columns, time=self.export_time)
        )
        file = _csv_file(heading, pieces) if kind == "csv" else _xlsx_file(heading, pieces)
        record_export(self.opts.label_lower, kind, request.GET)
        shows_progress = PROGRESS in request.headers.get("Accept", "")
        return StreamingHttpResponse(
            _framed(file, replica.read(lambda source: rows.using(source).count()))
            if shows_progress
            else (content for _rows, content in file),
            content_type=PROGRESS if shows_progress else TYPES[kind],
            headers={
                "Content-Disposition": f'attachment; filename="{self.opts.model_name}s.{kind}"',
                "Content-Encoding": "identity",  # compression would buffer the lines of progress
                "Cache-Control": "no-store",
            },
        )


def _heading(model: type[Model], column: str) -> str:
    return capfirst(str(_field(model, column.partition("__")[0]).verbose_name))


def _field(model: type[Model], column: str) -> "Field[object, object]":
    return next(field for field in model._meta.concrete_fields if column in (field.name, field.attname))


def _readable(model: type[Model], columns: Sequence[str], pieces: Iterator[list[Row]]) -> Iterator[list[Row]]:
    """Labels instead of codes, times in the staff's time zone. The language is activated here, as the rows are read lazily."""
    zone, language = ZoneInfo(settings.STAFF_TIME_ZONE), get_language()
    with override(language):
        show = [_show(_field(model, column.partition("__")[0]), zone) for column in columns]
    for rows in pieces:
        yield [[shown(value) for shown, value in zip(show, row, strict=True)] for row in rows]


def _show(field: "Field[object, object]", zone: ZoneInfo) -> Callable[[object], object]:
    words = {value: str(word) for value, word in field.flatchoices}

    def show(value: object) -> object:
        if isinstance(value, datetime):
            return value.astimezone(zone).replace(tzinfo=None, microsecond=0)
        return words.get(value, value) if words else value

    return show


def _csv_file(heading: Row, pieces: Iterator[list[Row]]) -> Iterator[tuple[int, bytes]]:
    """Yields the number of rows so far, and the next piece of the file."""
    counted = 0

    def counting() -> Iterator[list[Row]]:
        nonlocal counted
        for rows in pieces:
            counted += len(rows)
            yield rows

    yield 0, BOM
    for content in csv_pieces(heading, counting()):
        yield counted, content


def _xlsx_file(heading: Row, pieces: Iterator[list[Row]]) -> Iterator[tuple[int, bytes]]:
    """The same; an XLSX can only be sent once its last row is written."""
    counted = 0
    with TemporaryDirectory() as folder:
        file = Path(folder) / "rows.xlsx"
        for counted in xlsx_progress(heading, pieces, file):
            yield counted, b""
        with file.open("rb") as written:
            while content := written.read(PIECE):
                yield counted, content


def _framed(file: Iterator[tuple[int, bytes]], of: int) -> Iterator[bytes]:
    for rows, content in file:
        yield json.dumps({"rows": rows, "of": of, "bytes": len(content)}).encode() + b"\n" + content
