"""Actions on follow-ups: add, take, postpone, hand over, release, finish.

Each action locks its row, so that of two people one succeeds and the other learns who has it; and each is idempotent. Only the assignee and users
with the right `calls.reassign_followup` may change a follow-up. Reported calls never change one: only people can say that a number is
done.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from calls.follow_up_models import OPEN, REASSIGN, FollowUp, State
from calls.note_models import Outcome
from sips import phone_numbers
from sips.countries import DEFAULT_COUNTRY
from sips.models import Voip
from sips.services import hold_voip
from sips.staff_lines import name_of

TRIES = 3


class FollowUpRefused(Exception):
    """The follow-up's state does not allow the action; the message says why."""


class TakenBySomebody(FollowUpRefused):
    def __init__(self, follow_up: FollowUp) -> None:
        holder = follow_up.assignee
        self.holder: User | None = holder
        super().__init__(_("%(name)s has this follow-up.") % {"name": name_of(holder)})


class AlreadyOpen(FollowUpRefused):
    """`follow_up` is the open one for this number and configuration."""

    def __init__(self, follow_up: FollowUp) -> None:
        self.follow_up = follow_up
        message = _("There is an open follow-up for this number already (%(id)s); nobody has it.")
        if follow_up.assignee is not None:
            message = _("There is an open follow-up for this number already (%(id)s); %(name)s has it.")
        super().__init__(message % {"id": follow_up.pk, "name": name_of(follow_up.assignee)})


class IsDone(FollowUpRefused):
    def __init__(self, follow_up: FollowUp) -> None:
        message = (
            _("%(name)s was done with this follow-up already.") if follow_up.done_by else _("This follow-up is done.")
        )
        super().__init__(message % {"name": name_of(follow_up.done_by)})


class NoNumber(Exception):
    """The text is no number that can be called; the message says so."""


def read_number(written: str, voip: Voip | None) -> str:
    """A number as calls store it: E.164, or as given where its country is ambiguous.
    Raises NoNumber."""
    country = voip.country if voip else DEFAULT_COUNTRY
    number = written if phone_numbers.possible_readings(written, country) else phone_numbers.called(written, country)
    if number == phone_numbers.ANONYMOUS or sum(character.isdecimal() for character in number) < 2:
        raise NoNumber(_("“%(number)s” is no telephone number; write it like +48123456789.") % {"number": written})
    return number


def add(number: str, *, voip: Voip | None, assignee: User | None = None, due_at: datetime | None = None) -> FollowUp:
    """Add a follow-up, with an assignee or for whoever takes it first, due at once or later. Raises AlreadyOpen, NoNumber."""
    with transaction.atomic():
        follow_up, is_new = _open_one(read_number(number, voip), voip)
        if not is_new:
            raise AlreadyOpen(follow_up)
        if assignee is not None:
            follow_up.state, follow_up.assignee, follow_up.taken_at = State.TAKEN, assignee, timezone.now()
        if due_at is not None:
            follow_up.state, follow_up.due_at = State.LATER, due_at
        follow_up.save()
    return follow_up


def take_number(number: str, *, voip: Voip | None, by: User) -> FollowUp:
    """Take the open follow-up of this number, or add one. Raises TakenBySomebody, NoNumber."""
    with transaction.atomic():
        follow_up, _is_new = _open_one(read_number(number, voip), voip)
        return _take(follow_up, by)


def take(follow_up: FollowUp, *, by: User) -> FollowUp:
    """Assign it to `by`. It is not taken away from another holder, see `hand_over`. Raises TakenBySomebody, IsDone."""
    with transaction.atomic():
        return _take(_open_row(follow_up), by)


def postpone(follow_up: FollowUp, *, until: datetime, by: User) -> FollowUp:
    """Put it off; without an assignee it becomes that of `by`. Raises TakenBySomebody, IsDone."""

    def change(row: FollowUp) -> None:
        _assign(row, row.assignee or by)
        row.state, row.due_at = State.LATER, until

    return _change(follow_up, by, change)


def release(follow_up: FollowUp, *, by: User) -> FollowUp:
    """Remove the assignee; it is due at once. Raises TakenBySomebody, IsDone."""

    def change(row: FollowUp) -> None:
        row.state, row.assignee, row.taken_at, row.due_at = State.WAITING, None, None, None

    return _change(follow_up, by, change)


def hand_over(follow_up: FollowUp, *, to: User, by: User) -> FollowUp:
    """Assign it to somebody else; its due time stays. Raises TakenBySomebody, IsDone."""

    def change(row: FollowUp) -> None:
        _assign(row, to)
        if row.state == State.WAITING:
            row.state = State.TAKEN

    return _change(follow_up, by, change)


def finish(follow_up: FollowUp, *, by: User, outcome: Outcome | None = None) -> FollowUp:
    """Mark it done, with an outcome or without. Idempotent. Raises TakenBySomebody, IsDone."""
    with transaction.atomic():
        row = _lock(follow_up)
        if row.state == State.DONE:
            if row.done_by_id == by.pk and (outcome is None or outcome.pk == row.outcome_id):
                return row
            raise IsDone(row)
        _check_holder(row, by)
        row.state, row.done_by, row.done_at, row.outcome = State.DONE, by, timezone.now(), outcome
        row.save()
    return row


def _open_one(number: str, voip: Voip | None) -> tuple[FollowUp, bool]:
    """The number's open follow-up, locked, and whether it is new. A concurrent second call waits and gets the first one's row."""
    if voip is not None and not hold_voip(voip.pk):
        raise FollowUpRefused(
            _("VoIP configuration %(voip)s was deleted meanwhile.") % {"voip": f"{voip.pk} ({voip.name})"}
        )
    rows = FollowUp.objects.filter(number=number, voip=voip, state__in=OPEN).select_for_update(of=("self",))
    for _attempt in range(TRIES):
        if (found := rows.first()) is not None:
            return found, False
        with suppress(IntegrityError), transaction.atomic():  # somebody else made it in this moment
            return FollowUp.objects.create(number=number, voip=voip), True
    raise FollowUpRefused(_("Somebody is changing this follow-up just now; try again in a moment."))


def _open_row(follow_up: FollowUp) -> FollowUp:
    row = _lock(follow_up)
    if row.state == State.DONE:
        raise IsDone(row)
    return row


def _lock(follow_up: FollowUp) -> FollowUp:
    return FollowUp.objects.select_for_update(of=("self",)).get(pk=follow_up.pk)


def _take(row: FollowUp, by: User) -> FollowUp:
    if row.assignee_id not in (None, by.pk):
        raise TakenBySomebody(row)
    if row.state != State.TAKEN or row.assignee_id is None:
        _assign(row, by)
        row.state, row.due_at = State.TAKEN, None
        row.save()
    return row


def _assign(row: FollowUp, to: User) -> None:
    if row.assignee_id != to.pk:
        row.assignee, row.taken_at = to, timezone.now()


def _change(follow_up: FollowUp, by: User, change: Callable[[FollowUp], object]) -> FollowUp:
    """Lock an open one, change it, and save it if anything is different."""
    with transaction.atomic():
        row = _open_row(follow_up)
        _check_holder(row, by)
        before = (row.state, row.assignee_id, row.due_at)
        change(row)
        if (row.state, row.assignee_id, row.due_at) != before:
            row.save()
    return row


def _check_holder(row: FollowUp, by: User) -> None:
    if row.assignee_id not in (None, by.pk) and not by.has_perm(REASSIGN):
        raise TakenBySomebody(row)
