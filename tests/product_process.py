"""What leads a process of the product's to the database of the test that starts it."""

from urllib.parse import quote

from django.conf import settings
from django.db import connection


def environment(folder: str = "") -> dict[str, str]:
    """folder: of the socket of a relay in front of the database."""
    return {"DATABASE_URL": _database_url(folder or host()), **secrets()}


def secrets() -> dict[str, str]:
    return {"SECRET_KEY": str(settings.SECRET_KEY), "ENCRYPTION_KEYS": ",".join(settings.ENCRYPTION_KEYS)}


def host() -> str:
    kept = connection.settings_dict
    return str(kept["HOST"] or kept["OPTIONS"].get("host", ""))


def port() -> int:
    return int(connection.settings_dict["PORT"] or 5432)


def _database_url(where: str) -> str:
    kept = connection.settings_dict
    login = f"{quote(kept['USER'])}:{quote(kept['PASSWORD'])}" if kept["PASSWORD"] else quote(kept["USER"])
    return f"postgresql://{login}@:{port()}/{kept['NAME']}?host={quote(where, safe='')}"
