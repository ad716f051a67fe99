"""The `.env` file beside manage.py."""

from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured


def read(env: environ.Env, folder: Path) -> None:
    """Add the file's variables to the environment, where they are not set.

    VOIPCRM_ENV_FILE names another file, which must exist; if blank, none is read. Raises ImproperlyConfigured.
    """
    named = env.str("VOIPCRM_ENV_FILE", None)
    file = folder / (".env" if named is None else named)
    if named == "" or (named is None and not file.exists()):
        return
    try:
        with file.open(encoding="utf-8") as lines:
            env.read_env(lines)
    except (OSError, UnicodeDecodeError) as problem:
        raise ImproperlyConfigured(f"The settings in {file} cannot be read: {problem}") from problem
