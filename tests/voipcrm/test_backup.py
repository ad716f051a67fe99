"""A backup and its restore, by the commands of docs/deployment.md."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import make
import product_process
import pytest
from django.conf import settings
from django.db import connection

from voipcrm.postgres_programs import find_programs

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = settings.BASE_DIR
READ = "import django; django.setup(); from sips.models import Sip; print([(line.pk, line.password) for line in Sip.objects.all()])"


def run(environment: dict[str, str], *command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def there(tmp_path: Path) -> dict[str, str]:
    programs, _major = find_programs(tmp_path / "none")
    return os.environ | product_process.environment() | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}


@pytest.fixture
def elsewhere(there: dict[str, str]) -> Iterator[dict[str, str]]:
    """An empty database on the same server."""
    name = f"{connection.settings_dict['NAME']}_restored"
    run(there, "manage.py", "postgres", "createdb", name)
    yield there | {"DATABASE_URL": there["DATABASE_URL"].replace(f"/{connection.settings_dict['NAME']}?", f"/{name}?")}
    run(there, "manage.py", "postgres", "dropdb", "--force", name)


def restore(environment: dict[str, str], dump: str) -> None:
    name = environment["DATABASE_URL"].rpartition("/")[2].partition("?")[0]
    options = ["--clean", "--if-exists", "--no-owner", "--single-transaction"]
    run(environment, "manage.py", "postgres", "pg_restore", f"--dbname={name}", *options, dump)


def dump(environment: dict[str, str], folder: Path) -> str:
    file = str(folder / "voipcrm.dump")
    run(environment, "manage.py", "postgres", "pg_dump", "--format=custom", f"--file={file}")
    return file


def test_a_dump_restored_elsewhere_is_whole_and_up_to_date(
    there: dict[str, str], elsewhere: dict[str, str], tmp_path: Path
) -> None:
    line = make.sip(password="s3cret")

    restore(elsewhere, dump(there, tmp_path))

    assert run(elsewhere, "-c", READ) == f"[({line.pk}, 's3cret')]\n"
    run(elsewhere, "manage.py", "migrate", "--check")


def test_a_dump_restored_over_what_was_done_since_undoes_it(
    there: dict[str, str], elsewhere: dict[str, str], tmp_path: Path
) -> None:
    line = make.sip(password="s3cret")
    file = dump(there, tmp_path)
    restore(elsewhere, file)
    run(elsewhere, "-c", READ.replace("print(", "Sip.objects.update(password='other'); print("))

    restore(elsewhere, file)

    assert run(elsewhere, "-c", READ) == f"[({line.pk}, 's3cret')]\n"


def test_a_program_that_is_not_there_is_a_sentence(there: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "postgres", "pg_nothing"],
        cwd=ROOT,
        env=there,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "There is no program “pg_nothing”" in done.stderr
