"""Real servers in folders of their own. Those who use a server and end are processes of their own."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from voipcrm import embedded_postgres, postgres_programs
from voipcrm.embedded_postgres import ensure_running, is_running, stop
from voipcrm.postgres_programs import EmbeddedPostgresError

PROJECT = Path(embedded_postgres.__file__).parents[1]
USE_UNTIL_EOF = "print(ensure_running(data_dir), flush=True); sys.stdin.read()"
PREAMBLE = """
import os, sys
from pathlib import Path
from voipcrm import embedded_postgres, postgres_programs
from voipcrm.embedded_postgres import ensure_running, is_running
data_dir = Path(sys.argv[1])
"""


@pytest.fixture
def empty_dir() -> Iterator[Path]:
    """A folder whose path is short enough for a socket."""
    folder = Path(tempfile.mkdtemp(prefix="Embedded-")).resolve()
    yield folder
    stop(folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def shared_dir() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="Embedded-")).resolve()
    ensure_running(folder)
    yield folder
    stop(folder)
    shutil.rmtree(folder)


@pytest.fixture
def data_dir(shared_dir: Path) -> Iterator[Path]:
    """A folder with a database from an earlier start, without a server and without users."""
    leave(shared_dir)
    (shared_dir / "postgres.log").unlink(missing_ok=True)
    yield shared_dir
    leave(shared_dir)


def leave(folder: Path) -> None:
    """Do what the end of this process would do, and stop the server of users who cannot."""
    embedded_postgres._leave(folder)
    stop(folder)


def launch(data_dir: Path, program: str = USE_UNTIL_EOF) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PREAMBLE + program, str(data_dir)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=PROJECT, stdin=pipe, stdout=pipe, text=True, start_new_session=True)


@contextmanager
def another_user(data_dir: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that uses the server from here to the end of the block, where it ends by itself."""
    with launch(data_dir) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("postgresql://")
        yield process


@contextmanager
def idle_process(folder: Path) -> Iterator[int]:
    """The id of a process that does nothing in `folder`."""
    with subprocess.Popen(["cat"], cwd=folder, stdin=subprocess.PIPE) as process:
        yield process.pid


