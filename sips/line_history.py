"""Admin log entries for changes of many lines at once, as their own pages would write them."""

import json
from collections.abc import Iterable, Sequence

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.utils.text import capfirst
from django.utils.translation import override

from sips.models import Sip

BATCH = 1000


def note(user: User, lines: Iterable[tuple[Sip, Sequence[str] | None]]) -> None:
    """Each line with its changed columns, or None if it was added."""
    kind = ContentType.objects.get_for_model(Sip)
    with override(None):  # entries are stored in English
        titles = {field.name: str(capfirst(str(field.verbose_name))) for field in Sip._meta.concrete_fields}
    entries = [
        LogEntry(
            user=user,
            content_type=kind,
            object_id=str(line.pk),
            object_repr=str(line)[:200],
            action_flag=ADDITION if changed is None else CHANGE,
            change_message=json.dumps(_message(changed, titles)),
        )
        for line, changed in lines
    ]
    LogEntry.objects.bulk_create(entries, batch_size=BATCH)


def _message(changed: Sequence[str] | None, titles: dict[str, str]) -> list[dict[str, dict[str, list[str]]]]:
    return [{"added": {}}] if changed is None else [{"changed": {"fields": [titles[name] for name in changed]}}]
