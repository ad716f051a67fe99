"""A record's history in the reader's language, and describe_user changed a field last.

Entries are stored in English. Those of forms are lists of fields, which Django translates; those of buttons are whole sentences.
"""

import json
from datetime import datetime

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.utils.text import capfirst
from django.utils.translation import gettext

THROUGH = "token"
"""Key of the token's name in entries of `voipcrm.rest.editing`."""
MOST_READ = 50


def describe(entry: LogEntry) -> str:
    parts = _parts(entry)
    if parts is None:
        return gettext(entry.change_message) if entry.change_message else ""
    for part in parts:
        for done in part.values():
            if isinstance(done, dict) and "fields" in done:
                done["fields"] = [_field(name) for name in done["fields"]]
    translated = LogEntry(change_message=json.dumps(parts)).get_change_message()
    token = _token(parts)
    if not token:
        return translated
    by = gettext("By the API token “%(token)s”.") % {"token": token}
    return f"{translated} {by}"


def describe_user(entry: LogEntry) -> str:
    name, token = entry.user.get_username(), _token(_parts(entry) or [])
    return gettext("%(user)s (API token “%(token)s”)") % {"user": name, "token": token} if token else name


def last_change(record: Model, label: str, *, since: datetime) -> LogEntry | None:
    """The latest entry about the field with this English label; entries of buttons may concern any field."""
    entries = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(record),
        object_id=str(record.pk),
        action_flag=CHANGE,
        action_time__gte=since,
    )
    latest = entries.select_related("user").order_by("-action_time", "-pk")[:MOST_READ]
    return next((entry for entry in latest if _is_about(entry, label)), None)


def _is_about(entry: LogEntry, label: str) -> bool:
    parts = _parts(entry)
    if parts is None:
        return True
    changed = (part.get("changed") for part in parts)
    return any(isinstance(each, dict) and label in each.get("fields", []) for each in changed)


def _parts(entry: LogEntry) -> list[dict[str, dict[str, list[str]] | str]] | None:
    """The changes recorded by a form or the API; None for a sentence."""
    try:
        parts = json.loads(entry.change_message)
    except ValueError:
        return None
    return parts if isinstance(parts, list) else None


def _token(parts: list[dict[str, dict[str, list[str]] | str]]) -> str:
    return next((str(part[THROUGH]) for part in parts if part.get(THROUGH)), "")


def _field(name: str) -> str:
    """Labels of forms begin with a capital letter, translated texts do not."""
    translated = gettext(name)
    return translated if translated != name else str(capfirst(gettext(name[:1].lower() + name[1:])))
