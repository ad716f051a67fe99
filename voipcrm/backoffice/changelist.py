"""Lists that stay fast on millions of rows."""

from functools import cached_property
from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.views import ChangeList

from voipcrm.backoffice.reader_links import set_reader
from voipcrm.bounded_search import ADVICE, TooMuchToSearch, bounded_search

if TYPE_CHECKING:  # paginators are generic in their stubs only
    _Paginator = Paginator[Model]
else:
    _Paginator = Paginator

LARGEST_COUNT = 10_000
"""Rows that a list counts and pages through at most."""


def count_up_to(most: int, rows: QuerySet[Model]) -> int:
    """The number of rows, or `most` + 1 where there are more, so that large tables are not counted completely."""
    return rows.order_by()[: most + 1].count()


class CappedPaginator(_Paginator):
    """Counts no further than LARGEST_COUNT."""

    template_name = "admin/capped_pagination.html"
    lists_everything = False
    "Whether no filter and no search narrows the list."

    @cached_property
    def count(self) -> int:
        return min(self._counted, LARGEST_COUNT)

    @property
    def is_capped(self) -> bool:
        return self._counted > LARGEST_COUNT

    @cached_property
    def estimate(self) -> int | None:
        """The number of rows estimated by PostgreSQL's statistics; None where there are none."""
        if not (self.is_capped and self.lists_everything):
            return None
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [self._rows.model._meta.db_table]
            )
            rows = int(cursor.fetchone()[0])
        return rows if rows > LARGEST_COUNT else None

    @cached_property
    def _counted(self) -> int:
        return count_up_to(LARGEST_COUNT, self._rows)

    @property
    def _rows(self) -> QuerySet[Model]:
        return cast("QuerySet[Model]", self.object_list)


class CappedChangeList(ChangeList):
    """Shows its count once, at the bottom, marked where it is capped."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: list[str | None] | None = None) -> QuerySet[Model]:
        if any("\x00" in value for _name, values in request.GET.lists() for value in values):
            raise IncorrectLookupParameters  # PostgreSQL cannot search for what it cannot store
        rows: QuerySet[Model] = super().get_queryset(request, exclude_parameters)
        return rows

    def get_results(self, request: HttpRequest) -> None:
        try:
            with bounded_search():
                self._read_results(request)
        except TooMuchToSearch:
            messages.error(request, str(ADVICE))
            self.queryset = self.queryset.none()
            self._read_results(request)

    def _read_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.full_result_count = self.result_count
        self.result_list = list(self.result_list)
        for row in self.result_list:
            set_reader(row, request.user)
