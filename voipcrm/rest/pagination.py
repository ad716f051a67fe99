"""Keyset pagination: a page starts after the last row of the previous one, so its cost grows neither with the table nor with the depth, and rows
added meanwhile are neither skipped nor repeated."""

import base64
import json
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar, cast

from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from voipcrm.bounded_search import bounded_search
from voipcrm.rest.filtering import PAGING

DEFAULT_PER_PAGE = 50
MAX_PER_PAGE = 200
MAX_ID = 2**63 - 1
LONGEST_CURSOR = 200
M = TypeVar("M", bound=Model)
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Cursor:
    """A position in a list: the key of the row beside it, and whether the page lies before (newer) or after (older) it."""

    backwards: bool
    time: datetime | None
    pk: int

    def encode(self) -> str:
        place = [int(self.backwards), self.time.isoformat() if self.time else None, self.pk]
        return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, *, timed: bool) -> "Cursor":
        """Raises ValueError or OverflowError for text that `encode` did not make for such a list."""
        if len(text) > LONGEST_CURSOR:
            raise ValueError
        place = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        match place:
            case [0 | 1 as backwards, None, int(pk)] if not timed and 0 <= pk <= MAX_ID:
                return cls(bool(backwards), None, pk)
            case [0 | 1 as backwards, str(time), int(pk)] if timed and 0 <= pk <= MAX_ID:
                moment = datetime.fromisoformat(time)
                if moment.tzinfo is not None:
                    return cls(bool(backwards), moment.astimezone(UTC), pk)
        raise ValueError


class NewestFirst(BasePagination):
    """`{"next", "previous", "results"}`, ordered by the view's `list_time` field if it has one, then by id, both descending."""

    def paginate_queryset(
        self, queryset: "QuerySet[M, Row] | Sequence[Row]", request: Request, view: APIView | None = None
    ) -> list[Row]:
        self.time_field: str | None = getattr(view, "list_time", None)
        self.address = request.build_absolute_uri()
        per_page = _read_per_page(request)
        cursor = self._read_cursor(request)
        order = ["-pk"] if self.time_field is None else [f"-{self.time_field}", "-pk"]
        rows = cast("QuerySet[M, Row]", queryset).order_by(*order)
        if cursor is not None:
            rows = rows.filter(self._beyond(cursor))
        backwards = cursor is not None and cursor.backwards
        is_narrowed = bool(set(request.query_params) - PAGING)  # a whole list is read from its index, page by page
        with bounded_search() if is_narrowed else nullcontext():
            found = _read(rows.reverse() if backwards else rows, per_page + 1)
        page, more = found[:per_page], len(found) > per_page
        if backwards:
            page.reverse()
        self._has_newer = more if backwards else cursor is not None
        self._has_older = True if backwards else more
        self._page = cast("list[Model]", page)
        return page

    def _beyond(self, cursor: Cursor) -> Q:
        side = "gt" if cursor.backwards else "lt"
        after = Q(**{f"pk__{side}": cursor.pk})
        if self.time_field is None:
            return after
        # The first condition alone lets PostgreSQL start reading the index at the right position.
        return Q(**{f"{self.time_field}__{side}e": cursor.time}) & (
            Q(**{f"{self.time_field}__{side}": cursor.time}) | after
        )

    def _read_cursor(self, request: Request) -> Cursor | None:
        text = request.query_params.get("cursor")
        if text is None:
            return None
        try:
            return Cursor.decode(text, timed=self.time_field is not None)
        except (ValueError, OverflowError):
            raise ValidationError(
                {"cursor": [_("This is not a cursor of this list; follow `next` and `previous` as given.")]}
            ) from None

    def _link(self, row: Model, *, backwards: bool) -> str:
        time = getattr(row, self.time_field) if self.time_field else None
        return str(replace_query_param(self.address, "cursor", Cursor(backwards, time, row.pk).encode()))

    def get_paginated_response(self, data: object) -> Response:
        page = self._page
        return Response(
            {
                "next": self._link(page[-1], backwards=False) if page and self._has_older else None,
                "previous": self._link(page[0], backwards=True) if page and self._has_newer else None,
                "results": data,
            }
        )

    def get_paginated_response_schema(self, schema: dict[str, object]) -> dict[str, object]:
        link = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, object]]:
        limits = {"type": "integer", "minimum": 1, "maximum": MAX_PER_PAGE, "default": DEFAULT_PER_PAGE}
        return [
            {
                "name": "cursor",
                "in": "query",
                "required": False,
                "description": "The place in the list, as `next` or `previous` has it; leave it out for the first page.",
                "schema": {"type": "string"},
            },
            {
                "name": "per_page",
                "in": "query",
                "required": False,
                "description": "How many records a page has.",
                "schema": limits,
            },
        ]


def _read(rows: "QuerySet[M, Row]", most: int) -> list[Row]:
    """Which rows they are is found before anything is joined to them: where PostgreSQL guesses that thousands match, it reads whole tables to join
    them for a page."""
    return list(rows.filter(pk__in=rows.values("pk")[:most]))


def _read_per_page(request: Request) -> int:
    text = request.query_params.get("per_page", str(DEFAULT_PER_PAGE))
    if text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= MAX_PER_PAGE:
        return int(text)
    raise ValidationError({"per_page": [_("Give a number from 1 to %(most)s.") % {"most": MAX_PER_PAGE}]})
