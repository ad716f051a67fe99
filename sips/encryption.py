"""Text fields that are encrypted in the database and plain on the model: passwords and API keys.

`settings.ENCRYPTION_KEYS` lists Fernet keys (32 random bytes as URL-safe base64). The first one encrypts, every one
decrypts: to rotate, put a new key in front, re-encrypt the rows, then take the old key away.

Decryption happens when a row is loaded, so queries that do not need the secret should `defer()` it.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar, cast

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model, QuerySet
from django.db.models.expressions import Combinable, Expression
from django.db.models.functions import Length
from django.db.models.lookups import GreaterThan, Lookup

_Model = TypeVar("_Model", bound=Model)

if TYPE_CHECKING:  # fields are generic in their stubs only
    _TextField = models.TextField[str | Combinable, str]
else:
    _TextField = models.TextField


class DecryptionError(Exception):
    """No key in settings.ENCRYPTION_KEYS decrypts the secret."""

    def __init__(self) -> None:
        super().__init__("No key in ENCRYPTION_KEYS decrypts a stored secret: put back the key that encrypted it.")


def encrypt(text: str) -> str:
    """A new ciphertext each time, under the first key. "" stays ""."""
    return _cipher().encrypt(text.encode()).decode() if text else ""


def decrypt(token: str) -> str:
    """The text of a ciphertext under any key. "" stays "". Raises DecryptionError."""
    try:
        return _cipher().decrypt(_encode(token)).decode() if token else ""
    except InvalidToken as error:
        raise DecryptionError from error


def rotate(token: str) -> str:
    """The ciphertext of the same text under the first key. "" stays "". Raises DecryptionError."""
    try:
        return _cipher().rotate(_encode(token)).decode() if token else ""
    except InvalidToken as error:
        raise DecryptionError from error


class EncryptedTextField(_TextField):
    """Plain text in Python, ciphertext in the column; "" and NULL are stored as they are.

    Ciphertexts of the same text differ, so only `isnull` can be looked up.
    """

    def get_prep_value(self, value: object) -> object:
        text = super().get_prep_value(value)
        return encrypt(text) if isinstance(text, str) else text

    def from_db_value(self, value: str | None, _expression: Expression, _connection: BaseDatabaseWrapper) -> str | None:
        return None if value is None else decrypt(value)

    def get_lookup(self, lookup_name: str) -> "type[Lookup[object]] | None":
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is encrypted anew each time: '{lookup_name}' cannot find it, isnull can.")
        return super().get_lookup(lookup_name)


def without_secrets(rows: QuerySet[_Model]) -> QuerySet[_Model]:
    """Rows whose secrets stay encrypted, also those of `select_related` records."""
    return rows.defer(*_secrets_of(rows.model, rows.query.select_related))


def holds_something(column: str) -> GreaterThan:
    """Whether a secret is set, decided by the database without decrypting it."""
    return GreaterThan(Length(column), 0)


def _secrets_of(model: type[Model], related: object) -> Iterator[str]:
    for field in model._meta.concrete_fields:
        if isinstance(field, EncryptedTextField):
            yield field.name
    for name, further in related.items() if isinstance(related, dict) else ():
        beside = cast("type[Model]", model._meta.get_field(name).related_model)
        yield from (f"{name}__{secret}" for secret in _secrets_of(beside, further))


def _encode(token: str) -> bytes:
    # Fernet answers text outside ASCII with a ValueError of base64, but bytes that are no ciphertext with InvalidToken.
    return token.encode(errors="replace")


def _cipher() -> MultiFernet:
    # Read on each call, so that changed settings take effect; the cache only saves building the ciphers.
    keys: Sequence[str] = getattr(settings, "ENCRYPTION_KEYS", ())
    return _build_cipher(tuple(keys))


@lru_cache(maxsize=8)
def _build_cipher(keys: tuple[str, ...]) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError as error:
        raise ImproperlyConfigured(
            "ENCRYPTION_KEYS must list at least one key, each of 32 bytes in URL-safe base64."
        ) from error
