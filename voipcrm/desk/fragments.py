"""Rows of the desk as HTML. What a row says follows from its values, the language and the day, so these are its key, and it is rendered once for
all to whom it says the same. Whoever may not see a row has no values to ask for it with; what is each form's own is put in afterwards.
"""

import secrets
from collections.abc import Hashable
from datetime import date
from functools import lru_cache

from django.db.models import TextChoices
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.template.loader import get_template
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from voipcrm.backoffice.submissions import new_token
from voipcrm.desk import times

MOST_KEPT = 5_000
_CSRF, _ONCE = (f"token-{secrets.token_hex(16)}" for _token in range(2))
"""Stand for the tokens in what is kept; no text of a row can contain them, as nobody knows them."""


def row_html(request: HttpRequest, template: str, **values: Hashable) -> SafeString:
    """The row, with the reader's own tokens in its form."""
    place = get_language() or "", timezone.get_current_timezone_name(), timezone.localdate()
    kept = _rendered(template, place, tuple(values.items()))
    html = kept.replace(_CSRF, get_token(request)) if _CSRF in kept else kept
    return mark_safe(html.replace(_ONCE, new_token()) if _ONCE in html else html)  # noqa: S308 - rendered by a template, and tokens of ours


@lru_cache(MOST_KEPT)
def _rendered(template: str, _place: tuple[str, str, date], values: tuple[tuple[str, Hashable], ...]) -> str:
    tokens = {"csrf_token": _CSRF, "once": _ONCE}
    return get_template(template).render({**dict(values), **tokens, "later_choices": times.CHOICES})


def label_of(choices: type[TextChoices], value: str) -> str:
    """As `get_…_display`, which compares all choices and their translations each time."""
    return _label(choices, value, get_language() or "")


@lru_cache(MOST_KEPT)
def _label(choices: type[TextChoices], value: str, _language: str) -> str:
    return str(choices(value).label) if value in choices.values else value
