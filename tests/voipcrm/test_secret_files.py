import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from voipcrm import secret_files


def test_a_secret_is_made_once_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "data" / "secret"

    assert secret_files.read_or_make(file) == secret_files.read_or_make(file)
    assert len(secret_files.read_or_make(file)) == 44


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    file = tmp_path / "data" / "secret"

    secret_files.read_or_make(file)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_starting_together_all_agree_and_leave_no_drafts(tmp_path: Path) -> None:
    file = tmp_path / "secret"

    with ThreadPoolExecutor(8) as pool:
        secrets = set(pool.map(secret_files.read_or_make, [file] * 32))

    assert len(secrets) == 1
    assert list(tmp_path.iterdir()) == [file]


def test_what_is_there_is_read_without_its_line_end(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("given\n")

    assert secret_files.read_or_make(file) == "given"


def test_two_files_hold_two_secrets(tmp_path: Path) -> None:
    assert secret_files.read_or_make(tmp_path / "a") != secret_files.read_or_make(tmp_path / "b")


def test_a_made_secret_encrypts(tmp_path: Path) -> None:
    secret_files.check_encryption_keys([secret_files.read_or_make(tmp_path / "a"), Fernet.generate_key().decode()])


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [([], "at least one key"), ([Fernet.generate_key().decode(), "short"], "Key 2 of ENCRYPTION_KEYS")],
)
def test_a_wrong_key_stops_the_start_without_being_shown(keys: list[str], sentence: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=sentence) as caught:
        secret_files.check_encryption_keys(keys)

    assert "short" not in str(caught.value)


def test_a_folder_that_cannot_be_used_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(ImproperlyConfigured, match=r"file/secret cannot be read or made .* VOIPCRM_DATA_DIR"):
        secret_files.read_or_make(tmp_path / "file" / "secret")


def test_a_secret_made_when_used_is_made_by_nothing_else(tmp_path: Path) -> None:
    secret = secret_files.made_when_used(tmp_path / "secret")
    keys = secret_files.encryption_keys(secret)
    assert list(tmp_path.iterdir()) == []

    assert keys == [str(secret)] == [(tmp_path / "secret").read_text()]