def query(url: str, statement: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(statement.encode()).fetchone()
    return row and row[0]


def write_row(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("DROP TABLE IF EXISTS call")
        connection.execute("CREATE TABLE call AS SELECT 42 AS id")


def postmaster_pid(data_dir: Path) -> int:
    return int((data_dir / "cluster/postmaster.pid").read_text().split()[0])


def test_url_leads_to_the_database_as_its_owner(data_dir: Path) -> None:
    owner = "SELECT pg_get_userbyid(datdba) || ' ' || current_user FROM pg_database WHERE datname = current_database()"

    assert query(ensure_running(data_dir), owner) == "app app"
    assert query(ensure_running(data_dir), "SELECT current_database()") == "voipcrm"


def test_django_environ_understands_the_url(data_dir: Path) -> None:
    environ = import_module("environ")  # it has no types
    config = environ.Env.db_url_config(ensure_running(data_dir))

    with psycopg.connect(dbname=config["NAME"], user=config["USER"], port=config["PORT"], **config["OPTIONS"]) as found:
        row = found.execute("SELECT current_setting('data_directory')").fetchone()

    assert row == (f"{data_dir}/cluster",)


def test_case_of_cyrillic_letters_is_known(data_dir: Path) -> None:
    assert query(ensure_running(data_dir), "SELECT 'ПРИВІТ' ILIKE 'привіт'") is True


def test_durable_settings_stay_on(data_dir: Path) -> None:
    settings = "SELECT string_agg(setting, ' ') FROM pg_settings"
    durable = "WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')"

    assert query(ensure_running(data_dir), f"{settings} {durable}") == "on on on"


def test_rows_survive_a_stop_and_a_start(data_dir: Path) -> None:
    write_row(ensure_running(data_dir))
    stop(data_dir)

    assert query(ensure_running(data_dir), "SELECT id FROM call") == 42


def test_committed_rows_survive_kill_9_of_the_server(data_dir: Path) -> None:
    write_row(ensure_running(data_dir))
    os.kill(postmaster_pid(data_dir), signal.SIGKILL)

    assert query(ensure_running(data_dir), "SELECT id FROM call") == 42


def test_pid_files_that_name_a_stranger_after_a_reboot_do_not_hinder(data_dir: Path) -> None:
    with idle_process(Path("/")) as stranger:
        for stale in ("cluster/postmaster.pid", ".s.PGSQL.5432.lock"):
            (data_dir / stale).write_text(f"{stranger}\n{data_dir}/cluster\n1\n5432\n{data_dir}\n\n1 1\nready\n")

        assert query(ensure_running(data_dir), "SELECT 1") == 1


def test_server_started_by_hand_is_not_disturbed(data_dir: Path) -> None:
    with idle_process(data_dir / "cluster") as by_hand:
        (data_dir / "cluster/postmaster.pid").write_text(f"{by_hand}\n")

        with pytest.raises(EmbeddedPostgresError, match=f"Process {by_hand}, a PostgreSQL started by hand"):
            ensure_running(data_dir)

    assert (data_dir / "cluster/postmaster.pid").read_text() == f"{by_hand}\n"


def test_two_first_starts_at_once_share_one_server(empty_dir: Path) -> None:
    with launch(empty_dir) as one, launch(empty_dir) as other:
        urls = {process.stdout.readline() for process in (one, other) if process.stdout}
        log = (empty_dir / "postgres.log").read_text()

        assert len(urls) == 1
        assert log.count("ready to accept connections") == 1


def test_threads_that_start_at_once_share_one_server(data_dir: Path) -> None:
    with ThreadPoolExecutor() as threads:
        urls = set(threads.map(ensure_running, [data_dir] * 4))

    assert len(urls) == 1
    assert (data_dir / "postgres.log").read_text().count("ready to accept connections") == 1


def test_last_user_stops_the_server(data_dir: Path) -> None:
    with another_user(data_dir):
        assert is_running(data_dir)

    assert not is_running(data_dir)


def test_user_who_leaves_first_does_not_stop_the_server(data_dir: Path) -> None:
    with another_user(data_dir):
        with another_user(data_dir):
            pid = postmaster_pid(data_dir)

        assert is_running(data_dir)
        assert postmaster_pid(data_dir) == pid


def test_user_killed_9_keeps_nobody_from_stopping_the_server(data_dir: Path) -> None:
    with another_user(data_dir) as process:
        process.kill()
    assert is_running(data_dir)

    with another_user(data_dir):
        pass

    assert not is_running(data_dir)


def test_forked_child_does_not_stop_the_server_of_its_parent(data_dir: Path) -> None:
    program = """
ensure_running(data_dir)
if os.fork() == 0:
    sys.exit()
os.wait()
print(is_running(data_dir))
"""
    output, _ = launch(data_dir, program).communicate()

    assert output == "True\n"
    assert not is_running(data_dir)


def test_parent_does_not_stop_the_server_of_its_forked_child(data_dir: Path) -> None:
    program = """
ensure_running(data_dir)
reads, writes = os.pipe()
if os.fork() == 0:
    os.close(writes)
    os.read(reads, 1)  # until the parent is gone
    print(is_running(data_dir))
"""
    output, _ = launch(data_dir, program).communicate()

    assert output == "True\n"


def test_ctrl_c_does_not_reach_the_server(data_dir: Path) -> None:
    url = ensure_running(data_dir)
    stop(data_dir)
    with another_user(data_dir) as process:
        ensure_running(data_dir)
        os.killpg(process.pid, signal.SIGINT)

    assert process.returncode == -signal.SIGINT
    assert query(url, "SELECT 1") == 1


def test_cluster_that_takes_long_to_make_leaves_the_server_its_time(
    empty_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = [0.0]

    def create_slowly(data_dir: Path, **how: Any) -> None:
        postgres_programs.create_cluster(data_dir, **how)
        late[0] = 2 * embedded_postgres.PATIENCE

    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + late[0], sleep=time.sleep)
    monkeypatch.setattr(embedded_postgres, "time", clock)
    monkeypatch.setattr(embedded_postgres, "create_cluster", create_slowly)

    assert query(ensure_running(empty_dir), "SELECT 1") == 1
    leave(empty_dir)


def test_start_killed_9_while_making_the_cluster_is_repeated(empty_dir: Path) -> None:
    program = """
def die_in_initdb(command, **_):
    if command[0].endswith("initdb"):
        half = Path(command[-1].removeprefix("--pgdata="))
        half.mkdir()
        (half / "PG_VERSION").write_text("18")
        os.kill(os.getpid(), 9)
postgres_programs.run_program = die_in_initdb
ensure_running(data_dir)
"""
    launch(empty_dir, program).communicate()
    assert list(empty_dir.glob("*/PG_VERSION"))

    assert query(ensure_running(empty_dir), "SELECT 1") == 1
    assert [found.parent.name for found in empty_dir.glob("*/PG_VERSION")] == ["cluster"]


@pytest.mark.parametrize("name", ["long" * 25, "Мой каталог, $HOME 'x' \"y\""])
def test_path_that_no_socket_can_have_gets_a_private_folder(data_dir: Path, name: str) -> None:
    odd = data_dir / name
    odd.mkdir(mode=0o700)
    (data_dir / "cluster").rename(odd / "cluster")

    try:
        url = ensure_running(odd)
        sockets = Path(parse_qs(urlsplit(url).query)["host"][0])
        assert query(url, "SELECT 1") == 1
        assert (sockets.parent, sockets.stat().st_mode & 0o777) == (Path(tempfile.gettempdir()), 0o700)
        shutil.rmtree(sockets)
    finally:
        leave(odd)
        (odd / "cluster").rename(data_dir / "cluster")
        shutil.rmtree(odd)


@pytest.mark.parametrize("name", ["Ordinary", "with space", "it's", "50%+1"])
def test_odd_but_short_path_holds_its_own_socket(data_dir: Path, name: str) -> None:
    odd = data_dir / name
    odd.mkdir(mode=0o700)
    (data_dir / "cluster").rename(odd / "cluster")

    try:
        assert query(ensure_running(odd), "SELECT current_setting('unix_socket_directories')") == str(odd)
    finally:
        leave(odd)
        (odd / "cluster").rename(data_dir / "cluster")
        shutil.rmtree(odd)


def test_socket_folder_open_to_others_is_refused(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_postgres, "SOCKET_FOLDER_LIMIT", 0)
    monkeypatch.setattr(tempfile, "tempdir", str(data_dir))
    embedded_postgres._prepare_socket_folder(data_dir).chmod(0o777)

    with pytest.raises(EmbeddedPostgresError, match="not a private folder"):
        ensure_running(data_dir)


def test_other_users_cannot_reach_the_socket(data_dir: Path) -> None:
    ensure_running(data_dir)

    assert (data_dir / ".s.PGSQL.5432").stat().st_mode & 0o777 == 0o700


def test_settings_for_other_servers_do_not_divert(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, setting in {"PGPORT": "1", "PGDATA": "/nowhere", "PGHOST": "/nowhere", "PGDATABASE": "other"}.items():
        monkeypatch.setenv(name, setting)

    assert query(ensure_running(data_dir), "SELECT current_database()") == "voipcrm"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to leave root")
def test_root_without_namespaces_runs_the_server_as_nobody(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forbidden = f"raise SystemExit({postgres_programs.NAMESPACE_FORBIDDEN})"
    monkeypatch.setattr(postgres_programs, "LEAVE_ROOT", forbidden)

    try:
        assert query(ensure_running(data_dir), "SELECT 1") == 1
        assert Path(f"/proc/{postmaster_pid(data_dir)}").stat().st_uid == pwd.getpwnam("nobody").pw_uid
    finally:
        leave(data_dir)
        for path in (data_dir, *data_dir.rglob("*")):
            os.chown(path, 0, 0)


def test_missing_programs_are_a_sentence_naming_database_url(empty_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_programs, "_list_program_folders", lambda: [empty_dir])

    with pytest.raises(EmbeddedPostgresError, match=r"PostgreSQL 14 or newer is needed.*set DATABASE_URL\."):
        ensure_running(empty_dir)


def test_cluster_of_a_missing_version_is_a_sentence(empty_dir: Path) -> None:
    (empty_dir / "cluster").mkdir()
    (empty_dir / "cluster/PG_VERSION").write_text("13\n")

    with pytest.raises(EmbeddedPostgresError, match=r"PostgreSQL 13, which made .* is needed, and there is only 18"):
        ensure_running(empty_dir)


def test_folder_that_cannot_be_made_is_a_sentence(empty_dir: Path) -> None:
    (empty_dir / "file").touch()

    with pytest.raises(EmbeddedPostgresError, match=r"cannot use the folder .*Not a directory.*DATABASE_URL"):
        ensure_running(empty_dir / "file" / "db")


def test_server_that_does_not_start_says_why(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(embedded_postgres.SETTINGS, "nonsense", "1")

    with pytest.raises(EmbeddedPostgresError, match=r'did not start: .* parameter "nonsense"'):
        ensure_running(data_dir)
