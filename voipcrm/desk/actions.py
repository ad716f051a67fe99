"""Actions of an operator at the desk, built from the services of calls, follow-ups and call-backs. Each is carried out completely or not at all."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from autocalls import locks, services, taking
from autocalls.models import Autocall
from autocalls.models import Status as AutocallStatus
from calls import dialing, follow_ups
from calls.click_to_call import unambiguous
from calls.follow_up_models import FollowUp
from calls.models import Call
from calls.services import request_call
from sips import phone_numbers
from sips.lines import CannotDial
from sips.models import Sip, Voip
from voipcrm.desk import attempts
from voipcrm.desk.lines import choose_via
from voipcrm.desk.to_do import Entry


class Refused(Exception):
    """The form refers to something that does not exist (any more); the message says what."""


REFUSALS = (
    Refused,
    CannotDial, follow_ups.FollowUpRefused, follow_ups.NoNumber, services.TooLate, services.AlreadyScheduled, dialing.NotControllable,
)  # fmt: skip
"""Raised by services because of a record's state; the message says why."""
GONE = (Autocall.DoesNotExist, Call.DoesNotExist, FollowUp.DoesNotExist)
"""Raised by services because the record was deleted meanwhile."""


def dial(written: str, *, line: Sip, by: User) -> Call:
    """Call a typed number. Raises CannotDial, also while a colleague is connecting to it, because both would reach the same person.

    A number that is in a talk may be called: a company has one number and many telephones.
    """
    assert line.voip is not None  # lines that are offered have one
    number = phone_numbers.called(written, line.voip.country)
    with transaction.atomic():
        locks.hold(f"desk call:{number}")
        if attempts.is_being_called(number):
            raise CannotDial("number_to", _("This number is being called just now."))
        return _request(written, line=line, by=by)


def _request(written: str, *, line: Sip, by: User) -> Call:
    return request_call(via=choose_via(line), sip=line.sip, voip_id=line.voip_id, number_to=written, placed_by=by)


def call(number: str, entry: Entry | None, *, line: Sip, by: User) -> Call:
    """Call a stored number. Its call-back is taken first, so that it is not dialed automatically as well.

    The second of two people who call it at once is refused. Raises CannotDial, and the exceptions of `taking`.
    """
    with transaction.atomic():
        locks.hold(f"desk call:{number}")
        if attempts.in_call([number]):
            raise CannotDial("number_to", _("This number is being called, or is talking, just now."))
        if entry and entry.is_others:
            raise CannotDial("number_to", _("%(name)s has taken this number.") % {"name": entry.holder})
        for autocall in _call_backs(entry) if entry else ():
            taking.take(autocall, by)
        assert line.voip is not None  # lines that are offered have one
        return _request(unambiguous(number, line.voip), line=line, by=by)


def take(entry: Entry, *, by: User) -> None:
    with transaction.atomic():
        for autocall in _call_backs(entry):
            taking.take(autocall, by)
        if entry.has_follow_up:
            _follow_up(entry, by)


def give_back(entry: Entry, *, by: User) -> None:
    with transaction.atomic():
        for autocall in _call_backs(entry):
            taking.release(autocall, by)
        if entry.follow_up_id:
            follow_ups.release(FollowUp.objects.get(pk=entry.follow_up_id), by=by)


def later(entry: Entry, *, until: datetime, by: User) -> None:
    """Move a call-back and, if it was taken, release it; otherwise create or postpone a follow-up assigned to `by`."""
    with transaction.atomic():
        for autocall in _call_backs(entry):
            services.edit(taking.release(autocall, by), {"call_at": until})
        if entry.has_follow_up:
            follow_ups.postpone(_follow_up(entry, by), until=until, by=by)


def done(entry: Entry, *, by: User) -> None:
    with transaction.atomic():
        for autocall in _call_backs(entry):
            if autocall.status == AutocallStatus.SCHEDULED:
                taking.take(autocall, by)
            taking.finish(autocall, by)
        if entry.has_follow_up:
            follow_ups.finish(_follow_up(entry, by), by=by)


def _call_backs(entry: Entry) -> QuerySet[Autocall]:
    return Autocall.objects.filter(pk__in=entry.autocall_ids).order_by("pk")


def _follow_up(entry: Entry, by: User) -> FollowUp:
    """The entry's follow-up, or a new one for its number, assigned to `by`."""
    if entry.follow_up_id:
        return follow_ups.take(FollowUp.objects.get(pk=entry.follow_up_id), by=by)
    voip = Voip.objects.without_secrets().filter(pk=entry.voip_id).first() if entry.voip_id else None
    return follow_ups.take_number(entry.number, voip=voip, by=by)


VERBS: Mapping[str, Callable[..., None]] = {"take": take, "give_back": give_back, "done": done}


def find_action(verb: str, *, until: datetime | None) -> Callable[..., None]:
    """The action that a button names; takes the entry and `by`. Raises Refused."""
    if verb == "later" and until is not None:
        return partial(later, until=until)
    if verb not in VERBS:
        raise Refused(_("This is not something the desk can do."))
    return VERBS[verb]


def may_change(user: User | AnonymousUser, entry: Entry) -> bool:
    """Whether the user may change everything that the entry's actions change."""
    rights = ["autocalls.change_autocall"] if entry.autocall_ids else []
    rights += ["calls.add_followup", "calls.change_followup"] if entry.has_follow_up else []
    return bool(user.has_perms(rights))
