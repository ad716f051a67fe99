"""Call-backs that users make themselves: take, release, finish. Each action locks the row and is idempotent."""

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from autocalls.models import REASSIGN, Autocall, Standing, Status
from autocalls.services import TooLate, move
from sips.staff_lines import name_of


class TakenBySomebody(TooLate):
    def __init__(self, autocall: Autocall) -> None:
        self.holder = autocall.taken_by
        super().__init__(_("%(name)s has taken this call-back.") % {"name": name_of(self.holder)})


def take(autocall: Autocall, by: User) -> Autocall:
    """Assign the call to this user; it is not dialed automatically unless they release it.

    Raises TakenBySomebody where somebody was faster, and TooLate once it is being dialed or is over.
    """
    with transaction.atomic():
        row = _lock(autocall)
        if row.status == Status.TAKEN and row.taken_by_id not in (None, by.pk):
            raise TakenBySomebody(row)
        if row.status not in (Status.SCHEDULED, Status.TAKEN):
            message = _("This call-back is %(status)s; only a scheduled one can be taken.")
            raise TooLate(message % {"status": row.get_status_display()})
        if row.status != Status.TAKEN or row.taken_by_id != by.pk:
            row.status, row.reason, row.hunting = Status.TAKEN, "", False
            row.taken_by_id, row.taken_at = by.pk, timezone.now()
            row.save()
    return row


def release(autocall: Autocall, by: User) -> Autocall:
    """Return it to automatic dialing, at the requested time or now if that has passed.

    Raises TakenBySomebody, and TooLate where it is neither taken nor scheduled.
    """
    with transaction.atomic():
        row = _lock(autocall)
        if row.status == Status.SCHEDULED:
            return row
        _check_taker(row, by)
        row.status, row.taken_by, row.taken_at = Status.SCHEDULED, None, None
        row.call_at = max(row.call_at, timezone.now())
        move(row)
        row.save()
    return row


def finish(autocall: Autocall, by: User) -> Autocall:
    """Mark it as done by the user who has taken it.

    Raises TakenBySomebody, and TooLate where nobody has taken it.
    """
    with transaction.atomic():
        row = _lock(autocall)
        if row.status == Status.DONE and row.reason == Standing.TAKEN:
            return row
        _check_taker(row, by)
        row.status, row.reason, row.finished_at = Status.DONE, Standing.TAKEN, timezone.now()
        row.save()
    return row


def _lock(autocall: Autocall) -> Autocall:
    return Autocall.objects.select_for_update(of=("self",)).get(pk=autocall.pk)


def _check_taker(row: Autocall, by: User) -> None:
    if row.status != Status.TAKEN:
        message = _("This call-back is %(status)s; nobody has taken it.")
        raise TooLate(message % {"status": row.get_status_display()})
    if row.taken_by_id not in (None, by.pk) and not by.has_perm(REASSIGN):
        raise TakenBySomebody(row)
