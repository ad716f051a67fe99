"""The logins that `make run` makes and prints. What is printed lies in files under the data folder that only its owner can read."""

import secrets
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import check_password

from voipcrm import demo
from voipcrm.models import ApiToken, digest_of

ADMIN = "admin"


def ensure_admin() -> str:
    """The administrator's API token. Both are made if they are missing."""
    users = get_user_model()
    token_file = settings.DATA_DIR / "admin_api_token"
    admin = users.objects.filter(**{users.USERNAME_FIELD: ADMIN}).first()
    if admin is None:
        admin = users.objects.create_superuser(ADMIN, password=new_password(ADMIN))
    token = token_file.read_text() if token_file.exists() else ""
    if not ApiToken.objects.filter(digest=digest_of(token)).exists():
        _token, token = ApiToken.objects.issue(admin, name="quickstart")
        _keep(token_file, token)
    return token


def new_password(name: str) -> str:
    return _keep(_password_file(name), secrets.token_urlsafe(12))


def stored_passwords() -> dict[str, str]:
    """The administrator's and the demo's staff's, as the database stores them, by their names."""
    users = get_user_model()
    admin = users.objects.filter(**{users.USERNAME_FIELD: ADMIN})
    return {user.get_username(): user.password for user in (*admin, *demo.staff())}


def printable(stored: dict[str, str], token: str, port: int) -> str:
    """What a newcomer needs to get in. Asks nothing of the database; to compare a password takes a quarter of a second."""
    admin, *staff = [(name, _password_if_unchanged(name, password)) for name, password in stored.items()]
    return (
        f"\n  voipcrm      http://127.0.0.1:{port}/admin/\n  login        {admin[0]}\n  password     {admin[1]}\n"
        f"  API token    {token}\n  API docs     http://127.0.0.1:{port}/voip/docs/\n"
        + "".join(f"\n  as staff     {name}, {password}" for name, password in staff)
        + "\n"
    )


def _password_if_unchanged(name: str, stored: str) -> str:
    file = _password_file(name)
    password = file.read_text() if file.exists() else ""
    return password if check_password(password, stored) else "(changed since)"


def _password_file(name: str) -> Path:
    return settings.DATA_DIR / f"{name}_password"


def _keep(file: Path, secret: str) -> str:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text(secret)
    return secret
