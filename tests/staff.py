"""People who have signed in to the back-office."""

import re

from django.contrib.auth.models import Permission, User
from django.test import Client, override_settings


def sign_in(user: User, *, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    with override_settings(AXES_ENABLED=False):
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def superuser(*, language: str = "en") -> Client:
    return sign_in(User.objects.create_superuser("root"), language=language)


def staff(*rights: str) -> Client:
    """Somebody with these rights alone, as `calls.view_call`, for the calls of all lines."""
    user = User.objects.create_user("clerk", is_staff=True)
    for right in (*rights, "sips.view_all_lines"):
        app, _dot, codename = right.partition(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return sign_in(user)


def cells(html: str, field: str) -> list[str]:
    """The texts of one column of a list, top down."""
    found = re.findall(rf'<t[dh][^>]*class="[^"]*field-{field}[ "].*?</t[dh]>', html, re.DOTALL)
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", cell)).strip() for cell in found]


def told(html: str) -> str:
    """The page's text without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))
