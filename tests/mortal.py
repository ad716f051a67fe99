"""Work done by a process that dies, or loses its database, at a chosen statement.

    python tests/mortal.py

reads lines `ROOM.MODULE.FUNCTION HOW NUMBER [ARGUMENT]` from standard input. For each it forks a process that calls the function with the argument (a
whole number) and has the fault happen at the statement of that number: `kill` ends the process by SIGKILL, `cut` ends its connection, as a restarted
database does; after that the function is called once more, as a worker's next job would be. It answers `survived` where there were fewer statements,
else `died`.
"""

import atexit
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SURVIVED, DIED = "survived", "died"
_CUT_EXIT = 5


class Mortal:
    """The test's end of it."""

    def __init__(self, function: str, environment: dict[str, str]) -> None:
        """function: dotted. environment: what leads Django to the test's database."""
        self._function = function
        self._environment = environment

    def do(self, how: str, number: int, argument: int | None = None) -> bool:
        """Whether the fault happened."""
        process = _process(tuple(self._environment.items()))
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(f"{self._function} {how} {number} {'' if argument is None else argument}\n")
            process.stdin.flush()
            answer = process.stdout.readline().strip()
            assert answer in (SURVIVED, DIED), answer or "the mortal broke"
        except BaseException:  # whoever comes next is not to read what was meant for this one
            _process.cache_clear()
            process.kill()
            process.communicate()
            raise
        return bool(answer == DIED)


@cache
def _process(environment: tuple[tuple[str, str], ...]) -> "subprocess.Popen[str]":
    """One for all tests: it loads the product once, and each piece of work is done in a fork of it."""
    process = subprocess.Popen(
        [sys.executable, __file__],
        cwd=ROOT,
        env=os.environ
        | dict(environment)
        | {"DJANGO_SETTINGS_MODULE": "voipcrm.settings", "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(process.communicate)  # which closes its input, its end
    return process


def _main() -> None:
    import django  # noqa: PLC0415 - a program of its own

    django.setup()
    for line in sys.stdin:
        function, how, number, *argument = line.split()
        module, _dot, name = function.rpartition(".")
        work: Callable[..., Any] = getattr(import_module(module), name)
        pid = os.fork()
        if not pid:
            _be_mortal(work, [int(text) for text in argument], how, int(number))
        _pid, status = os.waitpid(pid, 0)
        died = os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == _CUT_EXIT
        fine = died or os.waitstatus_to_exitcode(status) == 0
        sys.stdout.write(f"{(DIED if died else SURVIVED) if fine else 'failed'}\n")
        sys.stdout.flush()


def _be_mortal(work: Callable[..., Any], arguments: list[int], how: str, number: int) -> None:
    from django.db import connection  # noqa: PLC0415

    code = 0
    try:
        fault = _install(how, number)
        try:
            work(*arguments)
        except Exception:
            if not fault:
                raise
        if fault:
            connection.close()
            work(*arguments)
            code = _CUT_EXIT
    except BaseException:
        traceback.print_exc()
        code = 1
    finally:
        os._exit(code)


def _install(how: str, number: int) -> list[str]:
    """Count every statement and commit that leaves for the database. Returns a list that is no longer empty once the fault has happened."""
    import psycopg  # noqa: PLC0415

    left, happened = [number], list[str]()

    def before(connection: "psycopg.Connection[Any]") -> None:
        left[0] -= 1
        if left[0] or happened:
            return
        if how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        happened.append(how)
        with psycopg.connect(connection.info.dsn, autocommit=True) as other:
            plain_execute(other.cursor(), "SELECT pg_terminate_backend(%s)", [connection.info.backend_pid])

    plain_execute, plain_commit = psycopg.Cursor.execute, psycopg.Connection.commit

    def execute(self: Any, *arguments: Any, **options: Any) -> Any:
        before(self.connection)
        return plain_execute(self, *arguments, **options)

    def commit(self: Any) -> None:
        before(self)
        plain_commit(self)

    psycopg.Cursor.execute, psycopg.Connection.commit = execute, commit  # type: ignore[method-assign]
    return happened


if __name__ == "__main__":
    _main()
