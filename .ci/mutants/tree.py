"""The copy in which mistakes are made, and the tests that are run there."""

import hashlib
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
WORK = Path(sys.prefix) / "mutants"
TREE = WORK / "tree"
# In one process and always in the same order; schemathesis' plugin alone would take half of the time.
PYTEST = (
    sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "-p", "no:randomly", "-p", "no:schemathesis", "-p", "no:cacheprovider",
    "--hypothesis-seed=0", "--reuse-db",
)  # fmt: skip
LEAST_SECONDS = 90
TIMES_AS_LONG = 8
"""A mutant whose tests take so many times longer counts as an endless loop. The factor is large because the machine may be busy."""

HOLD_THE_DATABASE = (
    "import settings_of_tests, django; django.setup(); from django.db import connection; connection.ensure_connection(); "
    "print('held', flush=True); input()"
)


@dataclass(frozen=True, slots=True)
class Mutant:
    file: str
    was: str
    became: str
    outcome: str
    "killed, timeout, survived or pending"


def copy_sources() -> None:
    """Copy what git would commit, new files included."""
    if TREE.exists():
        for old in TREE.iterdir():
            if old.name != ".data":
                shutil.rmtree(old) if old.is_dir() else old.unlink()
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (TREE / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, TREE / name)


@contextmanager
def database_held() -> Iterator[None]:
    """Keep a connection open: the embedded server stops without one, and every mutant would start it again."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD_THE_DATABASE],
        cwd=TREE,
        env={"PYTHONPATH": f"{TREE}:{TREE / 'tests'}", "PATH": "/usr/bin:/bin", "HOME": str(Path.home())},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    if not holder.stdout.readline():
        sys.exit("The database of the tests could not be started.")
    try:
        yield
    finally:
        holder.communicate(b"\n")


def seconds_without_mistakes(file: str, tests: Sequence[str]) -> float:
    """Seconds of a run with a new database. It also writes the bytecode, which cosmic-ray's own runs do not."""
    began = time.monotonic()
    run = subprocess.run([*PYTEST, *tests, "--create-db"], cwd=TREE, capture_output=True, check=False)
    if run.returncode:
        sys.exit(f"{run.stdout.decode()}\nThe tests of {file} fail without any mistake.")
    return time.monotonic() - began


def limit_of(seconds: float) -> float:
    return max(LEAST_SECONDS, TIMES_AS_LONG * seconds)


def digest(names: Sequence[str], *texts: str) -> str:
    """Digest of the contents of these files in the copy."""
    parts = [*((TREE / name).read_bytes() for name in names), *(text.encode() for text in texts)]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:12]
