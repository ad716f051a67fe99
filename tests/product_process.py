"""What leads a process of the product's to the database of the test that starts it."""

from urllib.parse import quote

from django.conf import settings
from django.db import connection


def environment() -> dict[str, str]:
    return {
        "DATABASE_URL": _database_url(),
        "SECRET_KEY": settings.SECRET_KEY,
        "ENCRYPTION_KEYS": ",".join(settings.ENCRYPTION_KEYS),
    }


def _database_url() -> str:
    kept = connection.settings_dict
    host = kept["HOST"] or kept["OPTIONS"].get("host", "")
    login = f"{quote(kept['USER'])}:{quote(kept['PASSWORD'])}" if kept["PASSWORD"] else quote(kept["USER"])
    return f"postgresql://{login}@:{kept['PORT'] or 5432}/{kept['NAME']}?host={quote(host, safe='')}"
