"""Deletes configurations, protects them from deletion while something that needs them is stored, and switches lines on and off."""

from typing import Final

from django.db import OperationalError, connection, transaction
from django.db.models import SET_NULL, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg.errors import LockNotAvailable

from sips.models import Sip, Voip
from sips.signals import voip_deleting

LOCK_TIMEOUT: Final = "500ms"
"""A webhook being stored locks its call first and the configuration at commit; deleting locks them in the other order. Deleting gives up before
PostgreSQL's deadlock check (1 s) would choose a victim, and tries again."""

TRIES = 4


class VoipInUse(Exception):
    """The configuration cannot be deleted now; the message says why, in the reader's language."""


def delete_voip(voip: Voip) -> None:
    """Delete a configuration with its webhook deliveries. Calls, lines, widgets and call-backs that refer to it stay, without a configuration.

    Raises VoipInUse while a call of it is in progress, and Voip.DoesNotExist where somebody else was faster.
    """
    for _attempt in range(TRIES):
        try:
            with transaction.atomic():
                _delete(voip.pk)
        except OperationalError as problem:
            if not isinstance(problem.__cause__, LockNotAvailable):
                raise
        else:
            return
    raise VoipInUse(_("Something is being stored for this configuration just now; try again in a moment."))


def _delete(voip_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [LOCK_TIMEOUT])
    row = Voip.objects.without_secrets().select_for_update().get(pk=voip_id)
    voip_deleting.send(Voip, voip_id=voip_id)
    _let_go(row)
    row.delete()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout TO DEFAULT")


def _let_go(voip: Voip) -> None:
    """Mark the remaining records as changed, so that clients polling for changes see them. One statement per table."""
    for relation in Voip._meta.related_objects:
        if relation.on_delete is SET_NULL:
            rows = relation.related_model._base_manager.filter(**{relation.field.name: voip})
            rows.update(**{relation.field.name: None, "updated_at": timezone.now()})


def hold_voip(voip_id: int) -> bool:
    """Protect the configuration from deletion until the end of the transaction. False if it is deleted already."""
    with connection.cursor() as cursor:
        # Django has no API for this lock, the weakest one: it conflicts only with deletion.
        cursor.execute("SELECT id FROM sips_voip WHERE id = %s FOR KEY SHARE", [voip_id])
        return cursor.fetchone() is not None


def switch_lines(lines: QuerySet[Sip], *, on: bool) -> list[Sip]:
    """Switch these lines on or off. Returns those that changed; their secrets are not read."""
    with transaction.atomic():
        others = Sip.objects.without_secrets().filter(pk__in=lines.order_by().values("pk"), active=not on)
        switched = list(others.select_for_update(no_key=True).order_by("pk"))
        Sip.objects.filter(pk__in=[line.pk for line in switched]).update(active=on, updated_at=timezone.now())
    return switched
