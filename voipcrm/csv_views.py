"""`GET /voip/calls.csv` and `GET /voip/autocalls.csv`: the complete lists with their filters, not paginated."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from calls.figures import moment
from sips.spreadsheets import Row, csv_pieces, newest_first
from voipcrm.api import Autocalls, Calls
from voipcrm.audit.entries import record_export


class CsvRenderer(JSONRenderer):
    """For clients that accept CSV only; errors are JSON."""

    media_type = "text/csv"
    format = "csv"


RENDERERS = (JSONRenderer, CsvRenderer)


def csv_response(view: Calls | Autocalls) -> StreamingHttpResponse:
    """Its columns are the list's fields that are table columns; the list has no secret ones."""
    columns = columns_of(view.get_serializer_class())
    rows = view.filter_queryset(view.get_queryset())
    record_export(rows.model._meta.label_lower, "csv", view.request.query_params)
    pieces = newest_first(rows, columns, time=getattr(view, "list_time", ""))
    return StreamingHttpResponse(
        csv_pieces(columns, map(_as_csv_rows, pieces)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{view.resource}s.csv"'},
    )


def columns_of(serializer: Any) -> Sequence[str]:
    stored = {field.attname for field in serializer.Meta.model._meta.concrete_fields}
    return [name for name in serializer.Meta.fields if name in stored]


def _as_csv_rows(rows: list[Row]) -> list[Row]:
    return [list(map(_as_in_json, row)) for row in rows]


def _as_in_json(value: object) -> object:
    return moment(value.astimezone(UTC)) if isinstance(value, datetime) else value


_RESPONSES = {(200, "text/csv"): OpenApiTypes.STR}


class CallsCsv(Calls):
    pagination_class = None
    renderer_classes = RENDERERS

    @extend_schema(operation_id="calls_csv", tags=["calls"], responses=_RESPONSES)
    def list(self, request: Request, *args: object, **options: object) -> Any:
        return csv_response(self)


class AutocallsCsv(Autocalls):
    pagination_class = None
    renderer_classes = RENDERERS

    @extend_schema(operation_id="autocalls_csv", tags=["autocalls"], responses=_RESPONSES)
    def list(self, request: Request, *args: object, **options: object) -> Any:
        return csv_response(self)
