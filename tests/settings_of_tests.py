"""The product's settings as its tests have them: nothing of the environment of whoever runs them gets in.

TEST_DATABASE_URL runs the tests on a PostgreSQL of your own, or through PgBouncer with TEST_DATABASE_TRANSACTION_POOLING and
TEST_DATABASE_PREPARED_STATEMENTS: they then are DATABASE_URL and so on. The processes that tests start have the same environment.

Without one they have an embedded server of their own (`conftest.py` starts it), which does not wait for the disk: after a power failure delete
its folder.

Compiled modules are kept, also where the environment says otherwise: else each worker compiles every test anew, and each process that a test
starts the whole product.
"""

import os
import re
import sys
from pathlib import Path

READ = re.compile(r"""(?:env\.\w+|_secret)\(\s*["']([A-Z_]+)["']""")
ROOT = Path(__file__).parents[1]
FOREIGN = ("PG", "DJANGO_", "GRANIAN_", "PROMETHEUS_", "TEST_DATABASE_")
TEST_SECRETS = {"SECRET_KEY": "only for tests", "ENCRYPTION_KEYS": "b25seSBmb3IgdGVzdHMuLi4uLi4uLi4uLi4uLi4uLi4="}


def read_settings() -> set[str]:
    """The variables that the product's settings read."""
    sources = (ROOT / "voipcrm").glob("*.py")
    return {name for source in sources for name in READ.findall(source.read_text(encoding="utf-8"))}


def scrub() -> None:
    given = {
        name.removeprefix("TEST_"): value for name, value in os.environ.items() if name.startswith("TEST_DATABASE_")
    }
    for name in set(os.environ):
        if name in read_settings() or (name.startswith(FOREIGN) and not name.startswith("TEST_DATABASE_")):
            del os.environ[name]
    os.environ |= {"VOIPCRM_ENV_FILE": "", **given, **(TEST_SECRETS if "DATABASE_URL" in given else {})}
    os.environ["VOIPCRM_DATA_DIR"] = str(ROOT / ".data" / "tests")
    os.environ["DJANGO_SETTINGS_MODULE"] = "voipcrm.settings"  # for the processes that tests start
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


scrub()

from voipcrm.settings import *  # noqa: E402, F403 - these are the settings, read only now
from voipcrm.settings import STORAGES  # noqa: E402

PASSWORD_HASHERS = ["quick_passwords.QuickHasher"]

# Static files straight from the sources: nobody has collected any on a clean checkout.
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
