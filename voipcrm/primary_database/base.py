"""Django's PostgreSQL backend, for servers of which now one and now another is the primary. Django demands the name of this file."""

from types import TracebackType

import psycopg
from django.db import OperationalError
from django.db.backends.postgresql import base as postgresql
from django.db.utils import DatabaseErrorWrapper
from django.utils.functional import cached_property

from voipcrm.databases import has_pending_data


class DatabaseErrors(DatabaseErrorWrapper):
    """A server that takes no writes is as good as gone: its connection is closed, and what failed may be tried again on another one.

    By PostgreSQL's classes that is an internal error, over which nobody would try again, on a connection that goes on being used.
    """

    wrapper: "DatabaseWrapper"

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if isinstance(problem, psycopg.errors.ReadOnlySqlTransaction):
            self.wrapper.errors_occurred = True
            self.wrapper.connection.close()
            raise OperationalError(*problem.args).with_traceback(traceback) from problem
        super().__exit__(kind, problem, traceback)


class DatabaseWrapper(postgresql.DatabaseWrapper):
    @cached_property
    def wrap_database_errors(self) -> DatabaseErrors:
        return DatabaseErrors(self)

    def get_new_connection(self, conn_params: dict[str, object]) -> psycopg.Connection:
        """One of the pool that the server has not closed, as it does with all of them when it is restarted."""
        connection: psycopg.Connection = super().get_new_connection(conn_params)
        for _waiting in range(self.pool.max_size if self.pool else 0):
            if not has_pending_data(connection):
                break
            connection.close()
            self.pool.putconn(connection)  # which replaces it
            connection = super().get_new_connection(conn_params)
        return connection
