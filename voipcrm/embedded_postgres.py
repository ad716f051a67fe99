"""Finds and starts a PostgreSQL of our own when no DATABASE_URL is set (Linux and macOS).

One folder, used for nothing else, holds `cluster/` (the database), `postgres.log`, the socket, and three files locked
with flock(2), whose locks the kernel releases however a process ends:
* `server.lock` is held by the server, which inherits the open file: it is free exactly when the server's last process
  has ended. Process ids are unreliable after a reboot or in a container; the lock is not.
* `users.lock` is shared by the processes that use the server. The last one to leave gets it exclusively and stops the server.
* `start.lock` is held around each start and stop, so that the two never overlap.
"""

import atexit
import fcntl
import hashlib
import os
import shlex
import signal
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import psycopg

from voipcrm.postgres_programs import (
    EmbeddedPostgresError,
    create_cluster,
    find_programs,
    open_owned,
    read_last_error,
    run_program,
)

PATIENCE = 30.0  # seconds granted to a server that neither answers nor says that it is starting
STOP_TIMEOUT = 60.0  # seconds, room for the last checkpoint
SOCKET_FOLDER_LIMIT = 89  # bytes: macOS takes 103 for the whole address, and "/.s.PGSQL.5432" is 14
SETTINGS = {
    "listen_addresses": "",  # socket only; the port is no more than a part of its name
    "port": "5432",
    "unix_socket_permissions": "0700",  # there is no password: whoever reaches the socket is superuser
    "max_connections": "100",
    "shared_buffers": "128MB",
    "log_checkpoints": "off",
}

_claims: dict[Path, tuple[int, int]] = {}  # folder: (process that claimed it, file descriptor of its users.lock)


def ensure_running(data_dir: Path) -> str:
    """Start the server of `data_dir` unless it runs, keep it as long as this process lives, and return its URL.

    `postgresql://app@:5432/voipcrm?host=/socket/folder` suits libpq and django-environ (there it is OPTIONS["host"]).
    Raises EmbeddedPostgresError.
    """
    data_dir = data_dir.resolve()
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(data_dir / "start.lock"):
            if _claims.get(data_dir, (0, 0))[0] != os.getpid():
                users = open_owned(data_dir / "users.lock")
                fcntl.flock(users, fcntl.LOCK_SH)
                _claims[data_dir] = (os.getpid(), users)
                atexit.register(_leave, data_dir)
            socket_folder = _bring_up(data_dir)
    except OSError as error:
        raise EmbeddedPostgresError(f"The embedded PostgreSQL cannot use the folder {data_dir}: {error}") from error
    except psycopg.Error as error:
        raise EmbeddedPostgresError(f"The embedded PostgreSQL in {data_dir} does not answer: {error}") from error
    return f"postgresql://app@:5432/voipcrm?host={quote(os.fsencode(socket_folder))}"


def is_running(data_dir: Path) -> bool:
    """Whether any process of the server of `data_dir` is alive, even if it is starting or stopping."""
    try:
        with _locked(data_dir / "server.lock", fcntl.LOCK_SH | fcntl.LOCK_NB):
            return False
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False


def stop(data_dir: Path) -> None:
    """Stop the server of `data_dir` for all its users. Raises EmbeddedPostgresError if it does not stop."""
    if is_running(data_dir):
        with _locked(data_dir / "start.lock"):
            _shut_down(data_dir)


def _leave(data_dir: Path) -> None:
    pid, users = _claims.pop(data_dir, (0, 0))
    if pid != os.getpid() or not data_dir.is_dir():
        return
    with _locked(data_dir / "start.lock"):
        os.close(users)  # closed, not unlocked: a forked child shares this lock and may still use the server
        with suppress(BlockingIOError), _locked(data_dir / "users.lock", fcntl.LOCK_EX | fcntl.LOCK_NB):
            _shut_down(data_dir)


def _shut_down(data_dir: Path) -> None:
    deadline = time.monotonic() + STOP_TIMEOUT
    signalled = 0
    while is_running(data_dir):
        pid = _read_pid_file(data_dir)[0]
        if pid not in (0, signalled):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT)  # what PostgreSQL calls a fast shutdown
            signalled = pid
        if time.monotonic() > deadline:
            raise EmbeddedPostgresError(f"The embedded PostgreSQL in {data_dir} (process {pid}) does not stop")
        time.sleep(0.02)


