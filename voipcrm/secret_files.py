"""Secrets that the first start with the embedded database creates."""

import base64
import contextlib
import os
import secrets
from functools import partial
from pathlib import Path
from typing import cast

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import SimpleLazyObject


def read_or_make(file: Path) -> str:
    """The secret in that file; created once, from 32 random bytes, readable only by its owner. Concurrent first starts agree on one.

    Raises ImproperlyConfigured if it belongs to somebody else.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not file.exists():
            _make(file)
        return file.read_text().strip()
    except OSError as problem:
        raise ImproperlyConfigured(
            f"{file} cannot be read or made ({problem.strerror}). Run this as the user who runs voipcrm, or name another "
            "folder in VOIPCRM_DATA_DIR."
        ) from problem


def _make(file: Path) -> None:
    draft = file.with_name(f".{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_text(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
    with contextlib.suppress(FileExistsError):
        os.link(draft, file)
    draft.unlink()


def made_when_used(file: Path) -> str:
    """The secret in that file as a lazy string: loading the settings alone has no effect."""
    return cast("str", SimpleLazyObject(partial(read_or_make, file)))


def encryption_keys(secret: str) -> list[str]:
    """Fernet keys separated by commas. Raises ImproperlyConfigured; for a lazy secret only when it is used."""

    def read() -> list[str]:
        keys = [key.strip() for key in secret.split(",") if key.strip()]
        check_encryption_keys(keys)
        return keys

    return read() if type(secret) is str else cast("list[str]", SimpleLazyObject(read))


def check_encryption_keys(keys: list[str]) -> None:
    """Raise ImproperlyConfigured unless each is a Fernet key."""
    if not keys:
        raise ImproperlyConfigured(
            "ENCRYPTION_KEYS is empty; give at least one key, see .env.example for how to make one."
        )
    for position, key in enumerate(keys, start=1):
        try:
            Fernet(key)
        except ValueError:
            raise ImproperlyConfigured(
                f"Key {position} of ENCRYPTION_KEYS is no Fernet key: 32 bytes in URL-safe base64."
            ) from None
