from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import connection, models
from django.db.migrations.writer import MigrationWriter
from django.db.models.lookups import IsNull
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from sips.encryption import DecryptionError, EncryptedTextField, decrypt, encrypt, rotate


class Account(models.Model):  # noqa: DJ008 - never shown
    """A row that no table stands behind: only its field is asked."""

    secret = EncryptedTextField(blank=True)

    class Meta:
        app_label = "tests_of_encryption"
        managed = False


FIELD = Account._meta.get_field("secret")


@pytest.fixture(autouse=True)
def keys(settings: Settings) -> list[str]:
    keys = [Fernet.generate_key().decode()]
    settings.ENCRYPTION_KEYS = keys
    return keys


def store(value: object) -> Any:
    return FIELD.get_db_prep_save(value, connection)


def load(column: str | None) -> str | None:
    return FIELD.from_db_value(column, FIELD.cached_col, connection)


def test_the_column_holds_ciphertext_and_the_model_plain_text() -> None:
    column = store("hunter2")

    assert "hunter2" not in column
    assert load(column) == "hunter2"


def test_the_same_text_gives_another_ciphertext_each_time() -> None:
    assert store("hunter2") != store("hunter2")


def test_saving_what_was_loaded_does_not_encrypt_twice() -> None:
    loaded = load(store("hunter2"))

    assert load(store(loaded)) == "hunter2"


def test_a_text_that_looks_like_ciphertext_is_encrypted_like_any_other() -> None:
    token = encrypt("hunter2")

    assert load(store(token)) == token


@pytest.mark.parametrize("value", ["", None])
def test_an_empty_secret_is_stored_as_empty(value: str | None) -> None:
    assert store(value) == value
    assert load(value) == value


def test_no_key_is_needed_where_no_secret_is_stored(settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = []

    assert store("") == ""
    assert load("") == ""


@given(text=st.text(alphabet=st.characters(codec="utf-8")))
@hypothesis_settings(deadline=None)
def test_any_text_survives_storing_and_loading(text: str) -> None:
    # The autouse fixture gives one key to all examples of this test, which is what it needs.
    assert load(store(text)) == text


def test_an_older_key_still_decrypts(settings: Settings, keys: list[str]) -> None:
    column = store("hunter2")

    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *keys]

    assert load(column) == "hunter2"


def test_the_first_key_encrypts(settings: Settings, keys: list[str]) -> None:
    first = Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [first, *keys]

    assert Fernet(first).decrypt(store("hunter2")) == b"hunter2"


def test_rotating_moves_a_ciphertext_to_the_first_key(settings: Settings, keys: list[str]) -> None:
    old = encrypt("hunter2")
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *keys]

    rotated = rotate(old)

    settings.ENCRYPTION_KEYS = settings.ENCRYPTION_KEYS[:1]
    assert decrypt(rotated) == "hunter2"


def test_rotating_an_empty_secret_leaves_it_empty() -> None:
    assert rotate("") == ""


@pytest.mark.parametrize("read", [load, decrypt, rotate])
def test_a_wrong_key_names_the_setting_and_hides_the_ciphertext(settings: Settings, read: Any) -> None:
    column = store("hunter2")
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    with pytest.raises(DecryptionError, match="ENCRYPTION_KEYS") as caught:
        read(column)

    assert column not in str(caught.value)


@pytest.mark.parametrize("column", ["hunter2", "gAAAA", "zażółć", "\x00"])
@pytest.mark.parametrize("read", [load, rotate])
def test_what_is_no_ciphertext_is_never_shown_as_text(column: str, read: Any) -> None:
    with pytest.raises(DecryptionError):
        read(column)


@pytest.mark.parametrize("wrong", [[], (), ["hunter2"], ["ż" * 32], "a single text"])
def test_unusable_keys_are_named_without_being_shown(settings: Settings, wrong: Any) -> None:
    settings.ENCRYPTION_KEYS = wrong

    with pytest.raises(ImproperlyConfigured, match="ENCRYPTION_KEYS") as caught:
        store("a secret")

    assert "hunter2" not in str(caught.value)


def test_a_missing_setting_is_named(settings: Settings) -> None:
    del settings.ENCRYPTION_KEYS

    with pytest.raises(ImproperlyConfigured, match="ENCRYPTION_KEYS"):
        store("a secret")


def test_keys_are_prepared_once(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared: list[str] = []

    def prepare(key: str) -> Fernet:
        prepared.append(key)
        return Fernet(key)

    monkeypatch.setattr("sips.encryption.Fernet", prepare)

    for number in range(5):
        encrypt(f"secret {number}")

    assert prepared == settings.ENCRYPTION_KEYS


@pytest.mark.parametrize(
    "lookup",
    [
        {"secret": "hunter2"},
        {"secret": None},
        {"secret__in": ["hunter2"]},
        {"secret__icontains": "hunter"},
        {"secret__gt": "a"},
        {"secret__length": 7},
    ],
)
def test_looking_for_a_secret_is_refused(lookup: dict[str, Any]) -> None:
    with pytest.raises(FieldError, match="secret is encrypted"):
        Account._default_manager.filter(**lookup)


def test_looking_for_a_missing_secret_is_allowed() -> None:
    assert FIELD.get_lookup("isnull") is IsNull


def test_a_deferred_secret_is_not_queried() -> None:
    assert '"secret"' not in str(Account._default_manager.defer("secret").query)


def test_a_migration_can_write_and_rebuild_the_field() -> None:
    _, path, arguments, options = FIELD.deconstruct()
    source, imports = MigrationWriter.serialize(FIELD)

    assert path == "sips.encryption.EncryptedTextField"
    assert EncryptedTextField(*arguments, **options).deconstruct()[1:] == FIELD.deconstruct()[1:]
    assert (source, imports) == ("sips.encryption.EncryptedTextField(blank=True)", {"import sips.encryption"})
