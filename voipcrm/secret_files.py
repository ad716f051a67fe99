"""Secrets that a first start on the embedded database makes for itself."""

import base64
import contextlib
import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured


def read_or_make(file: Path) -> str:
    """The secret in that file; made once, with 32 random bytes, readable by its owner alone. Two processes starting together agree on one."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not file.exists():
        draft = file.with_name(f".{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_text(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
        with contextlib.suppress(FileExistsError):
            os.link(draft, file)
        draft.unlink()
    return file.read_text().strip()


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
