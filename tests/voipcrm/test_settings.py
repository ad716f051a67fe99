"""The settings: where they are read from, what reading them does, and how manage.py speaks of wrong ones."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from settings_of_tests import read_settings

SHOW = "import django; django.setup(); from django.conf import settings; print(settings.PUBLIC_URL, settings.STAFF_TIME_ZONE)"
ELSEWHERE = "DATABASE_URL=postgresql://nobody@127.0.0.1:1/nothing\nSECRET_KEY=s\nENCRYPTION_KEYS=b25seSBmb3IgdGVzdHMuLi4uLi4uLi4uLi4uLi4uLi4=\n"


def run(*command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    given = os.environ | environment
    return subprocess.run(
        [sys.executable, *command], cwd=settings.BASE_DIR, env=given, capture_output=True, text=True, check=False
    )


def test_importing_settings_creates_no_file_and_starts_no_database(tmp_path: Path) -> None:
    folder = tmp_path / "new"

    done = run("-c", SHOW, VOIPCRM_DATA_DIR=str(folder))

    assert done.returncode == 0, done.stderr
    assert not folder.exists()


@pytest.mark.parametrize("command", ["check", "help"])
def test_a_command_that_needs_no_database_starts_none(command: str, tmp_path: Path) -> None:
    done = run("manage.py", command, VOIPCRM_DATA_DIR=str(tmp_path))

    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "postgres").exists()


def test_the_env_file_fills_in_missing_variables(tmp_path: Path) -> None:
    file = tmp_path / "settings"
    file.write_text("# comment\nPUBLIC_URL=https://file.example\nexport STAFF_TIME_ZONE='Europe/Kyiv'\n")

    done = run("-c", SHOW, VOIPCRM_ENV_FILE=str(file), PUBLIC_URL="https://environment.example")

    assert done.stdout == "https://environment.example Europe/Kyiv\n"


def test_a_named_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    done = run("manage.py", "check", VOIPCRM_ENV_FILE=str(tmp_path / "missing"))

    assert done.stderr.startswith(f"The settings in {tmp_path}/missing cannot be read")
    assert "Traceback" not in done.stderr


def test_a_relative_data_folder_is_the_same_from_wherever_it_is_named(tmp_path: Path) -> None:
    show = f"import sys; sys.path.insert(0, {str(settings.BASE_DIR)!r}); from voipcrm.settings import DATA_DIR; print(DATA_DIR)"
    environment = os.environ | {"VOIPCRM_DATA_DIR": "elsewhere"}

    said = subprocess.check_output([sys.executable, "-c", show], cwd=tmp_path, env=environment, text=True)

    assert said == f"{settings.BASE_DIR / 'elsewhere'}\n"


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ("DATABASE_URL=postgresql://a@b/c", "SECRET_KEY is not set"),
        (ELSEWHERE.replace("postgresql:", "mysql:"), "DATABASE_URL must be a PostgreSQL address"),
        (ELSEWHERE.replace("/nothing", "/nothing?prepare_threshold=none"), "DATABASE_URL says prepare_threshold"),
        (ELSEWHERE.replace("/nothing", "/nothing?conn_max_age=60"), "DATABASE_URL says conn_max_age"),
        (f"{ELSEWHERE}DATABASE_POOL_SIZE=1\n", "DATABASE_POOL_SIZE must be at least 2"),
        (ELSEWHERE, "The database does not answer: "),
    ],
)
def test_a_wrong_setting_is_reported_in_one_sentence(lines: str, sentence: str, tmp_path: Path) -> None:
    file = tmp_path / "settings"
    file.write_text(lines)

    done = run("manage.py", "showmigrations", VOIPCRM_ENV_FILE=str(file))

    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert done.stderr.splitlines()[-1].startswith(sentence)


def test_nothing_of_the_environment_gets_into_the_tests() -> None:
    nonsense = dict.fromkeys(read_settings(), "nonsense") | {"PGOPTIONS": "nonsense", "DJANGO_SETTINGS_MODULE": "x"}
    show = "import os, settings_of_tests as s; print(s.PUBLIC_URL, s.EMBEDDED, *sorted({'PGOPTIONS', 'PORT'} & set(os.environ)))"

    done = run("-c", show, **nonsense, PYTHONPATH=f"{settings.BASE_DIR}{os.pathsep}{settings.BASE_DIR / 'tests'}")

    assert done.stdout == "http://127.0.0.1:8000 True\n", done.stderr


def test_no_outage_makes_the_pool_sleep_for_longer_than_seconds() -> None:
    """psycopg's own 300 seconds let attempts grow so rare that an outage of 150 s lasted for 92 more."""
    assert settings.DATABASES["default"]["OPTIONS"]["pool"]["reconnect_timeout"] <= 5