def _bring_up(data_dir: Path) -> str:
    """Start the server, or wait for the one that is starting or dying; return the folder of its socket."""
    deadline = time.monotonic() + PATIENCE
    started = False
    while True:
        if not is_running(data_dir):
            if started:
                raise EmbeddedPostgresError(f"The embedded PostgreSQL did not start: {read_last_error(data_dir)}")
            _start(data_dir)
            deadline = time.monotonic() + PATIENCE  # a new cluster takes as long as it takes
            started = True
        _, socket_folder, status = _read_pid_file(data_dir)
        try:
            if status == "ready":
                _create_database(socket_folder)
                return socket_folder
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
        if status == "starting":  # recovery after a crash takes as long as it takes
            deadline = time.monotonic() + PATIENCE
        elif time.monotonic() > deadline:
            raise EmbeddedPostgresError(f"The embedded PostgreSQL is stuck: {read_last_error(data_dir)}")
        time.sleep(0.02)


def _start(data_dir: Path) -> None:
    cluster = data_dir / "cluster"
    programs, major = find_programs(cluster)
    run_program([str(programs / "postgres"), "--version"], data_dir=data_dir)  # settles who owns the folder, see there
    if not cluster.exists():
        create_cluster(data_dir, programs=programs, major=major)
    sockets = _prepare_socket_folder(data_dir)
    _remove_traces_of_a_crash(cluster, sockets)
    settings = SETTINGS | {"unix_socket_directories": str(sockets)}
    options = shlex.join(f"--{name}={setting}" for name, setting in settings.items())
    with _locked(data_dir / "server.lock") as lock:  # leaving closes it here without unlocking: the server has it then
        command = [str(programs / "pg_ctl"), "start", "--silent", "--no-wait", f"--options={options}"]
        run_program(command, data_dir=data_dir, keep_open=[lock])


def _remove_traces_of_a_crash(cluster: Path, sockets: Path) -> None:
    """Remove the files with a process id: server.lock is free, so that process is gone or not ours."""
    pid, _, _ = _read_pid_file(cluster.parent)
    with suppress(OSError):  # no such process, or no /proc
        if pid and cluster.samefile(f"/proc/{pid}/cwd"):
            raise EmbeddedPostgresError(f"Process {pid}, a PostgreSQL started by hand, uses {cluster}: stop it first")
    for stale in (cluster / "postmaster.pid", sockets / ".s.PGSQL.5432", sockets / ".s.PGSQL.5432.lock"):
        stale.unlink(missing_ok=True)


def _prepare_socket_folder(data_dir: Path) -> Path:
    """Return `data_dir`, or a private folder among the temporary files if that path is too long for a socket."""
    if len(os.fsencode(data_dir)) <= SOCKET_FOLDER_LIMIT and "," not in str(data_dir):  # comma: libpq reads two hosts
        return data_dir
    owner = data_dir.stat()
    folder = Path(tempfile.gettempdir(), f"voipcrm-{hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]}")
    folder.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() == 0 == folder.lstat().st_uid:
        os.chown(folder, owner.st_uid, owner.st_gid, follow_symlinks=False)
    found = folder.lstat()
    if (found.st_uid, found.st_mode) != (owner.st_uid, stat.S_IFDIR | 0o700):
        raise EmbeddedPostgresError(f"{folder} is not a private folder of user {owner.st_uid}: remove it")
    return folder


def _create_database(socket_folder: str) -> None:
    address = f"postgresql://app@:5432/postgres?host={quote(os.fsencode(socket_folder))}"
    with psycopg.connect(address, autocommit=True, connect_timeout=int(PATIENCE)) as connection:
        if connection.execute("SELECT FROM pg_database WHERE datname = 'voipcrm'").fetchone() is None:
            connection.execute("CREATE DATABASE voipcrm")


def _read_pid_file(data_dir: Path) -> tuple[int, str, str]:
    """Return the server's process, folder of its socket and status; 0 or "" for what it has not written yet."""
    try:
        lines = os.fsdecode((data_dir / "cluster/postmaster.pid").read_bytes()).splitlines()
    except FileNotFoundError:
        lines = []
    lines += [""] * (8 - len(lines))
    return int(lines[0]) if lines[0].isdecimal() else 0, lines[4], lines[7].strip()


@contextmanager
def _locked(path: Path, operation: int = fcntl.LOCK_EX) -> Iterator[int]:
    lock = open_owned(path)
    try:
        fcntl.flock(lock, operation)
        yield lock
    finally:
        os.close(lock)
